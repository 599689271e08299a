"""API keys: how they are made, what they open, and how they end."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.auth import Auth
from app.auth.own_account import MOST_KEYS

from .conftest import PASSWORD, Clock, Open, browser
from .people import acting, admin_of, person, writes

DAY = 86400.0


@pytest.fixture
def admin(auth: Auth) -> TestClient:
    return admin_of(auth)


@pytest.fixture
def bob(auth: Auth, admin: TestClient) -> TestClient:
    """A client that acts as bob."""
    person(admin)
    return acting(auth, 'bob')


def make(client: TestClient, **given: Any) -> dict[str, Any]:
    """A new key: what is shown of it, and its secret."""
    answer = client.post('/api/keys', json={'name': 'script', 'scopes': ['customers:read']} | given)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def holder_of(auth: Auth, made: dict[str, Any]) -> TestClient:
    """A client that has the key and nothing else."""
    client = browser(auth)
    client.headers['Authorization'] = f'Bearer {made["secret"]}'
    return client


def keys_of(client: TestClient) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.get('/api/keys').json()['keys']
    return listed


def test_a_key_is_shown_once_and_kept_as_a_hash(auth: Auth, bob: TestClient) -> None:
    with writes(auth, 'key_made'):
        made = make(bob, name=' nightly export ', scopes=['b:write', 'a:read', 'b:write'], days=1)
    secret = made['secret']
    assert secret.startswith('dbk_')
    assert len(secret) > 40
    assert made['key'] == {
        'id': made['key']['id'],
        'name': 'nightly export',
        'scopes': ['a:read', 'b:write'],
        'created_at': '2027-01-15T08:00:00Z',
        'expires_at': '2027-01-16T08:00:00Z',
        'last_used': None,
    }
    assert keys_of(bob) == [made['key']]
    with auth._parts.database.transaction() as reading:
        everything = str(reading.run('FROM api_keys') + reading.run('FROM security_events'))
    assert secret not in everything
    assert secret.removeprefix('dbk_') not in everything


def test_a_key_stands_for_its_owner_within_its_scopes(auth: Auth, admin: TestClient, bob: TestClient) -> None:
    made = make(bob)
    claims = auth.verify(f'bearer {made["secret"]}', None)
    assert claims
    assert (claims.username, claims.roles, claims.scopes) == ('bob', ('user',), ('customers:read',))
    assert claims.session_id == f'key:{made["key"]["id"]}'
    admin.patch(f'/api/users/{claims.user_id}', json={'roles': ['sales']})
    changed = auth.verify(f'Bearer {made["secret"]}', None)
    assert changed
    assert changed.roles == ('sales',), 'the roles of now'


def test_a_key_counts_only_as_a_bearer_token(auth: Auth, bob: TestClient) -> None:
    secret = make(bob)['secret']
    for authorization in (secret, f'Basic {secret}', f'Bearer {secret}x', f'Bearer {secret[:-1]}', 'Bearer dbk_'):
        assert auth.verify(authorization, None) is None
    assert auth.verify(None, secret) is None
    assert bob.post('/api/refresh', json={'refresh_token': secret}).status_code == 401


def test_a_key_ends_with_its_time(auth: Auth, bob: TestClient, clock: Clock) -> None:
    short, lasting = make(bob, days=1), make(bob)
    clock.move(DAY - 1)
    assert auth.verify(f'Bearer {short["secret"]}', None)
    clock.move(1)
    assert auth.verify(f'Bearer {short["secret"]}', None) is None
    clock.move(3650 * DAY)
    assert auth.verify(f'Bearer {lasting["secret"]}', None)


def test_what_a_key_holds_open_is_closed_when_its_time_is_over(auth: Auth, bob: TestClient, clock: Clock) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    made = make(bob, days=1)
    make(bob)
    clock.move(DAY)
    auth._parts._tidy()
    assert ended == [f'key:{made["key"]["id"]}']


def test_when_a_key_was_used_is_known_also_after_a_restart(
    opened: Open, auth: Auth, bob: TestClient, clock: Clock
) -> None:
    used, unused = make(bob), make(bob)
    clock.move(60)
    assert auth.verify(f'Bearer {used["secret"]}', None)
    for client in (bob, acting(opened(), 'bob')):
        seen = {one['id']: one['last_used'] for one in keys_of(client)}
        assert seen == {used['key']['id']: '2027-01-15T08:01:00Z', unused['key']['id']: None}


def test_a_key_survives_a_restart(opened: Open, auth: Auth, bob: TestClient) -> None:
    made = make(bob, days=30)
    before = auth.verify(f'Bearer {made["secret"]}', None)
    assert before
    assert opened().verify(f'Bearer {made["secret"]}', None) == before


def test_a_revoked_key_is_worthless_at_once_and_what_it_holds_open_is_closed(auth: Auth, bob: TestClient) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    made, other = make(bob), make(bob)
    assert auth.verify(f'Bearer {made["secret"]}', None)
    with writes(auth, 'key_revoked'):
        assert bob.delete(f'/api/keys/{made["key"]["id"]}').json() == {'success': True}
    assert auth.verify(f'Bearer {made["secret"]}', None) is None
    assert auth.verify(f'Bearer {other["secret"]}', None)
    assert ended == [f'key:{made["key"]["id"]}']
    assert bob.delete(f'/api/keys/{made["key"]["id"]}').status_code == 404


def test_an_admin_sees_and_revokes_the_keys_of_others(auth: Auth, admin: TestClient, bob: TestClient) -> None:
    made = make(bob)
    id = bob.get('/api/me').json()['id']
    assert admin.get(f'/api/users/{id}/keys').json()['keys'] == [made['key']]
    assert admin.delete(f'/api/keys/{made["key"]["id"]}').status_code == 200
    (entry,) = admin.get('/api/audit', params={'limit': 1}).json()['events']
    assert (entry['type'], entry['user'], entry['actor'], entry['detail']) == ('key_revoked', 'bob', 'root', 'script')


def test_nobody_else_sees_or_revokes_a_key(auth: Auth, admin: TestClient, bob: TestClient) -> None:
    made = make(admin)
    with writes(auth):
        refused, unknown = bob.delete(f'/api/keys/{made["key"]["id"]}'), bob.delete('/api/keys/nothing')
    assert refused.status_code == unknown.status_code == 404
    assert refused.json() | {'request': ''} == unknown.json() | {'request': ''}
    assert keys_of(bob) == []
    assert auth.verify(f'Bearer {made["secret"]}', None)


def test_the_keys_of_a_disabled_owner_rest_and_those_of_a_deleted_one_are_gone(
    auth: Auth, admin: TestClient, bob: TestClient
) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    made = make(bob)
    header, id = f'Bearer {made["secret"]}', bob.get('/api/me').json()['id']
    admin.patch(f'/api/users/{id}', json={'disabled': True})
    assert auth.verify(header, None) is None
    assert f'key:{made["key"]["id"]}' in ended
    admin.patch(f'/api/users/{id}', json={'disabled': False})
    assert auth.verify(header, None)
    admin.delete(f'/api/users/{id}')
    assert auth.verify(header, None) is None


def test_a_key_that_makes_no_sense_is_refused(auth: Auth, bob: TestClient) -> None:
    with writes(auth):
        for wrong, field in NONSENSE:
            answer = bob.post('/api/keys', json={'name': 'k', 'scopes': ['a:read'], **wrong})
            assert (answer.status_code, set(answer.json()['errors'])) == (422, {field}), wrong
    assert keys_of(bob) == []


NONSENSE: list[tuple[dict[str, Any], str]] = [
    *(({'scopes': scopes}, 'scopes') for scopes in (
        [], [''], ['Customers:read'], ['a b'], ['a:b:c'], ['a:'], [':read'], ['<b>'], ['é:read'], ['a' * 61],
        ['a:read\n'], ['x'] * 51, 'customers:read', [None],
    )),
    *(({'name': name}, 'name') for name in ('', '  ', 'a\nb', 'a\0b', 'x' * 81, None)),
    *(({'days': days}, 'days') for days in (0, -1, 3651, 1.5, '1', True)),
    ({'user_id': 'x'}, 'user_id'),
    ({'secret': 'dbk_x'}, 'secret'),
]  # fmt: skip


def test_there_is_room_for_fifty_keys(auth: Auth, bob: TestClient) -> None:
    made = [make(bob, name=str(number)) for number in range(MOST_KEYS)]
    refused = bob.post('/api/keys', json={'name': 'one more', 'scopes': ['*']})
    assert (refused.status_code, refused.json()['type']) == (409, 'conflict')
    bob.delete(f'/api/keys/{made[0]["key"]["id"]}')
    make(bob)


def test_a_key_manages_no_account_not_even_its_own(auth: Auth, admin: TestClient) -> None:
    made = make(admin, scopes=['*'])
    client = holder_of(auth, made)
    assert client.get('/api/me').json()['username'] == 'root', 'it may say whose it is'
    with writes(auth):
        for method, path, body in (
            ('GET', '/api/keys', None),
            ('POST', '/api/keys', {'name': 'stronger', 'scopes': ['*']}),
            ('DELETE', f'/api/keys/{made["key"]["id"]}', None),
            ('PATCH', '/api/me', {'language': 'de'}),
            ('GET', '/api/sessions', None),
            ('DELETE', '/api/sessions/x', None),
        ):
            answer = client.request(method, path, json=body)
            assert (answer.status_code, answer.json()['type']) == (403, 'denied'), path
            assert 'API key' in answer.json()['detail']


def test_a_key_logs_nobody_out_and_changes_no_password(auth: Auth, bob: TestClient) -> None:
    client, new = holder_of(auth, make(bob)), 'eight green bottles'
    with writes(auth):
        answers = [
            client.post('/api/logout', json={}),
            client.post('/api/logout', json={'all': True}),
            client.post('/api/change-password', json={'current_password': PASSWORD, 'new_password': new}),
            client.post('/api/change-password', json={'current_password': 'a guess', 'new_password': new}),
        ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert bob.get('/api/me').status_code == 200
