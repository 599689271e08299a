"""Undoing one change or a whole batch, at any later time: what others have changed since is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from app.crud.alterations import altered, is_still, no_longer_fits, states_after, values_before
from app.crud.author import Author
from app.crud.batch import Batch
from app.crud.drafts import check_writable
from app.crud.operations import preview
from app.crud.record import Record
from app.crud.records import Records
from app.crud.table import Table
from app.crud.values import shown_form, stored_form
from app.errors import Conflict, Malformed, NotFound
from app.events import DuckDBLog, Event
from app.events.aggregate import Aggregate, fold
from app.events.duckdb_log import COLUMNS
from app.events.facts import claim_text
from app.identifier import new_id

MOST = 100_000
"""Events of one append; what has more of them is undone in parts."""
PART = 20_000
SHOWN = 1000
"""Conflicts that are told of a batch undone in parts."""
FOREVER = 2**62
TAKEN = 'another record has this value now'


@dataclass(slots=True)
class Undoing:
    """What becomes of the events of a batch: the batch that takes them back, and what was left alone."""

    batch: Batch
    force: bool
    taken: Set[tuple[str, str]] = frozenset()
    """Streams and fields whose unique values of then belong to other records now."""
    conflicts: list[dict[str, Any]] = field(default_factory=list)

    def leave(self, table: Table, record_id: str, reason: str, name: str = '') -> None:
        """Note what is not undone, and why; a field that is hidden from whoever asks is not named."""
        name = '' if name in table.entity.hidden_from(self.batch.author.principal) else name
        where = {'entity': table.entity.resource, 'id': record_id, 'field': name}
        self.conflicts.append({key: value for key, value in where.items() if value} | {'reason': reason})


class Undo:
    """Redoing is undoing what an undo has done."""

    def __init__(self, records: Records, log: DuckDBLog) -> None:
        self._records = records
        self._log = log

    async def undo(
        self, what: str | int, author: Author, *, force: bool = False, dry_run: bool = False
    ) -> dict[str, Any]:
        """Take back the event at a position, or all events of a batch; answers with what was left alone, and why.

        Raises `Conflict` when everything was changed since; with `force`, later changes of the same fields give way.
        """
        if recorded := await self._records.recorded_batch(author):
            return recorded
        author = replace(author, undoes=str(what))
        events = await self._events(what, MOST + 1)
        if len(events) > MOST:
            if dry_run:
                raise Malformed(f'dry_run: the batch has more than {MOST:,} changes, so it is undone in parts.')
            return await self._in_parts(str(what), author, force)
        if not events:
            raise NotFound(f'There is no {"event at position" if isinstance(what, int) else "batch"} {what!r}.')
        if not (known := self._known(events)):
            raise Malformed(f'{events[0].stream} is no record; only changes of records can be undone.')
        return await self._take_all_back(known, author, force, dry_run)

    async def _take_all_back(
        self, events: Sequence[Event], author: Author, force: bool, dry_run: bool = False
    ) -> dict[str, Any]:
        async def attempt() -> dict[str, Any]:
            undoing = await self._gather(events, author, force)
            while taken := await self._taken(undoing.batch):
                undoing = await self._gather(events, author, force, undoing.taken | taken)
            await self._records.complete(undoing.batch)
            if dry_run:
                return preview(undoing.batch) | {'conflicts': undoing.conflicts}
            if not undoing.batch.done and undoing.conflicts:
                raise Conflict('Nothing was undone: all of it was changed since.', conflicts=undoing.conflicts[:200])
            return await self._records.write_all(undoing.batch) | {'conflicts': undoing.conflicts}

        return await self._records.retry(attempt, once=False)

    async def _in_parts(self, batch: str, author: Author, force: bool) -> dict[str, Any]:
        """A batch of more changes than one append takes: the newest first, all parts as one batch.

        What stops it leaves the rest as it was; asking again goes on from there.
        """
        told: dict[str, Any] = {'batch': new_id(), 'position': 0, 'count': 0, 'conflicts': []}
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
                part = {'position': told['position'], 'count': 0, 'conflicts': conflict.extra['conflicts']}
            told['position'], told['count'] = part['position'] or told['position'], told['count'] + part['count']
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

    async def _taken(self, batch: Batch) -> set[tuple[str, str]]:
        """The streams and fields for which the batch wants unique values that other records keep."""
        holders = await self._records.views.holders([claim_text(claim.scope, claim.key) for claim in batch.wanted])
        freed = {(claim.scope, claim.key, claim.owner) for claim in batch.freed}
        return {
            (claim.owner, field_id)
            for claim in batch.wanted
            if (holder := holders.get(claim_text(claim.scope, claim.key), claim.owner)) != claim.owner
            and (claim.scope, claim.key, holder) not in freed
            for field_id in claim.scope.rpartition('.')[2].split('+')
        }

    async def _gather(
        self, events: Iterable[Event], author: Author, force: bool, taken: Set[tuple[str, str]] = frozenset()
    ) -> Undoing:
        undoing = Undoing(Batch(self._records.catalog, author), force, taken)
        by_entity: dict[str, dict[str, list[Event]]] = {}
        for event in events:
            entity, _, record_id = event.stream.partition('/')
            by_entity.setdefault(entity, {}).setdefault(record_id, []).append(event)
        for entity, streams in by_entity.items():
            table = self._records.catalog.table(entity)
            there = await self._records.views.find_many(table, '', list(streams))
            missing = {id_: group for id_, group in streams.items() if id_ not in there}
            gone = await self._log.database.read(partial(states_after, entity=entity, streams=missing))
            await asyncio.to_thread(self._take_all, undoing, table, streams, there, gone)
        return undoing

    def _take_all(
        self,
        undoing: Undoing,
        table: Table,
        streams: Mapping[str, list[Event]],
        there: Mapping[str, Record],
        gone: Mapping[str, Aggregate],
    ) -> None:
        for record_id, group in streams.items():
            self._take_back(undoing, table, record_id, group, there.get(record_id), gone)

    def _take_back(
        self,
        undoing: Undoing,
        table: Table,
        record_id: str,
        events: list[Event],
        record: Record | None,
        gone: Mapping[str, Aggregate],
    ) -> None:
        principal = undoing.batch.author.principal
        was_there = events[0].type in {'changed', 'deleted'}
        if record is None and (not was_there or events[-1].type != 'deleted'):
            if was_there:
                undoing.leave(table, record_id, 'it was deleted since')
            return
        if record is None:
            state = gone[record_id]
            before = values_before(table, state, events)
            if name := next((f.name for f in table.entity.stored if (events[0].stream, f.id) in undoing.taken), ''):
                undoing.leave(table, record_id, TAKEN, name)
                return
            as_it_was = Record(record_id, state.version, state.owner, shown_form(table.entity, before))
            self._records.views.check(table, as_it_was, principal, 'delete')
            undoing.batch.restore(table, record_id, state.version, state.owner, before)
        elif not was_there:
            if not is_still(table, record, fold(events).values) and not undoing.force:
                undoing.leave(table, record_id, 'it was changed since')
                return
            self._records.views.check(table, record, principal, 'delete')
            undoing.batch.delete(table, record)
        else:
            self._set_back(undoing, table, record, events)

    def _set_back(self, undoing: Undoing, table: Table, record: Record, events: list[Event]) -> None:
        principal = undoing.batch.author.principal
        self._records.views.check(table, record, principal, 'update')
        now = stored_form(table.entity, record.values)
        changes: dict[str, dict[str, Any]] = {}
        for changed, before, after in altered(table, events, now):
            current = now.get(changed.id)
            if current == before or changed.fills_itself:
                continue
            if current != after and not undoing.force:
                undoing.leave(table, record.id, 'it was changed since', changed.name)
                continue
            taken = (events[0].stream, changed.id) in undoing.taken
            problem = TAKEN if taken else no_longer_fits(changed, before)
            if problem:
                undoing.leave(table, record.id, problem, changed.name)
                continue
            check_writable(table.entity, {changed.name: before}, principal)
            changes[changed.id] = {'from': current, 'to': before}
        if changes:
            undoing.batch.change(table, record, changes)


def _newest_first(events: Sequence[Event]) -> list[Event]:
    """The records in the opposite order, so that what is undone in parts can be redone in parts."""
    newest = {event.stream: event.position for event in events}
    return sorted(events, key=lambda event: (-newest[event.stream], event.position))


def _batch_mark(batch: str) -> str:
    if not batch or '"' in batch or len(batch) > 100:
        raise Malformed('batch: must be the id of a batch.')
    return f'"batch":"{batch}"'
