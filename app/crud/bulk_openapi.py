"""OpenAPI of many changes at once, of undo and of history."""

from __future__ import annotations

from typing import Any

from app.crud.export_formats import FORMATS
from app.crud.writes_openapi import write
from app.crud.written import MOST
from app.docs import operation, query_parameter

TEXT, NUMBER, FLAG = {'type': 'string'}, {'type': 'integer', 'minimum': 1}, {'type': 'boolean'}
VERSIONS = [
    query_parameter('from', 'With `to`: the fields that differ between two versions', 'integer'),
    query_parameter('to', 'The later version', 'integer'),
    query_parameter('limit', 'At most so many versions, the newest', 'integer'),
    query_parameter('before', 'Only versions before this one', 'integer'),
]


def life_paths(
    address: str, record: dict[str, Any], some: dict[str, Any], record_id: dict[str, Any], tag: dict[str, Any]
) -> dict[str, Any]:
    """History and its way back, and many changes at once, of one entity."""
    return {
        f'{address}/{{id}}/history': {
            'parameters': [record_id],
            'get': operation('Its versions, newest first, and who is to blame', HISTORY, parameters=VERSIONS, **tag),
        },
        f'{address}/{{id}}/revert': {
            'parameters': [record_id],
            'post': write('Back to an earlier version', record, requestBody=body_of(REVERT), of_version=True, **tag),
        },
        f'{address}/export.{{format}}': {
            'parameters': [{'name': 'format', 'in': 'path', 'required': True, 'schema': {'enum': list(FORMATS)}}],
            'get': operation('All that matches as a file; takes what the list takes', **tag),
        },
        f'{address}/batch': {
            'post': write('Change many, or none', DONE, requestBody=body_of(batch_schema(record, some)), **tag)
        },
    }


def body_of(schema: dict[str, Any]) -> dict[str, Any]:
    """A body in JSON."""
    return {'required': True, 'content': {'application/json': {'schema': schema}}}


def closed(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {'type': 'object', 'properties': properties, 'required': list(required), 'additionalProperties': False}


def batch_schema(record: dict[str, Any], some: dict[str, Any]) -> dict[str, Any]:
    """What `POST /api/{entity}/batch` takes: whole records, or `some` fields of those that are there."""
    many = {'type': 'array', 'items': some}
    chosen = {'filter': TEXT, 'ids': {'type': 'array', 'items': TEXT}}
    return closed(
        {
            'create': {'type': 'array', 'items': record},
            'upsert': many,
            'update': {'oneOf': [many, closed(chosen | {'set': some}, ('set',))]},
            'delete': {'oneOf': [{'type': 'array', 'items': TEXT}, closed(chosen)]},
            'by': {
                **TEXT,
                'description': 'The unique field that says which record an upsert means; the key unless told',
            },
            'dry_run': {**FLAG, 'description': 'Only say what it would do'},
        }
    )


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {'type': 'object', 'required': list(required), 'properties': properties}


COUNT, MOMENT = {'type': 'integer'}, {'type': 'string', 'format': 'date-time'}
BY = {'actor': TEXT, 'name': TEXT, 'recorded_at': MOMENT}
FROM_TO = {
    'type': 'object',
    'description': 'Field -> its value before and after',
    'additionalProperties': _object(('from', 'to'), **{'from': {}, 'to': {}}),
}
VERSION = _object(
    ('version', 'position', 'type', 'recorded_at', 'changes'),
    version=NUMBER,
    position=NUMBER,
    type={'enum': ['created', 'changed', 'deleted', 'restored']},
    changes=FROM_TO,
    **BY,
    source=TEXT,
    batch=TEXT,
    request=TEXT,
    undoes=TEXT,
)
BLAME = {
    'type': 'object',
    'description': 'Field -> the version in which it got the value it has',
    'additionalProperties': _object(('version', 'position'), version=NUMBER, position=NUMBER, **BY),
}
HISTORY = {
    'oneOf': [
        _object(
            ('id', 'versions', 'blame', 'more'),
            id=TEXT,
            versions={'type': 'array', 'items': VERSION},
            blame=BLAME,
            more=FLAG,
        ),
        _object(('from', 'to', 'changes'), **{'from': NUMBER, 'to': NUMBER, 'changes': FROM_TO}),
    ]
}
WROTE = _object(
    ('entity', 'id', 'type', 'version'), entity=TEXT, id=TEXT, type=VERSION['properties']['type'], version=NUMBER
)
WRITTEN = _object(
    ('batch', 'position', 'count', 'changes'),
    batch={**TEXT, 'description': 'Undoes all of it'},
    position=COUNT,
    count=COUNT,
    changes={
        'type': 'array',
        'items': WROTE,
        'maxItems': MOST,
        'description': f'The records written, up to {MOST:,}, in order; without what a deletion has entailed',
    },
)
PREVIEW = _object(
    ('dry_run', 'changes', 'count'),
    dry_run={'const': True},
    changes={'type': 'array', 'items': {'type': 'object'}, 'description': 'The first of them'},
    count=COUNT,
)
DONE = {'oneOf': [WRITTEN, PREVIEW]}
UNDONE = {
    **DONE,
    'properties': {
        'conflicts': {
            'type': 'array',
            'items': {'type': 'object'},
            'description': 'What could not be taken back and is kept, and why',
        }
    },
}
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
    '/api/transaction': {
        'post': write('Change records of several entities, or none', DONE, requestBody=body_of(TRANSACTION))
    },
    '/api/undo': {'post': write('Take back one change or a whole batch', UNDONE, requestBody=body_of(UNDO))},
}
OF_CONFIG = {
    '/api/schema': {'get': operation('The documents of the config in force', {})},
    '/api/schema/plan': {
        'post': operation('What other documents would do to the data', {}, requestBody=body_of(SCHEMA))
    },
    '/api/schema/apply': {
        'post': write(
            'Put other documents into force, or say which records do not fit', {}, requestBody=body_of(SCHEMA)
        )
    },
}
