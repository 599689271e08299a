"""RFC 7662: what a token is good for, asked by services in other processes."""

from typing import Any

import jwt
from starlette.testclient import TestClient

from app.auth import COOKIE, Auth

from .conftest import PASSWORD, Clock, bearer, browser, log_in
from .people import admin_of, writes

INACTIVE = {'active': False, 'sub': None, 'username': None, 'roles': None, 'sid': None, 'scope': None, 'exp': None}


def ask(client: TestClient, token: str, **form: str) -> Any:
    answer = client.post('/introspect', data={'token': token} | form)
    assert answer.status_code == 200, answer.text
    assert answer.headers['cache-control'] == 'no-store'
    return answer.json()


def test_an_access_token_is_told_with_person_roles_session_and_end(
    auth: Auth, client: TestClient, ada: dict[str, Any], clock: Clock
) -> None:
    said = jwt.decode(ada['token'], options={'verify_signature': False})
    with writes(auth):
        told = ask(client, ada['token'])
    assert told == {
        'active': True,
        'sub': ada['user']['id'],
        'username': 'ada',
        'roles': ['user'],
        'sid': said['sid'],
        'scope': None,
        'exp': int(clock.now) + 600,
    }
    assert ask(client, ada['token'], token_type_hint='access_token') == told
    assert ask(client, ada['token'], token_type_hint='unheard-of') == told


def test_a_cookie_is_asked_about_with_a_hint_of_its_own(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    web = browser(auth)
    web.post('/login', data={'username': 'ada', 'password': PASSWORD})
    cookie = web.cookies[COOKIE]
    told = ask(client, cookie, token_type_hint='session')
    assert (told['active'], told['username'], told['scope']) == (True, 'ada', None)
    assert ask(client, cookie) == INACTIVE, 'a cookie is no bearer token'
    assert ask(client, ada['token'], token_type_hint='session') == INACTIVE, 'nor the other way round'


def test_a_key_is_told_with_its_scopes(auth: Auth, client: TestClient, ada: dict[str, Any], clock: Clock) -> None:
    wanted = {'name': 'k', 'scopes': ['orders:write', 'customers:read'], 'days': 1}
    secret = client.post('/api/keys', json=wanted, headers=bearer(ada)).json()['secret']
    told = ask(client, secret)
    assert (told['active'], told['username'], told['roles']) == (True, 'ada', ['user'])
    assert told['scope'] == 'customers:read orders:write'
    assert told['exp'] == int(clock.now) + 86400


def test_nothing_is_told_of_what_is_not_good(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    for token in ('', 'x', 'a.b.c', 'dbk_x', ada['refresh_token'], ada['token'] + 'x', f'Bearer {ada["token"]}', '\0ä'):
        assert ask(client, token) == INACTIVE, token
        assert ask(client, token, token_type_hint='session') == INACTIVE, token


def test_nothing_is_told_of_what_was_good_once(
    auth: Auth, client: TestClient, ada: dict[str, Any], clock: Clock
) -> None:
    revoked, everyone = log_in(client), admin_of(auth)
    client.post('/api/logout', headers=bearer(revoked))
    assert ask(client, revoked['token']) == INACTIVE
    key = client.post('/api/keys', json={'name': 'k', 'scopes': ['*']}, headers=bearer(ada)).json()
    everyone.patch(f'/api/users/{ada["user"]["id"]}', json={'disabled': True})
    assert ask(client, ada['token']) == ask(client, key['secret']) == INACTIVE
    everyone.delete(f'/api/users/{ada["user"]["id"]}')
    assert ask(client, ada['token']) == INACTIVE
    own = log_in(client, 'root')
    clock.move(600)
    assert ask(client, own['token']) == INACTIVE


def test_the_asker_is_not_who_is_asked_about(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    answer = client.post('/introspect', data={'token': 'x'}, headers=bearer(ada))
    assert answer.json() == INACTIVE


def test_a_question_that_makes_no_sense_is_refused(client: TestClient) -> None:
    headers = {'Content-Type': 'application/x-www-form-urlencoded'}
    for content, status in NONSENSE:
        answer = client.post('/introspect', content=content, headers=headers)
        assert (answer.status_code, answer.headers['content-type']) == (status, 'application/problem+json')


NONSENSE = [
    (b'', 422),
    (b'token_type_hint=session', 422),
    (b'token=a&token=b', 422),
    (b'token=a&client_id=b', 422),
    (b'token=' + b'a' * 4097, 422),
    (b'token=' + b'a' * 70000, 413),
    (b'token=%ff', 400),
]


def test_json_is_not_a_form(client: TestClient) -> None:
    assert client.post('/introspect', json={'token': 'x'}).status_code == 415
    assert client.get('/introspect', params={'token': 'x'}).status_code == 405


def test_another_site_cannot_ask(client: TestClient, ada: dict[str, Any]) -> None:
    for origin in ('http://evil.example', 'http://localhost:8002', 'null'):
        answer = client.post('/introspect', data={'token': ada['token']}, headers={'Origin': origin})
        assert answer.status_code == 403


def test_the_description_of_the_api_says_what_to_send_and_how_refusals_look(client: TestClient) -> None:
    described = client.get('/openapi.json').json()['paths']['/introspect']['post']
    schema = described['requestBody']['content']['application/x-www-form-urlencoded']['schema']
    assert set(schema['properties']) == {'token', 'token_type_hint'}
    assert set(described['responses']['default']['content']) == {'application/problem+json'}
