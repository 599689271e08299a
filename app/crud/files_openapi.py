"""OpenAPI of files."""

from __future__ import annotations

from typing import Any

from app.docs import operation, query_parameter
from app.fields.file import File
from app.file_kind import UNKNOWN
from app.schema import Entity

NAME = query_parameter('name', 'The name of the file; else the one in Content-Disposition')
INLINE = query_parameter('inline', '`true` lets browsers show it in place, if it is PNG, JPEG, GIF or WebP')
ANYTHING: dict[str, Any] = {'schema': {'type': 'string', 'format': 'binary'}}
FORM = {
    'schema': {
        'type': 'object',
        'properties': {'file': {'type': 'string', 'format': 'binary'}},
        'required': ['file'],
    }
}


def file_paths(entity: Entity, record_id: dict[str, Any], as_of: dict[str, Any]) -> dict[str, Any]:
    """Sending and fetching the files of an entity."""
    paths: dict[str, Any] = {}
    for field in entity.files:
        paths[f'/api/{entity.resource}/files/{field.name}'] = {'post': _upload(entity, field)}
        download = operation(f'Its {field.title.lower()}', {}, parameters=[INLINE, as_of], tags=[entity.resource])
        download['responses']['200']['content'] = dict.fromkeys(_kinds(field), ANYTHING)
        paths[f'/api/{entity.resource}/{{id}}/files/{field.name}'] = {'parameters': [record_id], 'get': download}
    return paths


def _upload(entity: Entity, field: File) -> dict[str, Any]:
    body = {'required': True, 'content': {**dict.fromkeys(_kinds(field), ANYTHING), 'multipart/form-data': FORM}}
    title = f'Send a file; the answer is the value for {field.name}'
    answer = field.json_schema()
    return operation(title, answer, parameters=[NAME], requestBody=body, status='201', tags=[entity.resource])


def _kinds(field: File) -> tuple[str, ...]:
    return field.types or (UNKNOWN,)
