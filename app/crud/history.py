"""The life of one record: each version with what changed and who did it, and who is to blame for each value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import codec
from app.crud.author import Author
from app.crud.record import Record
from app.crud.records import Records
from app.crud.table import Table
from app.crud.values import shown_form
from app.crud.versions import names_for, told
from app.errors import Malformed, NotFound
from app.events import DuckDBLog, Event
from app.events.aggregate import fold, new_values
from app.identifier import canonical_id
from app.permissions import Principal


class History:
    """Whoever may read the record may read its history, without the fields hidden from him."""

    def __init__(self, records: Records, log: DuckDBLog) -> None:
        self._records = records
        self._log = log

    async def history(self, entity: str, record_id: str, principal: Principal) -> dict[str, Any]:
        """Its versions, newest first, and `blame`: the version in which each field got the value it has."""
        table, events = await self._events(entity, record_id, principal)
        names = names_for(table, principal)
        blame: dict[str, dict[str, Any]] = {}
        versions = []
        for event in events:
            version = told(event, names)
            versions.append(version)
            about = {
                key: version[key] for key in ('version', 'position', 'actor', 'name', 'recorded_at') if key in version
            }
            changed = [] if event.type == 'restored' else version['changes']
            blame |= dict.fromkeys(changed, about)
        return {'id': events[-1].stream.partition('/')[2], 'versions': versions[::-1], 'blame': blame}

    async def compare(
        self, entity: str, record_id: str, principal: Principal, earlier: int, later: int
    ) -> dict[str, Any]:
        """The fields that differ between two versions."""
        table, events = await self._events(entity, record_id, principal)
        names = names_for(table, principal)
        old, new = (_values_at(events, version, names) for version in (earlier, later))
        changes = {
            name: {'from': old.get(name), 'to': new.get(name)}
            for name in names.values()
            if old.get(name) != new.get(name)
        }
        return {'from': earlier, 'to': later, 'changes': changes}

    async def revert(
        self, entity: str, record_id: str, to: int, fields: Sequence[str] | None, author: Author, version: int | None
    ) -> Record:
        """Give some fields, or all, the values of an earlier version; one more change, checked like any other."""
        table, events = await self._events(entity, record_id, author.principal)
        names = names_for(table, author.principal)
        old = _values_at(events, to, names)
        unknown = set(fields or ()) - set(names.values())
        if unknown:
            raise Malformed(f'fields: there is no field {sorted(unknown)[0]!r} in {entity}.')
        closed = table.entity.closed_to(author.principal) if fields is None else frozenset()
        chosen = set(fields) if fields is not None else set(names.values()) - closed
        wanted = {name: old.get(name) for name in chosen if not table.entity.fields[name].fills_itself}
        kept = {name: value for name, value in wanted.items() if name not in table.entity.key}
        return await self._records.change(entity, record_id, kept, author, version=version)

    async def _events(self, entity: str, record_id: str, principal: Principal) -> tuple[Table, list[Event]]:
        table, views = self._records.catalog.table(entity), self._records.views
        views.allow(entity, 'read', principal)
        events = await self._log.read_stream(f'{entity}/{canonical_id(record_id)}')
        if not events:
            raise NotFound(f'There is no record {record_id!r} in {entity}.')
        state = fold(events)
        values = shown_form(table.entity, state.values)
        shown = Record(events[-1].stream.partition('/')[2], state.version, state.owner, values)
        if not await views.may(entity, shown, principal, 'read'):
            raise NotFound(f'There is no record {record_id!r} in {entity}.')
        return table, events


def _values_at(events: Sequence[Event], version: int, names: dict[str, str]) -> dict[str, Any]:
    if not 1 <= version <= events[-1].version:
        raise Malformed(f'There is no version {version}; there are 1 to {events[-1].version}.')
    values: dict[str, Any] = {}
    for event in events[:version]:
        if event.type != 'deleted':
            data = new_values(event.type, codec.decode(event.data))
            values = data if event.type in {'created', 'restored'} else values | data
    return {names[id_]: value for id_, value in values.items() if id_ in names}
