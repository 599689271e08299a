"""Undoing one change or a whole batch, at any later time: what others have changed since is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.crud.author import Author
from app.crud.entailed import entailed
from app.crud.gathering import gather
from app.crud.operations import preview
from app.crud.records import Records
from app.crud.written import MOST as MOST_WRITTEN
from app.errors import Conflict, Malformed, NotFound
from app.events import DuckDBLog, Event
from app.events.duckdb_log import COLUMNS
from app.identifier import new_id

MOST = 100_000
"""Events of one append; what has more of them is undone in parts."""
PART = 20_000
SHOWN = 1000
"""Conflicts that are told of a batch undone in parts."""
FOREVER = 2**62


class Undo:
    """Redoing is undoing what an undo has done."""

    def __init__(self, records: Records, log: DuckDBLog) -> None:
        self._records = records
        self._log = log

    async def undo(
        self, what: str | int, author: Author, *, force: bool = False, dry_run: bool = False
    ) -> dict[str, Any]:
        """Take back the event at a position, or all events of a batch; answers with what was left alone, and why.

        What a deletion at the position has entailed is taken back with it.

        Raises `Conflict` when everything was changed since; with `force`, later changes of the same fields give way.
        """

        async def work() -> dict[str, Any]:
            return await self._undo(what, replace(author, undoes=str(what)), force, dry_run)

        return await self._records.once(author, lambda: self._records.recorded_batch(author), work)

    async def _undo(self, what: str | int, author: Author, force: bool, dry_run: bool) -> dict[str, Any]:
        events = await self._events(what, MOST + 1)
        if isinstance(what, int) and events:
            events += await entailed(self._log, events[0])
        if len(events) > MOST:
            if dry_run:
                raise Malformed(f'dry_run: the batch has more than {MOST:,} changes, so it is undone in parts.')
            return await self._in_parts(str(what), author, force)
        try:
            return await self._take_all_back(self._known(events), author, force, dry_run)
        except NotFound:  # whether there is none, or none that its author may know of, is not told
            where = f'at position {what}' if isinstance(what, int) else f'in a batch {what!r}'
            raise NotFound(f'There is no change of a record {where} that you could take back.') from None

    async def _take_all_back(
        self, events: Sequence[Event], author: Author, force: bool, dry_run: bool = False
    ) -> dict[str, Any]:
        if not events:
            raise NotFound

        async def attempt() -> dict[str, Any]:
            undoing = await gather(self._records, events, author, force=force)
            if dry_run:
                return await preview(undoing.batch, self._records.views) | {'conflicts': undoing.conflicts}
            if not undoing.batch.done and undoing.conflicts:
                raise Conflict(
                    'Nothing was undone: all of it was changed since, or is referred to.',
                    conflicts=undoing.conflicts[:200],
                )
            return await self._records.write_all(undoing.batch) | {'conflicts': undoing.conflicts}

        return await self._records.retry(attempt, once=False)

    async def _in_parts(self, batch: str, author: Author, force: bool) -> dict[str, Any]:
        """A batch of more changes than one append takes: the newest first, all parts as one batch.

        What stops it leaves the rest as it was; asking again goes on from there.
        """
        told: dict[str, Any] = {'batch': new_id(), 'position': 0, 'count': 0, 'changes': [], 'conflicts': []}
        below = FOREVER
        while events := await self._events(batch, PART, below):
            below = events[0].position
            last = not await self._events(batch, 1, below)
            one = replace(author, batch=told['batch'], idempotency_key=author.idempotency_key if last else '')
            try:
                part = await self._take_all_back(_newest_first(self._known(events)), one, force)
            except Conflict as conflict:
                if 'conflicts' not in conflict.extra:
                    undone = f'{told["count"]:,} changes were undone, then: {conflict.detail}'
                    raise Conflict(undone, errors=conflict.errors, **told) from conflict
                part = {'position': 0, 'count': 0, 'changes': [], 'conflicts': conflict.extra['conflicts']}
            told['position'], told['count'] = part['position'] or told['position'], told['count'] + part['count']
            told['changes'] += part['changes'][: MOST_WRITTEN - len(told['changes'])]
            told['conflicts'] += part['conflicts'][: SHOWN - len(told['conflicts'])]
        return told

    async def _events(self, what: str | int, most: int, below: int = FOREVER) -> list[Event]:
        """The newest of the events that are meant, below a position; in the order of the log."""
        where, parameter = ('position = ?', what) if isinstance(what, int) else ('contains(meta, ?)', _batch_mark(what))
        sql = f'SELECT {COLUMNS} FROM events WHERE {where} AND position < ? ORDER BY position DESC LIMIT {most:d}'
        rows = await self._log.database.query(sql, [parameter, below])
        return [Event(*row) for row in reversed(rows)]

    def _known(self, events: Sequence[Event]) -> list[Event]:
        return [event for event in events if event.stream.partition('/')[0] in self._records.catalog.tables]


def _newest_first(events: Sequence[Event]) -> list[Event]:
    """The records in the opposite order, so that what is undone in parts can be redone in parts."""
    newest = {event.stream: event.position for event in events}
    return sorted(events, key=lambda event: (-newest[event.stream], event.position))


def _batch_mark(batch: str) -> str:
    if not batch or '"' in batch or len(batch) > 100:
        raise Malformed('batch: must be the id of a batch.')
    return f'"batch":"{batch}"'
