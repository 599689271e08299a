"""OpenAPI of live changes: the messages, which are the same over HTTP and over WebSocket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.docs import operation, query_parameter
from app.schema import Entity

TEXT, NUMBER = {'type': 'string'}, {'type': 'integer'}
WEBSOCKET = """
## Changes as they happen

`WS /ws/{entity}` tells every change as a text of JSON; entities are ENTITIES. It takes the same token or cookie as
every request. First comes `{"type": "connected", "position": 17}`; with `?after=17` it goes on from there and misses
nothing. Then come `created`, `changed` (only the fields that changed), `restored` and `deleted`; where a rule looks
at the record, `enter` (the whole record) and `leave` tell that it came into what you may read, or that it left.
`{"type": "reload", "position": 18}` says that what you may read has changed by something else: by other rules, or by
records that the rules look at. Read the list anew and go on from there.

With `?filter=…` or `?view=true` it follows a view: first `{"type": "snapshot", "position": 17, "records": […]}`, then
`enter`, `update` and `leave`, each with its `position`. With `after` it goes on from there; where the rules have
changed since, or the filter says `@now`, it begins with a snapshot again.

A refusal is answered with its status and a problem document. When it ends, it closes with a reason and the code 4401
(the session has ended, or what it may do has changed), 4403 (reading is no longer allowed), 4404 (the entity is gone)
or 1003 (only text is understood). `GET /api/{entity}/changes` tells the same messages where no WebSocket gets
through.
"""
CHANGE = {
    'type': 'object',
    'description': 'A change of a record',
    'required': ['position', 'type', 'id', 'version', 'values'],
    'properties': {
        'position': NUMBER,
        'type': {'enum': ['created', 'changed', 'deleted', 'restored', 'enter', 'leave']},
        'id': TEXT,
        'version': NUMBER,
        'actor': TEXT,
        'recorded_at': {'type': 'string', 'format': 'date-time'},
        'values': {
            'type': 'object',
            'description': 'Those that changed, by field; all of them of a record that is new',
        },
    },
}


def changes_path(entity: Entity, record: dict[str, Any]) -> dict[str, Any]:
    """The long poll of an entity."""
    parameters = [
        query_parameter('after', 'The `position` of the answer before', 'integer'),
        query_parameter('wait', 'Seconds to wait for a change, up to 30', 'integer'),
        query_parameter('filter', 'Follow a view: which records enter it, change in it and leave it'),
        query_parameter('view', '`true` follows the view of all records'),
    ]
    answer = {
        'type': 'object',
        'required': ['changes', 'position'],
        'properties': {
            'changes': {'type': 'array', 'items': {'anyOf': [CHANGE, *_of_view(record)]}},
            'position': NUMBER,
        },
    }
    return operation('What has changed since a position', answer, parameters=parameters, tags=[entity.resource])


def described(entities: Iterable[Entity]) -> str:
    """How to listen, in words, as OpenAPI knows no WebSockets."""
    names = ', '.join(f'`{entity.resource}`' for entity in entities)
    return WEBSOCKET.replace('ENTITIES', names).strip() if names else ''


def _of_view(record: dict[str, Any]) -> list[dict[str, Any]]:
    moved = {'position': NUMBER, 'id': TEXT}
    kinds: list[dict[str, Any]] = [
        {'type': {'const': 'snapshot'}, 'position': NUMBER, 'records': {'type': 'array', 'items': record}},
        {'type': {'enum': ['enter', 'update']}, **moved, 'record': record},
        {'type': {'const': 'leave'}, **moved},
        {'type': {'const': 'reload'}, 'position': NUMBER},
    ]
    return [{'type': 'object', 'properties': kind, 'required': list(kind)} for kind in kinds]
