"""Changes as they happen, over WebSocket and over HTTP."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.process import PATIENCE, System
from tests.scenario import last_position

PERSON = {'password': 'seven green bottles'}
COUNTER = itertools.count(1)


@contextmanager
def listening(system: System, service: str, path: str, origin: str | None = None) -> Iterator[ClientConnection]:
    address = system.url(service, path).replace('http', 'ws')
    with connect(address, additional_headers=system.headers, origin=origin, open_timeout=30) as socket:  # type: ignore[arg-type]
        yield socket


def message(socket: ClientConnection) -> dict[str, Any]:
    received: dict[str, Any] = json.loads(socket.recv(timeout=30))
    return received


def create(system: System, email: str) -> dict[str, Any]:
    body = {'name': 'Live', 'email': email}
    created: dict[str, Any] = system.client.post(system.url('crud', '/api/customers'), json=body).json()
    return created


def test_every_change_of_an_entity_arrives_with_its_values(system: System) -> None:
    with listening(system, 'crud', '/ws/customers') as socket:
        assert message(socket)['type'] == 'connected'
        record = create(system, 'live1@example.com')
        address = system.url('crud', f'/api/customers/{record["id"]}')
        system.client.patch(address, json={'status': 'pending'})
        system.client.delete(address)
        system.client.post(f'{address}/restore')
        created, changed, deleted, restored = (message(socket) for _ in range(4))
    assert [m['type'] for m in (created, changed, deleted, restored)] == ['created', 'changed', 'deleted', 'restored']
    assert [m['version'] for m in (created, changed, deleted, restored)] == [1, 2, 3, 4]
    assert created['values']['email'] == 'live1@example.com'
    assert changed['values']['status'] == 'pending'
    assert 'name' not in changed['values']
    assert restored['values']['status'] == 'pending'


def test_a_listener_that_comes_back_misses_nothing(system: System) -> None:
    with listening(system, 'crud', '/ws/customers') as socket:
        position = message(socket)['position']
    first, second = create(system, 'gap1@example.com'), create(system, 'gap2@example.com')
    with listening(system, 'crud', f'/ws/customers?after={position}') as socket:
        assert message(socket)['position'] == position
        assert [message(socket)['id'], message(socket)['id']] == [first['id'], second['id']]


def test_who_knows_a_position_that_the_log_does_not_have_is_told_to_begin_anew(system: System) -> None:
    beyond, changes = last_position(system) + 1000, system.url('crud', '/api/customers/changes')
    [told] = system.client.get(changes, params={'after': beyond}).json()['changes']
    assert (told['type'], told['position'] < beyond) == ('reload', True)
    with (
        listening(system, 'crud', f'/ws/customers?after={beyond}') as plain,
        listening(system, 'crud', f'/ws/customers?view=true&after={beyond}') as view,
    ):
        assert [message(plain)['type'], message(plain)['type'], message(view)['type']] == [
            'connected',
            'reload',
            'snapshot',
        ]
        record = create(system, 'beyond@example.com')
        assert [message(socket)['id'] for socket in (plain, view)] == [record['id']] * 2


def test_the_fallback_over_http_tells_the_same(system: System) -> None:
    start = last_position(system)
    record = create(system, 'poll@example.com')
    answer = system.client.get(system.url('crud', f'/api/customers/changes?after={start}')).json()
    assert [(change['type'], change['id']) for change in answer['changes']] == [('created', record['id'])]
    again = system.client.get(system.url('crud', f'/api/customers/changes?after={answer["position"]}')).json()
    assert again['changes'] == []


def test_the_raw_log_can_be_followed(system: System) -> None:
    with listening(system, 'events', '/ws') as socket:
        start = message(socket)['position']
        record = create(system, 'raw@example.com')
        event = message(socket)
    assert (event['position'], event['stream'], event['type']) == (start + 1, f'customers/{record["id"]}', 'created')


def test_pages_of_other_sites_may_not_listen(system: System) -> None:
    with pytest.raises(InvalidStatus), listening(system, 'crud', '/ws/customers', origin='https://evil.example'):
        pass


@pytest.mark.parametrize(
    ('path', 'token', 'status', 'detail'),
    [
        ('/ws/customers', '', 401, 'needs a login'),
        ('/ws/customers', 'nonsense', 401, 'token'),
        ('/ws/customer', None, 404, "There is no entity 'customer'"),
        ('/ws/customers?filter=nme%20%3D%201', None, 400, "no field 'nme'"),
        ('/ws/customers?after=x', None, 400, 'after'),
        ('/ws/customers?fliter=true', None, 400, "did you mean 'filter'?"),
        ('/elsewhere', None, 404, 'no WebSocket'),
    ],
)
def test_a_refusal_says_why(system: System, path: str, token: str | None, status: int, detail: str) -> None:
    headers = system.headers if token is None else {'Authorization': f'Bearer {token}'} if token else {}
    address = system.url('crud', path).replace('http', 'ws')
    with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers):
        pass
    response = refused.value.response
    assert (response.status_code, response.headers['content-type']) == (status, 'application/problem+json')
    problem = json.loads(response.body or b'')
    assert problem['status'] == status
    assert detail in problem['detail']
    assert 'handshake' not in (system.data / 'logs/dbbasic.log').read_text(), 'a refusal is no error of ours'


def test_a_filtered_view_is_followed_and_taken_up_again(system: System) -> None:
    view = '/ws/customers?filter=' + quote("email LIKE 'view%' AND status = 'active'")
    with listening(system, 'crud', view) as socket:
        assert message(socket)['records'] == []
        record = create(system, 'view@example.com')
        entered = message(socket)
        assert (entered['type'], entered['record']['email']) == ('enter', 'view@example.com')
        address = system.url('crud', f'/api/customers/{record["id"]}')
        system.client.patch(address, json={'status': 'pending'})
        left = message(socket)
        assert (left['type'], left['id']) == ('leave', record['id'])
    system.client.patch(address, json={'status': 'active', 'name': 'Again'})
    with listening(system, 'crud', f'{view}&after={left["position"]}') as socket:
        assert message(socket)['type'] == 'connected'
        assert message(socket)['record']['name'] == 'Again'


@pytest.mark.parametrize('done', ['role taken away', 'logged out', 'binary message'])
@pytest.mark.parametrize('path', ['/ws/customers', '/ws/customers?view=true'])
def test_a_socket_says_why_it_ends(system: System, path: str, done: str) -> None:
    made = system.client.post(system.url('auth', '/api/users'), json=person())
    user, login = system.url('auth', f'/api/users/{made.json()["id"]}'), system.url('auth', '/api/login')
    credentials = {'username': made.json()['username'], 'password': PERSON['password']}
    session = httpx.post(login, json=credentials, timeout=PATIENCE, trust_env=False).json()
    headers = {'Authorization': f'Bearer {session["token"]}'}
    with connect(system.url('crud', path).replace('http', 'ws'), additional_headers=headers) as socket:
        message(socket)
        if done == 'role taken away':
            system.client.patch(user, json={'roles': []}).raise_for_status()
        elif done == 'logged out':
            logout = system.url('auth', '/api/logout')
            httpx.post(logout, json={}, headers=headers, trust_env=False).raise_for_status()
        else:
            socket.send(b'x')
        with pytest.raises(ConnectionClosed) as closed:
            message(socket)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == (1003 if done == 'binary message' else 4401)
    assert closed.value.rcvd.reason


def person() -> dict[str, Any]:
    name = f'listener{next(COUNTER)}'
    return {**PERSON, 'username': name, 'email': f'{name}@example.com', 'roles': ['sales']}
