"""What one event of a record means to somebody who may see some of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import codec
from app.crud.table import Table
from app.events import Event, rfc3339
from app.permissions import Principal

META = ('actor', 'name', 'source', 'batch', 'request', 'undoes')


def names_for(table: Table, principal: Principal) -> dict[str, str]:
    """Field id -> name, of the fields that `principal` may see."""
    hidden = table.entity.hidden_from(principal)
    return {field.id: field.name for field in table.entity.stored if field.name not in hidden}


def told(event: Event, names: Mapping[str, str]) -> dict[str, Any]:
    """One version: what changed from what to what, when, and on whose behalf."""
    data, meta = codec.decode(event.data), codec.parse(event.meta)
    if event.type != 'changed':
        data = {id_: {'from': None, 'to': value} for id_, value in data.items()}
    version = {
        'version': event.version,
        'position': event.position,
        'type': event.type,
        'recorded_at': rfc3339(event.recorded_at),
        'changes': {names[id_]: change for id_, change in data.items() if id_ in names},
    }
    return version | {key: meta[key] for key in META if key in meta}
