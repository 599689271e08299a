"""Attacks on the running system: what has ended holds nothing open, keys stay in their scopes, and other sites out."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.process import System
from tests.scenario import appended_since, last_position

PASSWORD, NEW = 'seven green bottles', 'eight green bottles'
SOCKET_IO = '/_nicegui_ws/socket.io/?EIO=4&transport='
number = itertools.count()


class Person:
    """Somebody with an account, logged in with a browser."""

    def __init__(self, system: System, *roles: str) -> None:
        self.name = f'person{next(number)}'
        sent = {'username': self.name, 'email': f'{self.name}@example.org', 'password': PASSWORD, 'roles': list(roles)}
        made = system.client.post(system.url('auth', '/api/users'), json=sent)
        assert made.status_code == 201, made.text
        self.id = made.json()['id']
        self.url = system.url
        self.browser = httpx.Client(trust_env=False, timeout=30)
        self.cookie = self.enter(self.browser)

    def enter(self, browser: httpx.Client) -> dict[str, str]:
        """Log in with a browser; returns the header that it sends from now on."""
        sent = {'username': self.name, 'password': PASSWORD}
        assert browser.post(self.url('auth', '/login'), data=sent).status_code == 303
        return {'Cookie': f'dbbasic_session={browser.cookies["dbbasic_session"]}'}

    def ask(self, method: str, path: str, **content: Any) -> Any:
        """What the auth service answers to the browser."""
        answer = self.browser.request(method, self.url('auth', path), **content)
        assert answer.is_success, answer.text
        return answer.json()

    def key(self, *scopes: str) -> dict[str, Any]:
        """A new API key: what is shown of it, its secret, and the header it travels in."""
        made: dict[str, Any] = self.ask('POST', '/api/keys', json={'name': 'test', 'scopes': list(scopes)})
        return made | {'header': {'Authorization': f'Bearer {made["secret"]}'}}


@pytest.fixture
def person(system: System) -> Iterator[Callable[..., Person]]:
    with ExitStack() as opened:

        def make(*roles: str) -> Person:
            made = Person(system, *roles)
            opened.callback(made.browser.close)
            return made

        yield make


@pytest.fixture(scope='module')
def chief(system: System) -> Iterator[Person]:
    """An admin whose session no test ends."""
    made = Person(system, 'admin')
    yield made
    made.browser.close()


@contextmanager
def open_sockets(system: System, headers: dict[str, str], *, page: bool = True) -> Iterator[list[ClientConnection]]:
    """Live data of an entity, the raw log, and the socket of a page, each past its greeting."""
    wanted = [('crud', '/ws/customers'), ('events', '/ws'), *([('crud', SOCKET_IO + 'websocket')] if page else [])]
    with ExitStack() as opened:
        sockets = []
        for service, path in wanted:
            address = system.url(service, path).replace('http', 'ws')
            sockets.append(opened.enter_context(connect(address, additional_headers=headers, open_timeout=30)))
            sockets[-1].recv(timeout=30)
        if page:
            sockets[-1].send('40')
            assert str(sockets[-1].recv(timeout=30)).startswith('40')
        yield sockets


def all_close(sockets: list[ClientConnection]) -> bool:
    """Whether all are closed within one second."""
    until = time.monotonic() + 1
    for open_one in sockets:
        try:
            while True:
                open_one.recv(timeout=max(0.001, until - time.monotonic()))
        except ConnectionClosed:
            continue
        except TimeoutError:
            return False
    return True


def of_admin(system: System, method: str, path: str, body: Any = None) -> Any:
    """What the auth service answers to the admin."""
    answer = system.client.request(method, system.url('auth', path), json=body)
    assert answer.is_success, answer.text
    return answer.json()


def change_password(system: System, one: Person) -> None:
    with httpx.Client(trust_env=False, timeout=30) as elsewhere:
        one.enter(elsewhere)
        sent = {'current_password': PASSWORD, 'new_password': NEW}
        assert elsewhere.post(system.url('auth', '/api/change-password'), json=sent).status_code == 200


def reset(system: System, one: Person) -> None:
    token = of_admin(system, 'POST', f'/api/users/{one.id}/reset-link')['link'].partition('token=')[2]
    sent = {'token': token, 'password': NEW}
    assert httpx.post(system.url('auth', '/reset'), data=sent, trust_env=False, timeout=30).status_code == 303


ENDINGS: dict[str, Callable[[System, Person], Any]] = {
    'logout': lambda system, one: one.browser.post(system.url('auth', '/logout')),
    'logout everywhere': lambda _, one: one.ask('POST', '/api/logout', json={'all': True}),
    'an admin ends his sessions': lambda system, one: of_admin(system, 'DELETE', f'/api/users/{one.id}/sessions'),
    'a change of roles': lambda system, one: of_admin(system, 'PATCH', f'/api/users/{one.id}', {'roles': ['user']}),
    'disabling': lambda system, one: of_admin(system, 'PATCH', f'/api/users/{one.id}', {'disabled': True}),
    'deletion': lambda system, one: of_admin(system, 'DELETE', f'/api/users/{one.id}'),
    'a password changed elsewhere': change_password,
    'a reset': reset,
}


@pytest.mark.parametrize('ending', ENDINGS)
def test_what_ends_a_session_closes_all_its_sockets_within_a_second(
    system: System, person: Callable[..., Person], chief: Person, ending: str
) -> None:
    one = person('auditor')
    with open_sockets(system, one.cookie) as sockets, open_sockets(system, chief.cookie) as others:
        ENDINGS[ending](system, one)
        assert all_close(sockets)
        for other in others[:2]:
            other.ping().wait(30)
    again = httpx.get(system.url('crud', '/api/customers'), headers=one.cookie, trust_env=False)
    assert again.status_code == (200 if ending == 'a change of roles' else 401)


def test_what_ends_a_key_closes_its_sockets_within_a_second(system: System, person: Callable[..., Person]) -> None:
    one = person('auditor')
    for change in ({}, {'roles': ['user']}, {'disabled': True}):
        key = one.key('*:read')
        with open_sockets(system, key['header'], page=False) as sockets:
            if change:
                of_admin(system, 'PATCH', f'/api/users/{one.id}', change)
            else:
                one.ask('DELETE', f'/api/keys/{key["key"]["id"]}')
            assert all_close(sockets)
        of_admin(system, 'PATCH', f'/api/users/{one.id}', {'roles': ['auditor']})


SCOPES: list[tuple[str, dict[str, int]]] = [
    # read, create and change customers; read products; read the log, append to it, read a projection; make a backup
    ('customers:read', {'read': 200, 'products': 403, 'create': 403, 'change': 403, 'log': 403, 'append': 403}),
    ('customers:write', {'read': 403, 'products': 403, 'create': 201, 'log': 403, 'append': 403}),
    ('customers:create', {'read': 403, 'create': 201, 'change': 403}),
    ('customers:*', {'read': 200, 'products': 403, 'create': 201, 'change': 200, 'log': 403, 'projection': 403}),
    ('*:read', {'read': 200, 'products': 200, 'create': 403, 'log': 200, 'append': 403, 'projection': 200}),
    ('events:read', {'read': 403, 'products': 403, 'log': 200, 'append': 403, 'sql': 200}),
    ('events:append', {'read': 403, 'create': 403, 'log': 403, 'append': 201, 'sql': 403, 'projection': 403}),
    ('products:read', {'read': 403, 'products': 200, 'projection': 403, 'sql': 403}),
    ('*', {'read': 200, 'create': 201, 'change': 200, 'log': 200, 'append': 201, 'sql': 200, 'projection': 200}),
]


@pytest.mark.parametrize(('scope', 'answers'), SCOPES, ids=lambda value: value if isinstance(value, str) else '')
def test_a_key_opens_what_its_scopes_name_and_nothing_else(
    system: System, chief: Person, scope: str, answers: dict[str, int]
) -> None:
    before = last_position(system)
    mail = f'k{next(number)}@example.org'
    asked: dict[str, tuple[str, str, str, Any]] = {
        'read': ('GET', 'crud', '/api/customers/dan', None),
        'products': ('GET', 'crud', '/api/products', None),
        'create': ('POST', 'crud', '/api/customers', {'name': 'Key', 'email': mail}),
        'change': ('PATCH', 'crud', '/api/customers/dan', {'notes': mail}),
        'log': ('GET', 'events', '/events', None),
        'append': ('POST', 'events', '/events', {'stream': f'notes/{mail}', 'type': 'noted', 'data': {}}),
        'sql': ('POST', 'events', '/sql', {'sql': 'SELECT 1'}),
        'projection': ('GET', 'events', '/projections/credit_by_status', None),
    }
    with httpx.Client(trust_env=False, headers=chief.key(scope)['header'], timeout=30) as client:
        got = {}
        for what in answers:
            method, service, path, body = asked[what]
            got[what] = client.request(method, system.url(service, path), json=body).status_code
        operations = [client.post(system.url('events', path)) for path in ('/backups', '/snapshots') if scope != '*']
    assert got == answers
    assert {answer.status_code for answer in operations} <= {403}, 'only a key to everything operates the system'
    assert sum(appended_since(system, before).values()) == [*got.values()].count(201) + (got.get('change') == 200)


def test_a_key_follows_only_what_it_may_read(system: System, chief: Person) -> None:
    header = chief.key('customers:read')['header']
    for service, path, may in (
        ('crud', '/ws/customers', True),
        ('crud', '/ws/products', False),
        ('events', '/ws', False),
    ):
        address = system.url(service, path).replace('http', 'ws')
        if may:
            with connect(address, additional_headers=header, open_timeout=30) as opened:
                opened.recv(timeout=30)
        else:
            with pytest.raises(InvalidStatus), connect(address, additional_headers=header, open_timeout=30):
                pass


def test_the_address_in_the_audit_log_is_not_what_a_header_says(system: System) -> None:
    lie, sent = {'X-Forwarded-For': '10.9.9.9'}, {'username': 'nobody-at-all', 'password': 'x'}
    system.client.post(system.url('auth', '/api/login'), json=sent, headers=lie)
    page = system.client.get(system.url('auth', '/api/audit'), params={'type': 'login_failed'}).json()
    assert page['events'][0]['address'] in {'127.0.0.1', '::1'}


@pytest.mark.parametrize('origin', ['http://localhost:8002', 'http://evil.example', 'null'])
def test_no_page_of_another_origin_acts_with_the_cookie(system: System, chief: Person, origin: str) -> None:
    before = last_position(system)
    origin = origin.replace('8002', str(system.base_port + 2))
    headers = chief.cookie | {'Origin': origin, 'Sec-Fetch-Site': 'same-site', 'Content-Type': 'text/plain'}
    with httpx.Client(trust_env=False, headers=headers, timeout=30) as page:
        for service, path in (('crud', '/api/customers'), ('events', '/events'), ('events', '/backups'),
                              ('auth', '/api/users'), ('auth', '/api/logout'), ('portal', '/')):  # fmt: skip
            assert page.post(system.url(service, path), content='{}').status_code == 403, path
        assert page.delete(system.url('crud', '/api/customers/dan')).status_code == 403
        asks = {'Access-Control-Request-Method': 'PATCH', 'Access-Control-Request-Headers': 'authorization'}
        for service in ('crud', 'events', 'auth', 'portal'):
            assert page.options(system.url(service, '/api/customers/dan'), headers=asks).status_code == 403
            assert 'access-control-allow-origin' not in page.get(system.url(service, '/health')).headers
        polling = system.url('crud', SOCKET_IO + 'polling')
        assert {page.post(polling, content='40').status_code, page.get(polling).status_code} == {403}
    for service, path in (('crud', '/ws/customers'), ('events', '/ws'), ('auth', SOCKET_IO + 'websocket')):
        address = system.url(service, path).replace('http', 'ws')
        with pytest.raises(InvalidStatus), connect(address, additional_headers=chief.cookie, origin=Origin(origin)):
            pass
    assert last_position(system) == before
    assert chief.ask('GET', '/api/me')['username'] == chief.name, 'the session is still there'
