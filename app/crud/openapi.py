"""OpenAPI of the data port, made from the entities in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.crud.bulk_openapi import OF_CONFIG, SHARED, body_of, life_paths
from app.crud.files_openapi import file_paths
from app.crud.grouping import MOST
from app.crud.imports_openapi import IMPORTS, import_paths
from app.crud.live_openapi import changes_path, described
from app.crud.saved_views_openapi import saved_view_paths
from app.crud.writes_openapi import write
from app.docs import document, operation, query_parameter
from app.fields import Field
from app.permissions import Principal, decide, may_anything
from app.schema import Entity

AS_OF = query_parameter('as_of', 'A moment such as `2026-05-03T10:00:00Z`, or a position of the log: as it was then')
AGGREGATES = ('sum', 'avg', 'min', 'max', 'distinct')
EXPLAIN = [
    query_parameter('action', 'create, read, update or delete'),
    query_parameter('user', 'Name or address of a user; yourself unless told'),
]
GROUPS = {
    'type': 'object',
    'description': 'With `group_by` or a sum: a line for each group',
    'required': ['groups', 'more'],
    'properties': {
        'groups': {
            'type': 'array',
            'items': {
                'type': 'object',
                'required': ['group'],
                'properties': {
                    'group': {'type': 'object', 'description': 'What it is grouped by -> the value of this group'},
                    'count': {
                        'type': ['integer', 'object'],
                        'description': 'How many records; of each expression that is counted, how many have it',
                    },
                    **{name: {'type': 'object', 'description': f'{name} of each expression'} for name in AGGREGATES},
                },
            },
        },
        'more': {'type': 'boolean', 'description': 'Whether there are more groups than `limit`'},
    },
}
SHAPE = [
    query_parameter('fields', 'Only these fields, such as `name,email`'),
    query_parameter('expand', 'What it leads to, or what leads to it: `customer_id`, `order_items.product_id`'),
    query_parameter('count_of', 'How many lead to it, such as `order_items`; under `_count`'),
]
LIST_PARAMETERS = [
    AS_OF,
    query_parameter('filter', "An expression such as `credit_limit > 1000 AND customer.status = 'active'`"),
    query_parameter(
        'limit', f'Records on a page (500 at most, unless the config says more) or groups ({MOST:,})', 'integer'
    ),
    query_parameter('offset', 'Records to skip', 'integer'),
    query_parameter('cursor', 'The `next` of the page before'),
    query_parameter('sort', 'Fields, also of related records, a minus for descending: `-created_at,customer.name`'),
    query_parameter('search', 'Words that the searchable fields must hold'),
    query_parameter('count', '`none` leaves out the total; per group `*` counts records, a field those that have it'),
    query_parameter('group_by', 'Fields or expressions: answers with `groups` instead of records, such as `status`'),
    *(query_parameter(name, f'{name} of a field or an expression, per group') for name in AGGREGATES),
    *SHAPE,
    query_parameter('labels', '`true` adds what foreign keys point to, in words'),
]


def describe(entities: Mapping[str, Entity], asker: Principal) -> dict[str, Any]:
    """The document, for somebody who learns of nothing that he may neither read nor write."""
    known = _known(entities, asker)
    paths, schemas = dict[str, Any](), dict[str, Any]()
    for name, entity in known.items():
        schemas |= {name: _schema(entity), _changed(name): _schema(entity, partial=True)}
        paths |= _paths(entity) | saved_view_paths(entity)
    if not asker.anonymous:
        paths |= SHARED | IMPORTS
    if asker.admin:
        paths |= OF_CONFIG
    readable = [one for name, one in known.items() if decide(one.permissions, 'read', asker, name).allowed]
    return document('Data', paths, schemas, described(readable))


def _known(entities: Mapping[str, Entity], asker: Principal) -> dict[str, Entity]:
    """The entities that somebody may do anything with, as he knows them."""
    known = {
        name: entity.without(entity.hidden_from(asker)).readonly(entity.closed_to(asker))
        for name, entity in entities.items()
        if entity.api.enabled and may_anything(entity.permissions, asker, name)
    }
    return {
        name: entity.model_copy(
            update={'reverse': {key: one for key, one in entity.reverse.items() if one.references in known}}
        )
        for name, entity in known.items()
    }


def _paths(entity: Entity) -> dict[str, Any]:
    record = {'$ref': f'#/components/schemas/{entity.resource}'}
    some = {'$ref': f'#/components/schemas/{_changed(entity.resource)}'}
    tag: dict[str, Any] = {'tags': [entity.resource]}
    record_id = {'name': 'id', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
    address = f'/api/{entity.resource}'
    return {
        address: {
            'get': _list(entity, record),
            'post': write('Create a record', record, requestBody=body_of(record), status='201', **tag),
        },
        f'{address}/{{id}}': {
            'parameters': [record_id],
            'get': operation('Get a record', record, parameters=[AS_OF, *SHAPE], **tag),
            'patch': write('Change some fields', record, requestBody=body_of(some), of_version=True, **tag),
            'put': write('Replace all fields', record, requestBody=body_of(record), of_version=True, **tag),
            'delete': write('Delete a record; its history stays', status='204', of_version=True, **tag),
        },
        f'{address}/{{id}}/restore': {
            'parameters': [record_id],
            'post': write('Bring a deleted record back', record, **tag),
        },
        f'{address}/{{id}}/explain': {
            'parameters': [record_id],
            'get': operation('May somebody do something with it, and why', {}, parameters=EXPLAIN, **tag),
        },
        **life_paths(address, record, some, record_id, tag),
        **file_paths(entity, record_id, AS_OF),
        **import_paths(entity),
        f'{address}/changes': {'get': changes_path(entity, record)},
    }


def _list(entity: Entity, record: dict[str, Any]) -> dict[str, Any]:
    page = {
        'type': 'object',
        'required': ['records', 'total', 'next'],
        'properties': {
            'records': {'type': 'array', 'items': record},
            'total': {'type': ['integer', 'null']},
            'next': {'type': ['string', 'null']},
        },
    }
    filters = [
        query_parameter(name, f'Equal to; also `{name}[op]=` with {", ".join(field.operators)}{_empty(field)}')
        for name, field in entity.fields.items()
    ]
    title = f'List {entity.title.lower()}'
    answer = {'oneOf': [page, GROUPS]}
    return operation(title, answer, parameters=LIST_PARAMETERS + filters, tags=[entity.resource])


def _empty(field: Field) -> str:
    """What one word means otherwise than in expressions."""
    return '; `ne` also finds those without a value, unlike `<>` in `filter`' if 'ne' in field.operators else ''


def _changed(name: str) -> str:
    """What the schema of some fields of an entity is called; names of entities hold no dot."""
    return f'{name}.change'


def _schema(entity: Entity, *, partial: bool = False) -> dict[str, Any]:
    fields = {field.name: field.described() for field in entity.fields.values()}
    system: dict[str, Any] = {
        'id': {'type': 'string', 'readOnly': True},
        '_version': {'type': 'integer', 'readOnly': True},
    }
    if entity.reverse:
        lists = {field.name: field.described() for field in entity.reverse.values()}
        counts = {name: {'type': 'integer'} for name in lists}
        system |= {
            '_expand': {'type': 'object', 'readOnly': True, 'properties': lists},
            '_count': {'type': 'object', 'readOnly': True, 'properties': counts},
        }
    required = [field.name for field in entity.stored if field.needed and not partial]
    return {'type': 'object', 'properties': system | fields, 'required': required}
