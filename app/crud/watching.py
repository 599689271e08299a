"""A filtered view as it changes: first the records in it, then which enter it, change in it and leave it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from app import codec
from app.crud.listing import Asked, asked_by, rows_of
from app.crud.naming import now, user_of
from app.crud.query import Query
from app.crud.record import Record, record_of
from app.crud.table import Table
from app.crud.views import Views
from app.errors import Malformed
from app.events import DuckDBLog, Event
from app.events.database import Row
from app.expressions import Row as Values
from app.permissions import Principal

MOST = 5_000
"""Records in one view, at most."""


class Watching:
    """Each subscriber sees what the rules of the moment let him see; changed rules hold from the next change on."""

    def __init__(self, views: Views, log: DuckDBLog) -> None:
        self._views = views
        self._log = log

    async def watch(self, entity: str, text: str, after: int | None, principal: Principal) -> AsyncIterator[bytes]:
        """A snapshot, or from the position `after` on what has happened since; then each change as it is committed."""
        view = View(self._views, entity, text, principal)
        start = self._log.position if after is None else after
        yield await self._greeting(view, start, after)
        async for events in self._log.follow(start):
            for event in view.about(events):
                if message := await view.message(event):
                    yield codec.encode(message)

    async def _greeting(self, view: View, start: int, after: int | None) -> bytes:
        """The first message. What it is made of is only needed here, and may be much: it must not stay with `watch`."""
        if after is not None:
            await self._inside(view, 't.id, t._version', after)
            return codec.encode({'type': 'connected', 'position': start})
        found = [record_of(view.table, row) for row in await self._inside(view, view.table.select, None)]
        return codec.encode({'type': 'snapshot', 'position': start, 'records': [view.shown(one) for one in found]})

    async def _inside(self, view: View, columns: str, position: int | None) -> list[Row]:
        """What is in the view, noted there by id and version, the first two of `columns`."""
        rows = rows_of(view.asked(), position)
        sql = f'SELECT {columns} FROM {rows.sql} ORDER BY t._created LIMIT {MOST + 1}'
        found = await self._log.database.query(sql, rows.parameters)
        if len(found) > MOST:
            raise Malformed(f'filter: more than {MOST:,} records are in this view; narrow it.')
        view.inside = {row[0]: row[1] for row in found}
        return found


class View:
    """What one subscriber knows to be in his view: id -> version."""

    def __init__(self, views: Views, entity: str, text: str, principal: Principal) -> None:
        self.inside: dict[str, int] = {}
        self._views = views
        self._entity = entity
        self._text = text
        self._principal = principal
        self._generation = -1
        self._refresh()

    def asked(self) -> Asked:
        """The view as a list."""
        return asked_by(self._principal, self._views.catalog, self.table, self._query)

    def shown(self, record: Record) -> dict[str, Any]:
        """A record as this subscriber may see it."""
        return record.without(self._hidden).as_json()

    def about(self, events: Sequence[Event]) -> list[Event]:
        """Those of a commit's events that may mean something to this view."""
        about = [event for event in events if event.stream.startswith(f'{self._entity}/')]
        if about:
            self._refresh()
        return about

    async def message(self, event: Event) -> dict[str, Any] | None:
        """What an event means to this view, if anything."""
        record_id = event.stream.partition('/')[2]
        known = self.inside.get(record_id, 0)
        if known >= event.version:
            return None  # it was told already as it is after this event
        record = None if event.type == 'deleted' else await self._views.find(self._entity, record_id)
        if record is not None and self._holds(record):
            self.inside[record_id] = record.version
            kind = 'update' if known else 'enter'
            return {'type': kind, 'position': event.position, 'id': record_id, 'record': self.shown(record)}
        if known:
            del self.inside[record_id]
            return {'type': 'leave', 'position': event.position, 'id': record_id}
        return None

    def _holds(self, record: Record) -> bool:
        values = {**record.values, 'id': record.id, '_version': record.version, '_owner': record.owner}
        row = Values(values, user_of(self._principal), now())
        return all(expression.value(row) is True for expression in self._query.filters)

    def _refresh(self) -> None:
        """Read rules and fields anew where the config has changed; raises where reading is no longer allowed."""
        if self._generation == self._views.catalog.generation:
            return
        self.table: Table = self._views.catalog.table(self._entity)
        parameters = [('count', 'none'), *([('filter', self._text)] if self._text else [])]
        self._query: Query = self._views.query(self.table, parameters, self._principal)
        self._hidden = self.table.entity.hidden_from(self._principal)
        if any(expression.paths for expression in self._query.filters):
            raise Malformed('filter: a live view looks at the record itself, not at those it leads to.')
        self._generation = self._views.catalog.generation
