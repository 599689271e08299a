"""What admins do with the accounts of others, and that nobody else does."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.auth import Auth, Policy

from .conftest import PASSWORD, Clock, Open, browser, log_in, recorded
from .people import BOB, acting, admin_of, person, writes


@pytest.fixture
def admin(auth: Auth) -> TestClient:
    return admin_of(auth)


@pytest.fixture
def bob(admin: TestClient) -> str:
    """The id of an ordinary user."""
    return str(person(admin)['id'])


def last_entry(admin: TestClient) -> dict[str, Any]:
    entry: dict[str, Any] = admin.get('/api/audit', params={'limit': 1}).json()['events'][0]
    return entry


def test_an_admin_makes_an_account_that_can_log_in(auth: Auth, admin: TestClient) -> None:
    with writes(auth, 'created'):
        made = person(admin, roles=['sales', 'user', 'sales'])
    assert (made['username'], made['roles'], made['disabled']) == ('bob', ['sales', 'user'], False)
    entry = last_entry(admin)
    assert (entry['type'], entry['user'], entry['actor'], entry['detail']) == ('created', 'bob', 'root', 'sales,user')
    assert log_in(browser(auth), 'bob')['user'] == made
    assert admin.get(f'/api/users/{made["id"]}').json() == made


def test_an_account_is_ordinary_unless_roles_are_given(admin: TestClient) -> None:
    assert person(admin)['roles'] == ['user']
    assert person(admin, username='eve', email='eve@example.org', roles=[])['roles'] == []


def test_a_wrong_account_is_refused_with_the_fields(auth: Auth, admin: TestClient) -> None:
    for change, status, fields in WRONG_ACCOUNTS:
        with writes(auth):
            answer = admin.post('/api/users', json=BOB | change)
        assert (answer.status_code, set(answer.json()['errors'])) == (status, fields)
    assert admin.get('/api/users').json()['total'] == 1


WRONG_ACCOUNTS: list[tuple[dict[str, Any], int, set[str]]] = [
    ({'username': 'a b', 'email': 'x', 'password': 'short'}, 422, {'username', 'email', 'password'}),
    ({'roles': ['Admin']}, 422, {'roles'}),
    ({'roles': ['owner']}, 422, {'roles'}),
    ({'roles': 'admin'}, 422, {'roles'}),
    ({'roles': ['r'] * 21}, 422, {'roles'}),
    ({'id': '1', 'disabled': True, 'password_hash': 'x'}, 422, {'id', 'disabled', 'password_hash'}),
    ({'username': 'ROOT', 'email': 'Root@example.org'}, 409, {'username', 'email'}),
]


def test_users_are_listed_by_name_in_pages(admin: TestClient) -> None:
    for name in ('carol', 'Bob', 'adam'):
        person(admin, username=name, email=f'{name}@example.org')
    pages = [admin.get('/api/users', params={'limit': 2, 'offset': offset}).json() for offset in (0, 2, 4)]
    assert [[user['username'] for user in page['users']] for page in pages] == [['adam', 'Bob'], ['carol', 'root'], []]
    assert {page['total'] for page in pages} == {4}
    assert all('hash' not in name for user in pages[0]['users'] for name in user)


def test_search_looks_into_names_addresses_and_roles(admin: TestClient) -> None:
    person(admin)
    person(admin, username='eve', email='eve@shop.example', roles=['sales'])
    for search, found in FOUND.items():
        page = admin.get('/api/users', params={'search': search}).json()
        assert ([user['username'] for user in page['users']], page['total']) == (found, len(found)), search


FOUND = {
    '': ['bob', 'eve', 'root'],
    'BO': ['bob'],
    'shop': ['eve'],
    'sales': ['eve'],
    'sale': [],
    'eve sales': ['eve'],
    'eve admin': [],
    '%': [],
}


def test_the_roles_on_offer_are_the_usual_those_of_the_config_and_those_in_use(opened: Open) -> None:
    admin = admin_of(opened(roles=lambda: ['support']))
    person(admin, roles=['sales'])
    offered = set(admin.get('/api/users').json()['roles'])
    assert {'admin', 'user', 'support', 'sales'} <= offered
    assert tuple(Policy().roles()) == ()


def test_a_role_counts_at_once_and_is_noted_with_who_gave_it(auth: Auth, admin: TestClient, bob: str) -> None:
    client = acting(auth, 'bob')
    with writes(auth, 'roles_changed'):
        answer = admin.patch(f'/api/users/{bob}', json={'roles': ['user', 'admin']})
    assert (answer.status_code, answer.json()['roles']) == (200, ['admin', 'user'])
    entry = last_entry(admin)
    assert (entry['user'], entry['actor'], entry['detail']) == ('bob', 'root', 'user to admin,user')
    assert client.get('/api/users').status_code == 200
    admin.patch(f'/api/users/{bob}', json={'roles': ['user']})
    assert client.get('/api/users').status_code == 403, 'the old token names the role still'


def test_who_is_disabled_is_out_until_he_is_enabled(auth: Auth, admin: TestClient, bob: str) -> None:
    client = acting(auth, 'bob')
    with writes(auth, 'disabled'):
        assert admin.patch(f'/api/users/{bob}', json={'disabled': True}).json()['disabled'] is True
    assert last_entry(admin)['actor'] == 'root'
    assert client.get('/api/me').status_code == 401
    assert client.post('/api/login', json={'username': 'bob', 'password': PASSWORD}).status_code == 401
    with writes(auth, 'enabled'):
        admin.patch(f'/api/users/{bob}', json={'disabled': False})
    assert client.get('/api/me').status_code == 401, 'sessions do not come back'
    log_in(client, 'bob')


def test_a_new_name_and_address_log_in_and_the_old_ones_are_free(auth: Auth, admin: TestClient, bob: str) -> None:
    client = acting(auth, 'bob')
    with writes(auth, 'renamed'):
        admin.patch(f'/api/users/{bob}', json={'username': ' Robert ', 'email': 'Rob@Example.org'})
    assert last_entry(admin)['detail'] == 'bob to Robert'
    assert client.get('/api/me').json()['email'] == 'rob@example.org'
    assert client.post('/api/login', json={'username': 'bob', 'password': PASSWORD}).status_code == 401
    for login in ('robert', 'rob@example.org'):
        log_in(client, login)
    assert person(admin)['id'] != bob


@pytest.mark.parametrize(
    'change', [{'username': 'BOB'}, {'email': 'other@example.org'}, {'username': 'ROBERT', 'roles': ['sales']}]
)
def test_a_change_of_one_name_leaves_the_other(admin: TestClient, bob: str, opened: Open, change: Any) -> None:
    before = admin.get(f'/api/users/{bob}').json()
    after = admin.patch(f'/api/users/{bob}', json=change)
    assert (after.status_code, after.json()) == (200, before | change)
    assert admin_of(opened()).get(f'/api/users/{bob}').json() == after.json(), 'also after a restart'


def test_a_change_that_changes_nothing_writes_nothing(auth: Auth, admin: TestClient, bob: str) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    with writes(auth):
        for body in ({}, {'roles': ['user']}, {'disabled': False}, {'username': 'bob'}, {'roles': None}):
            assert admin.patch(f'/api/users/{bob}', json=body).status_code == 200
    assert ended == []


def test_a_wrong_change_is_refused_and_changes_nothing(auth: Auth, admin: TestClient, bob: str) -> None:
    before = admin.get(f'/api/users/{bob}').json()
    with writes(auth):
        for change, status in WRONG_CHANGES:
            assert admin.patch(f'/api/users/{bob}', json=change).status_code == status, change
    assert admin.get(f'/api/users/{bob}').json() == before


WRONG_CHANGES: list[tuple[dict[str, Any], int]] = [
    ({'username': 'root'}, 409),
    ({'email': 'ROOT@example.org'}, 409),
    ({'username': 'a b'}, 422),
    ({'roles': ['authenticated']}, 422),
    ({'roles': ['a,b']}, 422),
    ({'roles': ['<b>']}, 422),
    ({'disabled': 'yes'}, 422),
    *(({field: 'x'}, 422) for field in ('id', 'password', 'password_hash', 'created_at', 'time_zone', 'scopes')),
]


def test_a_deleted_account_is_gone_with_its_sessions_keys_and_links(auth: Auth, admin: TestClient, bob: str) -> None:
    client = acting(auth, 'bob')
    tokens = log_in(browser(auth), 'bob')
    key = client.post('/api/keys', json={'name': 'k', 'scopes': ['*']}).json()['secret']
    token = admin.post(f'/api/users/{bob}/reset-link').json()['link'].partition('token=')[2]
    with writes(auth, 'deleted'):
        assert admin.delete(f'/api/users/{bob}').json() == {'success': True}
    assert (last_entry(admin)['actor'], last_entry(admin)['detail']) == ('root', 'bob')
    assert auth.verify(f'Bearer {tokens["token"]}', None) is None
    assert auth.verify(f'Bearer {key}', None) is None
    assert client.post('/api/refresh', json={'refresh_token': tokens['refresh_token']}).status_code == 401
    assert client.post('/reset', data={'token': token, 'password': 'eight green bottles'}).status_code == 404
    assert admin.get(f'/api/users/{bob}').status_code == 404
    with auth._parts.database.transaction() as reading:
        for table in ('sessions', 'api_keys', 'reset_links'):
            assert reading.run(f'FROM {table} WHERE user_id = ?', bob) == []
    assert person(admin)['id'] != bob, 'the name is free'


def test_the_last_admin_who_can_log_in_stays_one(auth: Auth, admin: TestClient, bob: str) -> None:
    root = admin.get('/api/me').json()['id']
    admin.patch(f'/api/users/{bob}', json={'roles': ['admin'], 'disabled': True})
    with writes(auth):
        refused = [admin.patch(f'/api/users/{root}', json=body) for body in ({'roles': ['user']}, {'disabled': True})]
        refused.append(admin.delete(f'/api/users/{root}'))
    assert {(answer.status_code, answer.json()['type']) for answer in refused} == {(409, 'conflict')}
    admin.patch(f'/api/users/{bob}', json={'disabled': False})
    assert admin.patch(f'/api/users/{root}', json={'roles': ['user']}).status_code == 200
    assert admin.get('/api/users').status_code == 403


def test_the_audit_log_is_read_page_by_page_by_type_and_by_person(
    auth: Auth, admin: TestClient, bob: str, clock: Clock
) -> None:
    clock.move(60)
    admin.patch(f'/api/users/{bob}', json={'roles': ['sales']})
    read = [entry['type'] for entry in audit(admin)]
    assert read == ['roles_changed', 'created', 'login', 'admin_created'] == recorded(auth)[::-1]
    first = admin.get('/api/audit', params={'limit': 3}).json()
    second = admin.get('/api/audit', params={'limit': 3, 'before': first['next']}).json()
    assert [entry['type'] for entry in first['events'] + second['events']] == read
    assert second['next'] is None
    assert [entry['type'] for entry in audit(admin, type='created')] == ['created']
    assert [entry['type'] for entry in audit(admin, user=bob)] == ['roles_changed', 'created']
    assert audit(admin, type="x' OR '1'='1") == audit(admin, user='%') == []
    assert audit(admin)[0]['recorded_at'] == '2027-01-15T08:01:00Z'
    assert audit(admin)[0]['address'] == 'testclient'


def test_reading_is_not_an_event(auth: Auth, admin: TestClient, bob: str) -> None:
    with writes(auth):
        for path in ('', f'/{bob}', f'/{bob}/sessions', f'/{bob}/keys'):
            assert admin.get(f'/api/users{path}').status_code == 200


def test_a_wrong_page_is_refused_as_a_problem(admin: TestClient) -> None:
    for query in ('limit=0', 'limit=501', 'limit=x', 'offset=-1', 'limit=1e3', 'offset='):
        answer = admin.get(f'/api/users?{query}')
        assert (answer.status_code, answer.headers['content-type']) == (422, 'application/problem+json')
        assert set(answer.json()['errors']) == {query.partition('=')[0]}


def audit(admin: TestClient, **filters: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = admin.get('/api/audit', params=filters).json()['events']
    return entries
