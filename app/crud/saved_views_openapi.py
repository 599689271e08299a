"""OpenAPI of saved views."""

from __future__ import annotations

from typing import Any

from app.crud.bulk_openapi import FLAG, TEXT, body_of, closed
from app.crud.view_state import ViewState
from app.crud.writes_openapi import write
from app.docs import operation
from app.schema import Entity

STATE = ViewState.model_json_schema()
COLUMN = STATE.pop('$defs')['ViewColumn']
STATE['properties']['columns']['items'] = COLUMN
SENT = {'name': {**TEXT, 'minLength': 1, 'maxLength': 80}, 'shared': FLAG, 'state': STATE}
VIEW = {
    'type': 'object',
    'required': ['id', 'name', 'shared', 'mine', 'version', 'state', 'problems'],
    'properties': {
        'id': TEXT,
        'name': TEXT,
        'shared': {**FLAG, 'description': 'Whether everybody sees it who may read the entity'},
        'mine': FLAG,
        'version': {'type': 'integer'},
        'state': STATE,
        'problems': {'type': 'array', 'items': TEXT, 'description': 'Where it names fields that are not there now'},
    },
}
VIEWS = {'type': 'object', 'properties': {'views': {'type': 'array', 'items': VIEW}}}


def saved_view_paths(entity: Entity) -> dict[str, Any]:
    """The addresses of an entity's saved views."""
    address = f'/api/{entity.resource}'
    tag: dict[str, Any] = {'tags': [entity.resource]}
    view_id = {'name': 'id', 'in': 'path', 'required': True, 'schema': TEXT}
    return {
        f'{address}/views': {
            'get': operation('Saved views of the list: your own and the shared ones', VIEWS, **tag),
            'post': write('Save a view', VIEW, requestBody=body_of(closed(SENT, ('name',))), status='201', **tag),
        },
        f'{address}/views/{{id}}': {
            'parameters': [view_id],
            'patch': write('Change a saved view', VIEW, requestBody=body_of(closed(SENT)), of_version=True, **tag),
            'delete': write('Delete a saved view', status='204', of_version=True, **tag),
        },
        f'{address}/views/{{id}}/restore': {
            'parameters': [view_id],
            'post': write('Bring a deleted view back', VIEW, **tag),
        },
    }
