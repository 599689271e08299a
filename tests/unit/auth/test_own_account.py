"""What people do with their own account: profile and sessions. Keys have a file of their own."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.auth import COOKIE, Auth

from .conftest import PASSWORD, Clock, Open, bearer, browser, log_in
from .people import acting, admin_of, person, writes


@pytest.fixture
def admin(auth: Auth) -> TestClient:
    return admin_of(auth)


@pytest.fixture
def bob(auth: Auth, admin: TestClient) -> TestClient:
    """A client that acts as bob."""
    person(admin)
    return acting(auth, 'bob')


def sessions(client: TestClient, path: str = '/api/sessions') -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.get(path).json()['sessions']
    return listed


def test_time_zone_and_language_are_kept(opened: Open, auth: Auth, bob: TestClient) -> None:
    before = bob.get('/api/me').json()
    assert (before['time_zone'], before['language']) == ('UTC', 'en')
    wanted = {'time_zone': 'Europe/Berlin', 'language': 'de'}
    with writes(auth, 'profile_changed'):
        answer = bob.patch('/api/me', json=wanted)
    assert (answer.status_code, answer.json()) == (200, before | wanted)
    assert acting(opened(), 'bob').get('/api/me').json() == before | wanted


def test_a_profile_holds_nothing_else_and_gives_no_rights(auth: Auth, bob: TestClient) -> None:
    before = bob.get('/api/me').json()
    with writes(auth):
        for change, field in WRONG_PROFILES:
            answer = bob.patch('/api/me', json=change)
            assert (answer.status_code, set(answer.json()['errors'])) == (422, {field})
    assert bob.get('/api/me').json() == before


WRONG_PROFILES: list[tuple[dict[str, Any], str]] = [
    ({'time_zone': 'Mars/Olympus'}, 'time_zone'),
    ({'time_zone': '../../etc/passwd'}, 'time_zone'),
    ({'time_zone': ''}, 'time_zone'),
    ({'language': 'DE'}, 'language'),
    ({'language': '<b>'}, 'language'),
    *(({name: value}, name) for name, value in {
        'roles': ['admin'], 'id': 'x', 'username': 'root', 'email': 'x@y', 'disabled': False,
        'password': 'eight green bottles', 'password_hash': 'x', 'created_at': 0, 'scopes': ['*'],
    }.items()),
]  # fmt: skip


def test_sessions_are_listed_with_device_address_and_last_use_the_latest_first(
    auth: Auth, bob: TestClient, clock: Clock
) -> None:
    clock.move(60)
    web = browser(auth)
    web.post('/login', data={'username': 'bob', 'password': PASSWORD}, headers={'User-Agent': 'Firefox/1 ' + 'x' * 300})
    assert web.get('/api/me').status_code == 200
    listed = sessions(web)
    assert [(one['kind'], one['current'], one['address']) for one in listed] == [
        ('browser', True, 'testclient'),
        ('client', False, 'testclient'),
    ]
    assert listed[0]['agent'] == ('Firefox/1 ' + 'x' * 300)[:200]
    assert (listed[0]['created_at'], listed[1]['last_seen']) == ('2027-01-15T08:01:00Z', '2027-01-15T08:00:00Z')
    assert web.cookies[COOKIE] not in str(listed)
    assert {one['id']: one['current'] for one in sessions(bob)} == {listed[0]['id']: False, listed[1]['id']: True}


def test_a_session_is_ended_by_its_owner(auth: Auth, bob: TestClient) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    other = acting(auth, 'bob')
    (wanted,) = (one['id'] for one in sessions(other) if one['current'])
    with writes(auth, 'session_ended'):
        assert bob.delete(f'/api/sessions/{wanted}').json() == {'success': True}
    assert other.get('/api/me').status_code == 401
    assert bob.get('/api/me').status_code == 200
    assert ended == [wanted]


def test_an_admin_sees_and_ends_the_sessions_of_others_one_or_all(
    auth: Auth, admin: TestClient, bob: TestClient
) -> None:
    id = bob.get('/api/me').json()['id']
    second, third = acting(auth, 'bob'), acting(auth, 'bob')
    listed = sessions(admin, f'/api/users/{id}/sessions')
    assert [one['current'] for one in listed] == [False] * 3
    (of_second,) = (one['id'] for one in sessions(second) if one['current'])
    with writes(auth, 'session_ended', 'sessions_ended'):
        assert admin.delete(f'/api/sessions/{of_second}').status_code == 200
        assert [client.get('/api/me').status_code for client in (bob, second, third)] == [200, 401, 200]
        assert admin.delete(f'/api/users/{id}/sessions').status_code == 200
    assert [client.get('/api/me').status_code for client in (bob, second, third)] == [401, 401, 401]
    entries = admin.get('/api/audit', params={'limit': 2}).json()['events']
    assert {(entry['user'], entry['actor']) for entry in entries} == {('bob', 'root')}
    assert admin.get('/api/me').status_code == 200


def test_nobody_else_ends_a_session_or_learns_that_it_is_there(auth: Auth, admin: TestClient, bob: TestClient) -> None:
    (of_root,) = (one['id'] for one in sessions(admin))
    with writes(auth):
        refused, unknown = bob.delete(f'/api/sessions/{of_root}'), bob.delete('/api/sessions/nothing')
    assert refused.status_code == unknown.status_code == 404
    assert refused.json() | {'request': ''} == unknown.json() | {'request': ''}
    assert admin.get('/api/me').status_code == 200


def test_logging_out_everywhere_ends_all_but_touches_nobody_else(
    auth: Auth, admin: TestClient, bob: TestClient
) -> None:
    second = acting(auth, 'bob')
    with writes(auth, 'logged_out_everywhere'):
        assert bob.post('/api/logout', json={'all': True}).status_code == 200
    assert [client.get('/api/me').status_code for client in (bob, second, admin)] == [401, 401, 200]


def test_what_is_ones_own_needs_a_login(client: TestClient) -> None:
    for method, path in (
        ('GET', '/api/me'),
        ('PATCH', '/api/me'),
        ('GET', '/api/sessions'),
        ('DELETE', '/api/sessions/x'),
        ('GET', '/api/keys'),
        ('POST', '/api/keys'),
        ('DELETE', '/api/keys/x'),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()['type']) == (401, 'not_logged_in'), path
        assert answer.headers['www-authenticate'] == 'Bearer'


def test_another_site_cannot_act_with_the_cookie(auth: Auth, bob: TestClient) -> None:
    web = browser(auth)
    web.post('/login', data={'username': 'bob', 'password': PASSWORD})
    for origin in ('http://evil.example', 'http://localhost:8002', 'null'):
        headers = {'Origin': origin, 'Sec-Fetch-Site': 'same-site'}
        for method, path in (('PATCH', '/api/me'), ('POST', '/api/keys'), ('DELETE', '/api/sessions/x')):
            assert web.request(method, path, headers=headers).status_code == 403


def test_a_refresh_by_two_windows_leaves_one_session_to_end(auth: Auth, bob: TestClient) -> None:
    tokens = log_in(browser(auth), 'bob')
    first, second = (bob.post('/api/refresh', json={'refresh_token': tokens['refresh_token']}).json() for _ in range(2))
    assert len(sessions(bob)) == 2
    (wanted,) = (one['id'] for one in sessions(bob) if not one['current'])
    bob.delete(f'/api/sessions/{wanted}')
    for login in (first, second):
        assert auth.verify(bearer(login)['Authorization'], None) is None
        assert bob.post('/api/refresh', json={'refresh_token': login['refresh_token']}).status_code == 401


class Watched(dict[str, Any]):
    """Notes after every step whether somebody could be found."""

    def __init__(self, kept: dict[str, Any], found: Callable[[], bool]) -> None:
        super().__init__(kept)
        self.steps: list[bool] = []
        self._found = found

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self.steps.append(self._found())

    def pop(self, name: str, default: Any = None) -> Any:
        value = super().pop(name, default)
        self.steps.append(self._found())
        return value


def test_while_an_account_changes_it_is_there_for_those_who_ask(
    auth: Auth, bob: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, header = auth._parts.users, bob.headers['Authorization']
    watched = Watched(users._by_id, lambda: auth.verify(header, None) is not None and users.by_login('bob') is not None)
    monkeypatch.setattr(users, '_by_id', watched)
    assert bob.patch('/api/me', json={'language': 'de'}).status_code == 200
    assert watched.steps
    assert all(watched.steps)
