"""Routes: the address as it was sent finds its endpoint."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Malformed, MethodNotAllowed, NotFound
from app.http import Endpoint, Routes, idempotency_key, route


def named(name: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return Response(f'{name} {request.path_params}')

    return endpoint


ROUTES = Routes(
    [
        route('GET', '/api/{entity}/changes', named('changes')),
        route('GET', '/api/{entity}/export.{format}', named('export')),
        route('GET', '/streams/{stream:path}', named('stream')),
        route('GET', '/api/{entity}/{id}', named('get')),
        route('PATCH DELETE', '/api/{entity}/{id}', named('write')),
        route('GET', '/{entity}', named('list')),
    ]
)


def ask(method: str, path: str) -> str:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {'type': 'http', 'method': method, 'path': path, 'raw_path': path.encode(), 'headers': []}
    asyncio.run(ROUTES(scope, None, send))  # type: ignore[arg-type]
    return str(sent[1]['body'].decode())


@pytest.mark.parametrize(
    ('method', 'path', 'found'),
    [
        ('GET', '/api/customers/changes', "changes {'entity': 'customers'}"),
        ('GET', '/api/customers/export.csv', "export {'entity': 'customers', 'format': 'csv'}"),
        ('GET', '/api/customers/4711', "get {'entity': 'customers', 'id': '4711'}"),
        ('GET', '/api/customers/a%2Fb', "get {'entity': 'customers', 'id': 'a%2Fb'}"),
        ('HEAD', '/api/customers/4711', "get {'entity': 'customers', 'id': '4711'}"),
        ('DELETE', '/api/customers/changes', "write {'entity': 'customers', 'id': 'changes'}"),
        ('GET', '/streams/customers/4711', "stream {'stream': 'customers/4711'}"),
        ('GET', '/customers', "list {'entity': 'customers'}"),
    ],
)
def test_the_first_route_that_fits_method_and_address_answers(method: str, path: str, found: str) -> None:
    assert ask(method, path) == found


def test_an_address_that_knows_other_methods_names_them() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        ask('POST', '/api/customers/4711')
    assert refused.value.headers['Allow'] == 'DELETE, GET, HEAD, PATCH'


@pytest.mark.parametrize('path', ['/api/customers/4711/', '/api//4711', '/', '/api/customers/4711/5/6'])
def test_other_addresses_lead_nowhere(path: str) -> None:
    with pytest.raises(NotFound):
        ask('GET', path)


def with_key(*keys: str) -> Request:
    return Request({'type': 'http', 'headers': [(b'idempotency-key', key.encode()) for key in keys]})


def test_a_request_is_safe_to_send_again_by_a_key_that_says_something() -> None:
    assert [idempotency_key(with_key(*keys)) for keys in ([], ['k'], ['k' * 200])] == ['', 'k', 'k' * 200]
    for key in ('', 'k' * 201):
        with pytest.raises(Malformed, match='Idempotency-Key: must have 1 to 200 characters'):
            idempotency_key(with_key(key))
