"""Changes of an entity as they happen: the same messages over WebSocket and over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from app import codec
from app.crud.catalog import Catalog
from app.crud.covering import condition_of, covers
from app.crud.crossing import Crossings
from app.crud.record import with_addresses
from app.crud.related import Related
from app.crud.sources import looked_at
from app.crud.table import Table
from app.crud.values import shown_form
from app.crud.views import Views
from app.events import DuckDBLog, Event, rfc3339
from app.events.aggregate import Aggregate, event_owner, fold
from app.events.duckdb_log import COLUMNS
from app.permissions import OWN, Decision, Principal
from app.schema import Entity

REMEMBERED = 4096


class Readable(NamedTuple):
    """What of an entity somebody may read."""

    condition: str
    hidden: frozenset[str]
    led_to: frozenset[str]
    """The entities whose records decide too: what may be read changes with them."""


class Changes:
    """Turns events into messages; each is encoded once, however many listen."""

    def __init__(self, catalog: Catalog, log: DuckDBLog, views: Views) -> None:
        self._catalog = catalog
        self._log = log
        self._views = views
        self._crossings = Crossings(catalog, log)
        self._messages: dict[tuple[int, str, frozenset[str]], bytes] = {}
        self._tables = catalog.tables
        self._encoding = asyncio.Lock()

    async def poll(self, entity: str, after: int, limit: int, seconds: float, principal: Principal) -> dict[str, Any]:
        """The messages after a position as soon as there are some, and the position to ask from next."""
        until = time.monotonic() + seconds
        answer = await self.since(entity, after, limit, principal)
        while not answer['changes'] and await self._log.moved_on(answer['position'], max(0, until - time.monotonic())):
            answer = await self.since(entity, answer['position'], limit, principal)
        return answer

    async def since(self, entity: str, after: int, limit: int, principal: Principal) -> dict[str, Any]:
        """The messages after a position, and the position to ask from next time."""
        self._views.allow(entity, 'read', principal)
        head = (await self._log.head()).position
        lost = after > head or 0 < after < self._catalog.position
        if lost or await self._led_elsewhere_since(entity, after, head, principal):
            return {'changes': [codec.Raw(_reload(head))], 'position': head}
        sql = (
            f'SELECT {COLUMNS} FROM events WHERE position > ? AND position <= ? AND starts_with(stream, ?) '
            'ORDER BY position LIMIT ?'
        )
        rows = await self._log.database.query(sql, [after, head, f'{entity}/', limit])
        events = [Event(*row) for row in rows]
        hidden = self._catalog.table(entity).entity.hidden_from(principal)
        heard = await self._heard(entity, events, principal)
        messages = [codec.Raw(await self._message(event, hidden)) for event in heard]
        return {'changes': messages, 'position': events[-1].position if len(events) == limit else max(head, after)}

    async def follow(self, entity: str, after: int | None, principal: Principal) -> AsyncIterator[bytes]:
        """A greeting with the position where it starts, then each message as it is committed."""
        head = (await self._log.head()).position
        start = head if after is None else min(after, head)
        known = self._readable(entity, principal)
        yield codec.encode({'type': 'connected', 'position': start})
        if 0 < start < self._catalog.position or (after or 0) > head:  # as after an older backup came back
            start = max(start, self._catalog.position)
            yield _reload(start)
        async for events in self._log.follow(start):
            before, known = known, self._readable(entity, principal)
            for event in await self._heard(entity, events, principal):
                yield await self._message(event, known.hidden)
            if known != before or known.led_to & {event.stream.partition('/')[0] for event in events}:
                yield _reload(events[-1].position)

    def _readable(self, entity: str, principal: Principal) -> Readable:
        decision, table = self._views.allow(entity, 'read', principal), self._catalog.table(entity)
        condition = condition_of(table, decision.condition) if decision.condition else None
        led_to = looked_at(table, condition, principal) if condition else set()
        return Readable(decision.condition, table.entity.hidden_from(principal), frozenset(led_to))

    async def _led_elsewhere_since(self, entity: str, after: int, head: int, principal: Principal) -> bool:
        """Whether records have changed that decide, from outside of the entity, what may be read of it."""
        led_to = self._readable(entity, principal).led_to
        sql = "SELECT 1 FROM events WHERE position > ? AND position <= ? AND split_part(stream, '/', 1) IN "
        sql += '(SELECT unnest(?::VARCHAR[])) LIMIT 1'
        return bool(led_to and after and await self._log.database.query(sql, [after, head, sorted(led_to)]))

    async def _heard(self, entity: str, events: Sequence[Event], principal: Principal) -> list[Event]:
        """What of the events is told to `principal`: also that a record enters what he may read, or leaves it."""
        decision = self._views.allow(entity, 'read', principal)
        about = [event for event in events if event.stream.startswith(f'{entity}/')]
        if not about or decision.condition in {'', OWN}:
            return _of_owner(about, decision, principal)
        return await Related(self._views).settle(lambda: self._crossings.seen(entity, about, decision, principal))

    async def visible(self, entity: str, events: Sequence[Event], principal: Principal) -> list[Event]:
        """Those of the events that are about records of an entity which `principal` may read as they are now."""
        decision = self._views.allow(entity, 'read', principal)
        about = [event for event in events if event.stream.startswith(f'{entity}/')]
        if not about or decision.condition in {'', OWN}:
            return _of_owner(about, decision, principal)
        table = self._catalog.table(entity)
        states = {stream: fold(await self._log.read_stream(stream)) for stream in {event.stream for event in about}}

        async def seen() -> set[str]:
            return {stream for stream, state in states.items() if _sees(table, decision, principal, state)}

        streams = await Related(self._views).settle(seen)
        return [event for event in about if event.stream in streams]

    async def _message(self, event: Event, hidden: frozenset[str]) -> bytes:
        if self._tables is not self._catalog.tables or len(self._messages) > REMEMBERED:
            self._tables = self._catalog.tables
            self._messages.clear()
        key = event.position, event.type, hidden
        if message := self._messages.get(key):
            return message
        async with self._encoding:  # one works it out, those who wait have it then
            if message := self._messages.get(key):
                return message
            entity = self._catalog.table(event.stream.partition('/')[0]).entity.without(hidden)
            message = codec.encode_to_keep(message_of(entity, event, await self._computed(entity, event)))
            self._messages[key] = message
        return message

    async def _computed(self, entity: Entity, event: Event) -> dict[str, Any]:
        """The computed values that a change may have altered, by name."""
        if not entity.computed or event.type in {'deleted', 'leave'}:
            return {}
        data = codec.decode(event.data)
        names = {field.name for field in entity.stored if field.id in data or event.type != 'changed'}
        altered = [field.name for field in entity.computed if not names.isdisjoint(field.read_expression.names)]
        if not altered:
            return {}
        whole = self._catalog.table(entity.resource).entity
        if event.type == 'changed':
            events = await self._log.read_stream(event.stream)
            data = fold(events[: event.version]).values
        shown = shown_form(whole, {id_: value for id_, value in data.items() if value is not None})
        return {name: shown[name] for name in altered}


def _reload(position: int) -> bytes:
    """What may be read has changed by something else than changes of the records themselves: read them anew."""
    return codec.encode({'type': 'reload', 'position': position})


def _of_owner(events: list[Event], decision: Decision, principal: Principal) -> list[Event]:
    return [event for event in events if event_owner(event) == principal.id] if decision.condition else events


def _sees(table: Table, decision: Decision, principal: Principal, state: Aggregate) -> bool:
    return covers(table, decision, principal, shown_form(table.entity, state.values), state.owner)


def message_of(entity: Entity, event: Event, computed: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """What a change means to a client: which record, which version, and the values it has now, by name."""
    names = {field.id: field.name for field in entity.stored}
    data = codec.decode(event.data)
    if event.type == 'changed':
        data = {id_: change['to'] for id_, change in data.items()}
    elif event.type in {'created', 'restored', 'enter'}:
        data = dict.fromkeys(names) | data
    record_id = event.stream.partition('/')[2]
    values: dict[str, Any] = {names[id_]: value for id_, value in data.items() if id_ in names} | dict(computed)
    return {
        'position': event.position,
        'type': event.type,
        'id': record_id,
        'version': event.version,
        'actor': codec.parse(event.meta).get('actor', ''),
        'recorded_at': rfc3339(event.recorded_at),
        'values': with_addresses(entity, record_id, values),
    }
