"""What has happened lately to the records of all entities, as far as whoever asks may read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import codec
from app.crud.catalog import Catalog
from app.crud.live import Changes
from app.crud.table import Table
from app.crud.values import shown_form
from app.crud.versions import META, names_for
from app.crud.views import Views
from app.events import DuckDBLog, Event, rfc3339
from app.events.aggregate import fold
from app.events.duckdb_log import COLUMNS
from app.permissions import Principal, decide

PAGE = 500
"""Positions of the log that are looked at in one step."""
STEPS = 10
"""After so many steps, nobody looks any further back."""


class Recent:
    """The newest change of each record that was changed lately."""

    def __init__(self, catalog: Catalog, log: DuckDBLog, views: Views, changes: Changes) -> None:
        self._catalog = catalog
        self._log = log
        self._views = views
        self._changes = changes

    async def newest(self, limit: int, principal: Principal) -> dict[str, Any]:
        """The newest changes, one for each record, and the position up to which they are told."""
        head = (await self._log.head()).position
        below, found = head, dict[str, Event]()
        for _ in range(STEPS):
            for event in await self._page(below, principal):
                found.setdefault(event.stream, event)
            below -= PAGE
            if len(found) >= limit or below <= 0:
                break
        events = sorted(found.values(), key=lambda event: -event.position)[:limit]
        return {'changes': await self._told(events, principal), 'position': head}

    async def _page(self, below: int, principal: Principal) -> list[Event]:
        """What may be seen of the positions up to one, the newest first."""
        sql = f'SELECT {COLUMNS} FROM events WHERE position > ? AND position <= ?'
        events = [Event(*row) for row in await self._log.database.query(sql, [below - PAGE, below])]
        seen: list[Event] = []
        for name in {event.stream.partition('/')[0] for event in events} & self._catalog.tables.keys():
            if self._readable(name, principal):
                seen += await self._changes.visible(name, events, principal)
        return sorted(seen, key=lambda event: -event.position)

    def _readable(self, name: str, principal: Principal) -> bool:
        entity = self._catalog.table(name).entity
        return entity.api.enabled and decide(entity.permissions, 'read', principal, name).allowed

    async def _told(self, events: Sequence[Event], principal: Principal) -> list[dict[str, Any]]:
        labels: dict[str, str] = {}
        for name in {event.stream.partition('/')[0] for event in events}:
            ids = [event.stream.partition('/')[2] for event in events if event.stream.startswith(f'{name}/')]
            labels |= await self._labels(self._catalog.table(name), ids, principal)
        return [self._change(event, labels, principal) for event in events]

    async def _labels(self, table: Table, ids: list[str], principal: Principal) -> dict[str, str]:
        """Stream -> what people call the record, also of those that are gone."""
        entity = table.entity
        display = entity.without(entity.hidden_from(principal)).display
        there = await self._views.find_many(table, '', ids)
        values = {id_: record.values for id_, record in there.items()}
        for id_ in set(ids) - there.keys():
            state = fold(await self._log.read_stream(f'{entity.resource}/{id_}'))
            values[id_] = shown_form(entity, state.values)
        return {f'{entity.resource}/{id_}': str(found.get(display) or id_) for id_, found in values.items()}

    def _change(self, event: Event, labels: dict[str, str], principal: Principal) -> dict[str, Any]:
        name, _, record_id = event.stream.partition('/')
        table, meta = self._catalog.table(name), codec.parse(event.meta)
        names = names_for(table, principal)
        changed = codec.parse(event.data) if event.type == 'changed' else {}
        told = {
            'entity': name,
            'title': table.entity.title,
            'id': record_id,
            'label': labels[event.stream],
            'type': event.type,
            'fields': [names[id_] for id_ in changed if id_ in names],
            'position': event.position,
            'recorded_at': rfc3339(event.recorded_at),
        }
        return told | {key: meta[key] for key in META if key in meta}
