"""OpenAPI of the data port, made from the entities in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.docs import document, operation, query_parameter
from app.schema import Entity

LIST_PARAMETERS = [
    query_parameter('limit', 'Records on a page', 'integer'),
    query_parameter('offset', 'Records to skip', 'integer'),
    query_parameter('cursor', 'The `next` of the page before'),
    query_parameter('sort', 'Fields, with a minus for descending: `-created_at,name`'),
    query_parameter('search', 'Words that the searchable fields must hold'),
    query_parameter('count', '`none` leaves out the total'),
    query_parameter('labels', '`true` adds what foreign keys point to, in words'),
]


def describe(entities: Mapping[str, Entity]) -> dict[str, Any]:
    """The document."""
    paths: dict[str, Any] = {}
    for entity in entities.values():
        if entity.api.enabled:
            paths |= _paths(entity)
    return document('Data', paths, {name: _schema(entity) for name, entity in entities.items()})


def _paths(entity: Entity) -> dict[str, Any]:
    name = entity.resource
    record = {'$ref': f'#/components/schemas/{name}'}
    page = {
        'type': 'object',
        'properties': {
            'records': {'type': 'array', 'items': record},
            'total': {'type': ['integer', 'null']},
            'next': {'type': ['string', 'null']},
        },
    }
    body = {'required': True, 'content': {'application/json': {'schema': record}}}
    tag: dict[str, Any] = {'tags': [name]}
    filters = [
        query_parameter(f, f'Equal to; also `{f}[op]=` with {", ".join(field.operators)}')
        for f, field in entity.fields.items()
    ]
    record_id = {'name': 'id', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
    file = {'content': {'text/csv': {'schema': {'type': 'string'}}, 'application/json': {'schema': {}}}}
    return {
        f'/api/{name}': {
            'get': operation(f'List {entity.title.lower()}', page, parameters=LIST_PARAMETERS + filters, **tag),
            'post': operation('Create a record', record, requestBody=body, status='201', **tag),
        },
        f'/api/{name}/{{id}}': {
            'parameters': [record_id],
            'get': operation('Get a record', record, **tag),
            'patch': operation('Change some fields', record, requestBody=body, **tag),
            'put': operation('Replace all fields', record, requestBody=body, **tag),
            'delete': operation('Delete a record; its history stays', status='204', **tag),
        },
        f'/api/{name}/{{id}}/restore': {
            'parameters': [record_id],
            'post': operation('Bring a deleted record back', record, **tag),
        },
        f'/api/{name}/import': {
            'post': operation('Create many records from a file, or none', {}, requestBody=file, status='201', **tag)
        },
        f'/api/{name}/changes': {
            'get': operation(
                'What has changed since a position',
                {},
                parameters=[query_parameter('after', 'The `position` of the answer before', 'integer')],
                **tag,
            )
        },
    }


def _schema(entity: Entity) -> dict[str, Any]:
    fields = {field.name: field.described() for field in entity.fields.values()}
    system = {'id': {'type': 'string', 'readOnly': True}, '_version': {'type': 'integer', 'readOnly': True}}
    required = [field.name for field in entity.stored if field.required and field.default is None]
    return {'type': 'object', 'properties': system | fields, 'required': required}
