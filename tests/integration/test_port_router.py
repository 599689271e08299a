"""Addresses that are written to be misunderstood: every port answers for itself, and nothing opens without a login."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from app.gate import Gate
from app.permissions import ANONYMOUS, Principal
from tests.process import System

ODD_PATHS = [
    '//api/customers', '/%2Fapi/customers', '/api%2Fcustomers', '/./api/customers', '/x/../api/customers',
    '/%61pi/customers', '/API/customers', '/api/customers/', '/api//customers', '/api/customers%00', '/api/customers;x',
    '/api\\customers', '//customers', '/%63ustomers', '/customers%2F', '/_nicegui/../api/customers',
    '/_nicegui/%2e%2e/api/customers', '//_nicegui_ws/socket.io/?EIO=4&transport=polling',
    '/_nicegui_ws/socket.io/?EIO=4&transport=polling', '/%5Fnicegui_ws/socket.io/?EIO=4&transport=polling',
]  # fmt: skip
MISSING_FILES = ['/assets/nothing.js', '/assets/../../main.py', '/assets/%2e%2e/main.py', '/assets/..%2f..%2fmain.py',
                 '/assets//etc/passwd', '/assets/']  # fmt: skip


def ask(
    system: System, target: str, *, service: str = 'crud', host: str | None = 'localhost', more: str = ''
) -> tuple[int, str]:
    """Status and text of the answer to a request that is sent byte for byte."""
    port = int(system.url(service).rsplit(':', 1)[1].rstrip('/'))
    named = f'Host: {host}\r\n' if host is not None else ''
    with socket.create_connection(('127.0.0.1', port), timeout=30) as connection:
        connection.sendall(f'GET {target} HTTP/1.1\r\n{named}Connection: close\r\n{more}\r\n'.encode('latin-1'))
        said = b''
        while chunk := connection.recv(65536):
            said += chunk
    text = said.decode('latin-1')
    return int(text.split(' ')[1]), text


@pytest.mark.parametrize('accept', ['application/json', 'text/html'])
def test_no_spelling_of_an_address_leads_around_the_login(system: System, accept: str) -> None:
    for path in ODD_PATHS:
        status, text = ask(system, path, more=f'Accept: {accept}\r\n')
        assert status in {303, 401, 404}, path
        assert 'Noor' not in text, path


def test_no_spelling_of_an_address_reaches_another_record_or_service(system: System) -> None:
    token = f'Authorization: {system.headers["Authorization"]}\r\n'
    for path in ODD_PATHS[:-3]:
        assert ask(system, path, more=token)[0] == 404, path


def test_a_page_of_what_there_is_not_says_so_to_programs_too(system: System) -> None:
    browser = f'Authorization: {system.headers["Authorization"]}\r\nAccept: text/html\r\n'
    for path in ('/nothing', '/nothing/ada', '/customers/nobody', '/customers/ada/more'):
        status, text = ask(system, path, more=browser)
        assert (status, 'Not found' in text, 'text/html' in text) == (404, True, True), path
    assert ask(system, '/customers', more=browser)[0] == 200


def test_an_address_with_a_host_in_it_is_answered_by_the_port_it_was_sent_to(system: System) -> None:
    token = f'Authorization: {system.headers["Authorization"]}\r\n'
    users = system.url('auth', '/api/users')
    assert ask(system, users, more=token)[0] == 404, 'the data port has no users'
    assert ask(system, users, service='auth', host='localhost:1', more=token)[0] == 200
    assert ask(system, 'http://evil.example/api/customers')[0] == 401, 'and still needs a login'
    assert ask(system, 'http://evil.example/api/customers', host='evil.example')[0] == 421
    for target in ('http://evil.example', 'evil.example:80', 'api/customers'):
        assert ask(system, target)[0] == 400, target


def test_a_target_that_is_no_path_is_refused_and_no_bug(system: System) -> None:
    for more in ('', 'Accept: text/html\r\n'):
        assert ask(system, '*', more=more)[0] in {400, 404}


def test_a_file_that_is_not_there_is_not_found_and_no_bug(system: System) -> None:
    for path in MISSING_FILES:
        status, text = ask(system, path)
        assert status == 404, path
        assert 'import' not in text


@pytest.mark.parametrize(
    'host',
    ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'localhost@evil.example', 'localhost.', '',
     'evil.example\r\nX-Forwarded-Host: localhost', None],
)  # fmt: skip
def test_another_host_is_misdirected(system: System, host: str | None) -> None:
    status, text = ask(system, '/api/customers', host=host)
    assert status in ({400, 421} if host is None else {421})
    assert 'location:' not in text.lower()


def test_other_names_of_this_machine_lead_to_localhost_and_nowhere_else(system: System) -> None:
    for host in ('127.0.0.1', '[::1]', '127.0.0.2:80'):
        status, text = ask(system, '//evil.example/x?y=1', host=host)
        assert status == 308
        (location,) = (line for line in text.split('\r\n') if line.lower().startswith('location:'))
        assert location.split(' ')[1] == system.url('crud', '//evil.example/x?y=1')


def test_headers_of_proxies_change_nothing(system: System) -> None:
    lying = 'X-Forwarded-Host: evil.example\r\nX-Original-URL: /health\r\nX-Rewrite-URL: /health\r\n'
    lying += 'X-HTTP-Method-Override: DELETE\r\nForwarded: host=evil.example;proto=https\r\n'
    status, text = ask(system, '/customers', more=f'Accept: text/html\r\n{lying}')
    assert status == 303
    assert f'location: {system.url("auth", "/login")}?next=' in text.lower()
    assert 'evil' not in text


def test_a_friendly_origin_brings_no_cookie_to_a_websocket() -> None:
    seen: list[Principal] = []
    ann = Principal(id='1', name='ann')

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope['state']['principal'])

    async def identify(authorization: str | None, cookie: str | None) -> Principal | None:
        return ann if authorization or cookie else None

    async def nothing(*_: object) -> Any:
        return {}

    gate = Gate(
        app,
        identify=identify,
        cookie='c',
        hosts={'localhost'},
        own={'http://localhost:8000'},
        origins=lambda: {'http://friend.example'},
    )
    for origin in (b'http://localhost:8000', b'http://friend.example'):
        for name, value in ((b'cookie', b'c=1'), (b'authorization', b'Bearer x')):
            scope = {'type': 'websocket', 'headers': [(b'origin', origin), (name, value)]}
            asyncio.run(gate(scope, nothing, nothing))
    assert seen == [ann, ann, ANONYMOUS, ann]
