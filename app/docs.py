"""`/openapi.json` and a `/docs` page that works without the internet."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http import answer, principal_of, route
from app.permissions import Principal

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/assets/logo.svg"><link rel="stylesheet" href="/assets/swagger/swagger-ui.css">
</head><body><div id="swagger"></div>
<script src="/assets/swagger/swagger-ui-bundle.js"></script><script type="module" src="/assets/js/docs.js"></script>
</body></html>"""


def docs_routes(title: str, describe: Callable[[Principal], dict[str, Any]]) -> list[Route]:
    """The two routes; `describe` makes the OpenAPI document for whoever asks, anew each time as entities change."""

    async def openapi(request: Request) -> Response:
        return answer(describe(principal_of(request)), headers=OF_WHO_ASKS)

    async def docs(request: Request) -> Response:
        return _page(title)

    return [route('GET', '/openapi.json', openapi), route('GET', '/docs', docs)]


def with_docs(title: str, app: ASGIApp) -> ASGIApp:
    """`app`, which has an `/openapi.json` of its own, with the `/docs` page in front."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_docs = scope['type'] == 'http' and scope['path'] == '/docs'
        await (_page(title) if is_docs else app)(scope, receive, send)

    return serve


def document(
    title: str, paths: dict[str, Any], schemas: dict[str, Any] | None = None, description: str = ''
) -> dict[str, Any]:
    """An OpenAPI 3.1 document; every operation has an id, may answer with a problem and take a bearer token."""
    return {
        'openapi': '3.1.0',
        'info': {'title': f'DBBasic {title}', 'version': '1', **({'description': description} if description else {})},
        'security': [{'bearer': []}],
        'paths': {path: _with_ids(path, operations) for path, operations in paths.items()},
        'components': {
            'schemas': {'Problem': PROBLEM, **(schemas or {})},
            'securitySchemes': {'bearer': {'type': 'http', 'scheme': 'bearer', 'bearerFormat': 'JWT'}},
        },
    }


def operation(summary: str, schema: Any = None, **details: Any) -> dict[str, Any]:
    """One operation: what it does, and the shape of a good answer."""
    good: dict[str, Any] = {'description': 'Done'}
    if schema is not None:
        good['content'] = {'application/json': {'schema': schema}}
    status = details.pop('status', '200')
    responses = {status: good, 'default': REFUSED}
    return {'summary': summary, 'responses': responses, **details}


def query_parameter(name: str, description: str, kind: str = 'string') -> dict[str, Any]:
    """A parameter in the address."""
    return {'name': name, 'in': 'query', 'description': description, 'schema': {'type': kind}}


def header_parameter(name: str, description: str) -> dict[str, Any]:
    """A header that a request may have."""
    return {'name': name, 'in': 'header', 'description': description, 'schema': {'type': 'string'}}


def _with_ids(path: str, operations: dict[str, Any]) -> dict[str, Any]:
    """The operations of a path, each with an id: names of entities hold no dash, so that no two are alike."""
    words = '-'.join(re.findall(r'\w+', path.removeprefix('/api/')))
    return {
        method: {'operationId': f'{method}-{words}', **described} if method in METHODS else described
        for method, described in operations.items()
    }


def _page(title: str) -> Response:
    return HTMLResponse(PAGE.format(title=escape(f'{title} API')))


OF_WHO_ASKS = {'Cache-Control': 'private, no-cache', 'Vary': 'Authorization, Cookie'}
METHODS = frozenset({'get', 'post', 'put', 'patch', 'delete'})
REFUSED = {
    'description': 'Refused',
    'content': {'application/problem+json': {'schema': {'$ref': '#/components/schemas/Problem'}}},
}
PROBLEM = {
    'type': 'object',
    'description': 'RFC 9457',
    'required': ['type', 'title', 'status', 'detail'],
    'properties': {
        'type': {'type': 'string', 'description': 'A stable code'},
        'title': {'type': 'string'},
        'status': {'type': 'integer'},
        'detail': {'type': 'string'},
        'errors': {'type': 'object', 'additionalProperties': {'type': 'string'}, 'description': 'Field -> message'},
        'request': {'type': 'string', 'description': 'The id of the request, also in logs and events'},
    },
}
