"""OpenAPI of imports."""

from __future__ import annotations

from typing import Any

from app.crud.bulk_openapi import TEXT
from app.crud.importing.job import STATES
from app.crud.writes_openapi import write
from app.docs import operation, query_parameter
from app.schema import Entity

COUNT = {'type': 'integer'}
IMPORT = {
    'type': 'object',
    'required': ['id', 'entity', 'state'],
    'properties': {
        'id': TEXT,
        'entity': TEXT,
        'mode': TEXT,
        'state': {'enum': list(STATES)},
        'rows_read': COUNT,
        'rows_written': COUNT,
        'errors': COUNT,
        'result': {'type': 'object', 'description': 'What the import answers, once it is finished'},
        'problem': {'type': 'object', 'description': 'Why it failed'},
    },
}
OF_KEY = query_parameter('idempotency_key', 'Only the one that a request with this `Idempotency-Key` has begun')
IMPORTS = {
    '/api/imports': {
        'get': operation(
            'Imports that run or have run lately: your own, or for an admin all of them',
            {'type': 'object', 'properties': {'imports': {'type': 'array', 'items': IMPORT}}},
            parameters=[OF_KEY],
        )
    },
    '/api/imports/{id}': {
        'parameters': [{'name': 'id', 'in': 'path', 'required': True, 'schema': TEXT}],
        'get': operation('How far an import is', IMPORT),
        'delete': operation('Cancel an import that runs; nothing of it stays', IMPORT),
    },
}


def import_paths(entity: Entity) -> dict[str, Any]:
    """Where an entity's files are sent to."""
    tag: dict[str, Any] = {'tags': [entity.resource]}
    kinds = {'text/csv': {'schema': TEXT}, 'application/json': {'schema': {}}, 'application/x-ndjson': {'schema': TEXT}}
    send = write(
        'Create, change or upsert many records from a file, or none',
        {},
        parameters=PARAMETERS,
        requestBody={'content': kinds},
        status='201',
        **tag,
    )
    return {
        f'/api/{entity.resource}/import': {
            'get': operation('The fields that a file may fill', {}, **tag),
            'post': send,
        }
    }


PARAMETERS = [
    query_parameter('mode', '`create` unless told, `update` or `upsert`'),
    query_parameter('by', 'The unique field that says which record a row means; the key unless told'),
    query_parameter('mapping', 'As JSON: column of the file -> field, or an empty text to leave it out'),
    query_parameter('dry_run', '`true` only says what would change, and what is wrong in which row'),
    query_parameter('background', '`true` answers at once; ask `/api/imports/{id}` how far it is'),
    query_parameter('encoding', 'Such as `windows-1252`; found out unless told'),
    query_parameter('delimiter', 'The character between cells; found out unless told'),
    query_parameter('null', 'The text that stands for no value, such as `NULL`'),
]
