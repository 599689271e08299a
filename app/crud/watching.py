"""A filtered view as it changes: first the records in it, then which enter it, change in it and leave it.

The same messages over WebSocket and, to those who ask again and again, over HTTP.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable, Sequence
from typing import Any

from app import codec
from app.crud.listing import asked_by, rows_of
from app.crud.naming import now, user_of
from app.crud.query import Query
from app.crud.record import Record, record_of
from app.crud.sources import looked_at
from app.crud.table import Table
from app.crud.views import Views
from app.errors import Malformed
from app.events import DuckDBLog, Event
from app.expressions import Row as Values
from app.permissions import Principal

MOST = 5_000
"""Records in one view, at most."""
MOMENTS = '@now', '@today'
QUIET = 5.0
"""Seconds after which a view that depends on the time is looked at again, even if nothing happens."""
KEPT = 256
"""Views of those who poll that are kept until they ask again; others are read as of the position they ask from."""


class Watching:
    """Each subscriber sees what the rules of the moment let him see; when these change, he is told what that means."""

    def __init__(self, views: Views, log: DuckDBLog) -> None:
        self._views = views
        self._log = log
        self._kept: OrderedDict[Hashable, View] = OrderedDict()

    async def watch(self, entity: str, text: str, after: int | None, principal: Principal) -> AsyncIterator[bytes]:
        """A snapshot, or from the position `after` on what has happened since; then each change as it is committed."""
        view = View(self._views, self._log, entity, text, principal)
        yield await view.begin(after)
        quiet = view.quiet
        while True:
            async for events in self._log.follow(view.position, quiet):
                async for message in view.messages(events):
                    yield message
                if quiet != view.quiet:
                    quiet = view.quiet
                    break
            else:
                return

    async def poll(
        self, entity: str, text: str, after: int | None, seconds: float, principal: Principal
    ) -> dict[str, Any]:
        """The snapshot, or the changes after a position as soon as there are some; and where to go on from."""
        asker = entity, text, principal.id, principal.roles, principal.scopes
        view = self._kept.pop((asker, after), None)
        messages, until = list[bytes](), time.monotonic() + seconds
        if view is None:
            view = View(self._views, self._log, entity, text, principal)
            first = await view.begin(after)
            messages += [first] if view.begins_anew(after) else []
        left = seconds
        while not messages and left >= 0:
            moved = await self._log.moved_on(view.position, min(left, view.quiet or left))
            events = await self._log.read(view.position) if moved else []
            messages += [message async for message in view.messages(events)]
            left = until - time.monotonic()
        self._kept[asker, view.position] = view
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return {'changes': [codec.Raw(message) for message in messages], 'position': view.position}


class View:
    """What one subscriber knows to be in his view: id -> version, as of a position of the log."""

    def __init__(self, views: Views, log: DuckDBLog, entity: str, text: str, principal: Principal) -> None:
        self.inside: dict[str, int] = {}
        self.position = 0
        self._views = views
        self._log = log
        self._entity = entity
        self._text = text
        self._principal = principal
        self._generation = -1
        self._looked = time.monotonic()
        self._refresh()

    @property
    def quiet(self) -> float | None:
        """How many seconds it may be left alone for; forever, if it does not depend on the time."""
        texts = [one.text.lower() for one in self._query.filters]
        return QUIET if any(moment in text for text in texts for moment in MOMENTS) else None

    def begins_anew(self, after: int | None) -> bool:
        """Whether a position is none to go on from: by other rules or at other times, other records were in it.

        The log ends before a position that was told before an older backup came back.
        """
        if after is None or self.quiet is not None:
            return True
        return not self._views.catalog.position <= after <= self._log.position

    async def begin(self, after: int | None) -> bytes:
        """The first message: what is in the view now, or that it goes on where it was at a position."""
        if after is not None and not self.begins_anew(after):
            self.position = after
            self.inside = {record.id: record.version for record in await self._read(after)}
            return codec.encode({'type': 'connected', 'position': after})
        self.position = self._log.position
        found = await self._read()
        self.inside = {record.id: record.version for record in found}
        records = [self._shown(record) for record in found]
        return codec.encode({'type': 'snapshot', 'position': self.position, 'records': records})

    async def messages(self, events: Sequence[Event]) -> AsyncIterator[bytes]:
        """What a commit means to this view; one message at a time, so that none waits in memory for a slow reader."""
        self.position = events[-1].position if events else self.position
        about = [event for event in events if event.stream.partition('/')[0] in self._looked_at]
        if self._refresh() or (about and self._leads) or self._is_due(bool(about or not events)):
            for message in await self._differences(self.position):
                yield codec.encode(message)
            return
        for event in about:
            if told := await self._message(event):
                yield codec.encode(told)

    def _is_due(self, occasion: bool) -> bool:
        """Whether time may have altered what is in the view; a busy log is no reason to leave it alone for longer."""
        return self.quiet is not None and (occasion or time.monotonic() - self._looked >= QUIET)

    async def _read(self, position: int | None = None) -> list[Record]:
        rows = rows_of(asked_by(self._principal, self._views.catalog, self.table, self._query), position)
        sql = f'SELECT {self.table.select} FROM {rows.sql} ORDER BY t._created LIMIT {MOST + 1}'
        found = [record_of(self.table, row) for row in await self._log.database.query(sql, rows.parameters)]
        if len(found) > MOST:
            raise Malformed(f'filter: more than {MOST:,} records are in this view; narrow it.')
        return found

    async def _differences(self, position: int) -> list[dict[str, Any]]:
        """What differs from what was told: it depends on more than one record, so the view is read as a whole."""
        self._looked = time.monotonic()
        found = {record.id: record for record in await self._read()}
        messages = [_left(position, record_id) for record_id in self.inside.keys() - found.keys()]
        messages += [
            self._told(position, record) for record in found.values() if self.inside.get(record.id) != record.version
        ]
        self.inside = {record.id: record.version for record in found.values()}
        return messages

    async def _message(self, event: Event) -> dict[str, Any] | None:
        record_id = event.stream.partition('/')[2]
        known = self.inside.get(record_id, 0)
        if known >= event.version:
            return None  # it was told already as it is after this event
        record = None if event.type == 'deleted' else await self._views.find(self._entity, record_id)
        if record is not None and self._holds(record):
            message = self._told(event.position, record)
            self.inside[record_id] = record.version
            return message
        if known:
            del self.inside[record_id]
            return _left(event.position, record_id)
        return None

    def _told(self, position: int, record: Record) -> dict[str, Any]:
        kind = 'update' if record.id in self.inside else 'enter'
        return {'type': kind, 'position': position, 'id': record.id, 'record': self._shown(record)}

    def _shown(self, record: Record) -> dict[str, Any]:
        return record.without(self._hidden).as_json()

    def _holds(self, record: Record) -> bool:
        values = {**record.values, 'id': record.id, '_version': record.version, '_owner': record.owner}
        row = Values(values, user_of(self._principal), now())
        return all(expression.value(row) is True for expression in self._query.filters)

    def _refresh(self) -> bool:
        """Read rules and fields anew if the config has changed; raises where reading is no longer allowed."""
        if self._generation == self._views.catalog.generation:
            return False
        self.table: Table = self._views.catalog.table(self._entity)
        parameters = [('count', 'none'), *([('filter', self._text)] if self._text else [])]
        self._query: Query = self._views.query(self.table, parameters, self._principal)
        self._hidden = self.table.entity.hidden_from(self._principal)
        elsewhere = [looked_at(self.table, one, self._principal) for one in self._query.filters]
        self._leads, self._looked_at = any(elsewhere), set().union({self._entity}, *elsewhere)
        self._generation = self._views.catalog.generation
        return True


def _left(position: int, record_id: str) -> dict[str, Any]:
    return {'type': 'leave', 'position': position, 'id': record_id}
