"""OpenAPI of the events port."""

from __future__ import annotations

from typing import Any

from app.docs import document, operation, query_parameter
from app.events.slices import LARGEST_PAGE, META
from app.permissions import Principal

EVENT = {
    'type': 'object',
    'properties': {
        'position': {'type': 'integer', 'description': 'Counts the whole log, from 1, without gaps'},
        'stream': {'type': 'string'},
        'version': {'type': 'integer', 'description': 'Counts the stream, from 1, without gaps'},
        'type': {'type': 'string'},
        'data': {'type': 'object'},
        'meta': {'type': 'object'},
        'event_id': {'type': 'string', 'format': 'uuid'},
        'recorded_at': {'type': 'string', 'format': 'date-time'},
        'hash': {
            'type': 'string',
            'description': 'SHA-256 of the hash before, as text, followed by the JSON array [position, stream, '
            'version, type, data, meta, event_id, recorded_at]; data and meta as JSON texts with sorted keys and no '
            'spaces, recorded_at in microseconds since 1970. Before the first event stand 64 zeros.',
        },
    },
}
APPEND = {
    'type': 'object',
    'required': ['events'],
    'properties': {
        'events': {
            'type': 'array',
            'items': {
                'type': 'object',
                'required': ['stream', 'type'],
                'properties': {
                    'stream': {'type': 'string', 'examples': ['shipments/4711']},
                    'type': {'type': 'string', 'examples': ['sent']},
                    'data': {'type': 'object'},
                    'meta': {'type': 'object', 'description': 'For example correlation, cause and batch'},
                    'event_id': {'type': 'string', 'format': 'uuid', 'description': 'Makes it safe to send again'},
                },
            },
        },
        'expected': {
            'type': 'object',
            'description': 'Stream -> a version, `any`, `none` (not there, or deleted) or `exists`',
        },
    },
}
SQL = {
    'type': 'object',
    'required': ['sql'],
    'properties': {
        'sql': {'type': 'string', 'examples': ['SELECT type, count(*) FROM events GROUP BY type']},
        'limit': {'type': 'integer'},
        'format': {'enum': ['json', 'csv', 'parquet']},
    },
}
PAGE = {'type': 'object', 'properties': {'events': {'type': 'array', 'items': EVENT}, 'next': {}}}
STREAM = {'name': 'stream', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
NAME = {'name': 'name', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
FILTERS = [
    query_parameter('after', 'Only events after this position', 'integer'),
    query_parameter('before', 'Only events before this position', 'integer'),
    query_parameter('limit', f'How many, up to {LARGEST_PAGE}', 'integer'),
    query_parameter('order', '`desc` for newest first'),
    query_parameter('stream', 'Only events of this stream, such as `customers/0198…`'),
    query_parameter('entity', 'Only streams that begin with this and a slash'),
    query_parameter('type', 'Only these types, separated by commas'),
    query_parameter('since', 'Not before this moment, such as `2026-05-03T10:00:00Z`'),
    query_parameter('until', 'Before this moment'),
    *(query_parameter(name, f'Only events whose meta says this as `{name}`') for name in META),
]


def describe(asker: Principal) -> dict[str, Any]:
    """The document, the same for everybody."""
    return document('Events', {**_log(), **_states(), **_projections(), **_operations()})


def _log() -> dict[str, Any]:
    body = {'required': True, 'content': {'application/json': {'schema': APPEND}}}
    query = {'required': True, 'content': {'application/json': {'schema': {'type': 'object'}}}}
    pages = [
        query_parameter('after', 'Only versions after this one', 'integer'),
        query_parameter('limit', 'How many; all of them unless told', 'integer'),
        query_parameter('order', '`desc` for newest first'),
    ]
    search = [query_parameter('search', 'What the name must hold'), query_parameter('entity', 'The category')]
    return {
        '/events': {
            'get': operation('Events in order of position', PAGE, parameters=FILTERS),
            'post': operation('Append events, all or none', {}, requestBody=body, status='201'),
        },
        '/events/query': {'post': operation('The same as GET, asked by a body', PAGE, requestBody=query)},
        '/streams': {'get': operation('Streams, most recently changed first', {}, parameters=search)},
        '/streams/{stream}': {'get': operation('The history of one stream', PAGE, parameters=[STREAM, *pages])},
        '/categories': {'get': operation('Categories of streams, with counts', {})},
        '/verify': {
            'get': operation(
                'Compute the chain of hashes anew; lines of JSON, last the verdict',
                parameters=[
                    query_parameter('from', 'First position', 'integer'),
                    query_parameter('to', 'Last position'),
                ],
            )
        },
        '/stats': {'get': operation('How much there is, and how the writer is doing', {})},
    }


def _states() -> dict[str, Any]:
    at = [
        query_parameter('version', 'The state after this version', 'integer'),
        query_parameter('as_of', 'The state at a moment such as `2026-05-03T10:00:00Z`, or at a position'),
    ]
    body = {
        'required': True,
        'content': {
            'application/json': {'schema': {'type': 'object', 'properties': {'stream': {'type': 'string'}}}},
        },
    }
    stream = [query_parameter('stream', 'Of this stream only')]
    return {
        '/aggregates/{stream}': {'get': operation('What a stream adds up to', {}, parameters=[STREAM, *at])},
        '/snapshots': {
            'get': operation('Snapshots, newest first', {}, parameters=stream),
            'post': operation('Keep the state of a stream', {}, requestBody=body, status='201'),
            'delete': operation('Forget snapshots; nothing changes but speed', {}, parameters=stream),
        },
    }


def _projections() -> dict[str, Any]:
    key = {'name': 'key', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
    action = {
        'name': 'action',
        'in': 'path',
        'required': True,
        'schema': {'enum': ['pause', 'resume', 'skip', 'reset', 'rebuild', 'cancel']},
    }
    rows = [
        query_parameter('wait_for', 'Answer once the projection tells of this position', 'integer'),
        query_parameter('sort', 'Columns, with a minus for descending'),
        query_parameter('limit', 'Rows on a page', 'integer'),
        query_parameter('offset', 'Rows to skip', 'integer'),
    ]
    return {
        '/projections': {'get': operation('Projections, with position, lag, rate and error', {})},
        '/projections/{name}': {'get': operation('Rows; any column may be a filter', {}, parameters=[NAME, *rows])},
        '/projections/{name}/{key}': {'get': operation('One row', {}, parameters=[NAME, key, rows[0]])},
        '/projections/{name}/{action}': {
            'post': operation('Control it', {}, parameters=[NAME, action], status='202'),
        },
    }


def _operations() -> dict[str, Any]:
    query = {'required': True, 'content': {'application/json': {'schema': SQL}}}
    format_ = query_parameter('format', '`jsonl` or `parquet`')
    confirm = {'type': 'object', 'required': ['confirm'], 'properties': {'confirm': {'type': 'string'}}}
    restoring = {'required': True, 'content': {'application/json': {'schema': confirm}}}
    return {
        '/export': {'get': operation('A slice of the log as a file', parameters=[format_, *FILTERS])},
        '/sql': {'post': operation('Run one SELECT over events, entities and projections', {}, requestBody=query)},
        '/sql/tables': {'get': operation('The tables that SQL may read', {})},
        '/backups': {
            'get': operation('Backups, and how far the one being made is', {}),
            'post': operation('Make a backup of everything; verified by restoring it', {}, status='202'),
            'delete': operation('Call off the one being made', {}, status='202'),
        },
        '/backups/{name}': {
            'parameters': [NAME],
            'get': operation('Download a backup'),
            'delete': operation('Delete a backup', status='204'),
        },
        '/backups/{name}/restore': {
            'post': operation(
                'Put a backup in the place of what is there, and restart',
                {},
                parameters=[NAME],
                requestBody=restoring,
                status='202',
            )
        },
    }
