"""What one event of a record means to somebody who may see some of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app import codec
from app.crud.record import Record
from app.crud.table import Table
from app.crud.values import shown_form
from app.crud.views import Views
from app.events import Event, rfc3339
from app.events.aggregate import EMPTY, Aggregate
from app.permissions import Principal

META = ('actor', 'name', 'source', 'batch', 'request', 'undoes')


def names_for(table: Table, principal: Principal) -> dict[str, str]:
    """Field id -> name, of the fields that `principal` may see."""
    hidden = table.entity.hidden_from(principal)
    return {field.id: field.name for field in table.entity.stored if field.name not in hidden}


async def known_to(principal: Principal, table: Table, events: Sequence[Event], views: Views) -> frozenset[int]:
    """The versions of a record that `principal` may see: by the rules of today, and the values of then."""
    if not views.allow(table.entity.resource, 'read', principal).condition:
        return frozenset(event.version for event in events)
    state, known = EMPTY, set[int]()
    for event in events:
        state = state.after(event)
        if await views.may(table.entity.resource, as_it_was(table, event.stream, state), principal, 'read'):
            known.add(event.version)
    return frozenset(known)


def as_it_was(table: Table, stream: str, state: Aggregate) -> Record:
    """The record that a stream was at a version."""
    return Record(stream.partition('/')[2], state.version, state.owner, shown_form(table.entity, state.values))


def versions_of(events: Sequence[Event], names: Mapping[str, str], known: frozenset[int]) -> list[dict[str, Any]]:
    """The versions that are known, the oldest first; what was there before, only where that is known too."""
    return [told(event, names, before=event.version - 1 in known) for event in events if event.version in known]


def told(event: Event, names: Mapping[str, str], *, before: bool = True) -> dict[str, Any]:
    """One version: what changed from what to what, when, and on whose behalf."""
    data, meta = codec.decode(event.data), codec.parse(event.meta)
    if event.type != 'changed':
        data = {id_: {'from': None, 'to': value} for id_, value in data.items()}
    elif not before:
        data = {id_: {'from': None, 'to': change['to']} for id_, change in data.items()}
    version = {
        'version': event.version,
        'position': event.position,
        'type': event.type,
        'recorded_at': rfc3339(event.recorded_at),
        'changes': {names[id_]: change for id_, change in data.items() if id_ in names},
    }
    return version | {key: meta[key] for key in META if key in meta}
