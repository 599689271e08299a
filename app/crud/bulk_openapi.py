"""OpenAPI of many changes at once, of undo and of history."""

from __future__ import annotations

from typing import Any

from app.crud.export_formats import FORMATS
from app.docs import operation, query_parameter

TEXT, NUMBER, FLAG = {'type': 'string'}, {'type': 'integer', 'minimum': 1}, {'type': 'boolean'}
COMPARE = [
    query_parameter('from', 'With `to`: the fields that differ between two versions', 'integer'),
    query_parameter('to', 'The later version', 'integer'),
]


def life_paths(address: str, record: dict[str, Any], record_id: dict[str, Any], tag: dict[str, Any]) -> dict[str, Any]:
    """History and its way back, and many changes at once, of one entity."""
    return {
        f'{address}/{{id}}/history': {
            'parameters': [record_id],
            'get': operation('Its versions, newest first, and who is to blame', {}, parameters=COMPARE, **tag),
        },
        f'{address}/{{id}}/revert': {
            'parameters': [record_id],
            'post': operation('Back to an earlier version', record, requestBody=body_of(REVERT), **tag),
        },
        f'{address}/export.{{format}}': {
            'parameters': [{'name': 'format', 'in': 'path', 'required': True, 'schema': {'enum': list(FORMATS)}}],
            'get': operation('All that matches as a file; takes what the list takes', **tag),
        },
        f'{address}/batch': {
            'post': operation('Change many, or none', {}, requestBody=body_of(batch_schema(record)), **tag)
        },
    }


def body_of(schema: dict[str, Any]) -> dict[str, Any]:
    """A body in JSON."""
    return {'required': True, 'content': {'application/json': {'schema': schema}}}


def closed(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {'type': 'object', 'properties': properties, 'required': list(required), 'additionalProperties': False}


def batch_schema(record: dict[str, Any]) -> dict[str, Any]:
    """What `POST /api/{entity}/batch` takes."""
    many = {'type': 'array', 'items': record}
    chosen = {'filter': TEXT, 'ids': {'type': 'array', 'items': TEXT}}
    return closed(
        {
            'create': many,
            'upsert': many,
            'update': {'oneOf': [many, closed(chosen | {'set': {'type': 'object'}}, ('set',))]},
            'delete': {'oneOf': [{'type': 'array', 'items': TEXT}, closed(chosen)]},
            'by': {
                **TEXT,
                'description': 'The unique field that says which record an upsert means; the key unless told',
            },
            'dry_run': {**FLAG, 'description': 'Only say what it would do'},
        }
    )


REVERT = closed({'version': NUMBER, 'fields': {'type': 'array', 'items': TEXT}}, ('version',))
UNDO = {
    'oneOf': [
        closed({name: kind, 'force': FLAG, 'dry_run': FLAG}, (name,))
        for name, kind in (('position', NUMBER), ('batch', TEXT))
    ]
}
OPERATION = {
    'type': 'object',
    'description': 'One of create, update, upsert or delete with the name of an entity, and what it needs',
    'properties': {
        **dict.fromkeys(('create', 'update', 'upsert', 'delete', 'id', 'by'), TEXT),
        'values': {'type': 'object'},
        'version': NUMBER,
    },
    'additionalProperties': False,
}
TRANSACTION = closed({'operations': {'type': 'array', 'items': OPERATION}, 'dry_run': FLAG}, ('operations',))
SCHEMA = closed({'documents': {'type': 'object'}, 'fill': {'type': 'object'}}, ('documents',))
RECENT = [
    query_parameter('limit', 'Records, up to 100', 'integer'),
    query_parameter('after', 'With `wait`: the `position` of the answer before', 'integer'),
    query_parameter('wait', 'Seconds to wait for something to happen, up to 30', 'integer'),
]
SHARED = {
    '/api': {
        'get': operation(
            'The entities', {}, parameters=[query_parameter('counts', '`true` adds how many records you may read')]
        )
    },
    '/api/history': {'get': operation('What has happened lately to records of all entities', {}, parameters=RECENT)},
    '/api/schema': {'get': operation('The documents of the config in force', {})},
    '/api/schema/plan': {
        'post': operation('What other documents would do to the data', {}, requestBody=body_of(SCHEMA))
    },
    '/api/schema/apply': {
        'post': operation(
            'Put other documents into force, or say which records do not fit', {}, requestBody=body_of(SCHEMA)
        )
    },
    '/api/transaction': {
        'post': operation('Change records of several entities, or none', {}, requestBody=body_of(TRANSACTION))
    },
    '/api/undo': {'post': operation('Take back one change or a whole batch', {}, requestBody=body_of(UNDO))},
}
