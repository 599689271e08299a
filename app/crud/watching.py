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
from app.expressions import Row
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
        rows = rows_of(view.asked(), after)
        sql = f'SELECT {view.table.select} FROM {rows.sql} ORDER BY t._created LIMIT {MOST + 1}'
        found = [record_of(view.table, row) for row in await self._log.database.query(sql, rows.parameters)]
        if len(found) > MOST:
            raise Malformed(f'filter: more than {MOST:,} records are in this view; narrow it.')
        view.inside = {record.id: record.version for record in found}
        if after is None:
            records = [view.shown(record) for record in found]
            yield codec.encode({'type': 'snapshot', 'position': start, 'records': records})
        else:
            yield codec.encode({'type': 'connected', 'position': start})
        async for events in self._log.follow(start):
            for message in await view.messages(events):
                yield message


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

    async def messages(self, events: Sequence[Event]) -> list[bytes]:
        """What a commit means to this view."""
        about = [event for event in events if event.stream.startswith(f'{self._entity}/')]
        if about:
            self._refresh()
        found = [await self._message(event) for event in about]
        return [codec.encode(message) for message in found if message]

    async def _message(self, event: Event) -> dict[str, Any] | None:
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
        row = Row(values, user_of(self._principal), now())
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
