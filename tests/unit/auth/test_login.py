"""Logging in and out through the API."""

from dataclasses import replace
from typing import Any

import bcrypt
import jwt
import pytest
from starlette.testclient import TestClient

from app.auth import Auth
from app.auth.events import Caller

from .conftest import ADA, PASSWORD, Clock, Open, bearer, browser, log_in, recorded


def test_a_login_gives_tokens_and_the_user_without_his_hash(ada: dict[str, Any]) -> None:
    assert ada['success'] is True
    assert ada['expires_in'] == 600
    shown = {'id', 'username', 'email', 'roles', 'disabled', 'created_at', 'time_zone', 'language'}
    assert set(ada['user']) == shown
    assert (ada['user']['username'], ada['user']['email'], ada['user']['roles']) == ('ada', 'ada@example.org', ['user'])


def test_name_and_address_both_log_in_in_any_case(client: TestClient, ada: dict[str, Any]) -> None:
    for name in ('ada', 'ADA', 'ada@example.org', 'Ada@Example.ORG', ' ada '):
        assert log_in(client, name)['user'] == ada['user']


def test_the_address_may_come_in_a_field_of_its_own(client: TestClient, ada: dict[str, Any]) -> None:
    answer = client.post('/api/login', json={'email': 'ada@example.org', 'password': PASSWORD})
    assert answer.json()['user'] == ada['user']


def test_wrong_password_and_unknown_user_get_the_same_answer(client: TestClient, ada: dict[str, Any]) -> None:
    wrong = client.post('/api/login', json={'username': 'ada', 'password': 'not the password'})
    unknown = client.post('/api/login', json={'username': 'bob', 'password': 'not the password'})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.headers['content-type'] == 'application/problem+json'
    without = [{**answer.json(), 'request': ''} for answer in (wrong, unknown)]
    assert without[0] == without[1]
    assert without[0]['type'] == 'not_logged_in'


def test_an_unknown_user_costs_one_bcrypt_like_a_known_one(
    client: TestClient, ada: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bytes] = []
    real = bcrypt.checkpw

    def check(password: bytes, hashed: bytes) -> bool:
        checked.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, 'checkpw', check)
    for name in ('ada', 'bob'):
        client.post('/api/login', json={'username': name, 'password': 'not the password'})
    assert [hashed[:7] for hashed in checked] == [b'$2b$04$', b'$2b$04$']


def test_what_follows_the_72nd_byte_is_not_ignored(client: TestClient) -> None:
    password = 'abc' * 24
    client.post('/api/register', json={**ADA, 'password': password})
    assert client.post('/api/login', json={'username': 'ada', 'password': password + 'x'}).status_code == 401
    log_in(client, password=password)


def test_the_token_says_what_it_should(auth: Auth, client: TestClient, ada: dict[str, Any], clock: Clock) -> None:
    key = jwt.PyJWKSet.from_dict(client.get('/.well-known/jwks.json').json()).keys[0]
    header = jwt.get_unverified_header(ada['token'])
    said = jwt.decode(ada['token'], key, ['EdDSA'], {'verify_iat': False}, audience='dbbasic')
    assert (header['alg'], header['kid']) == ('EdDSA', key.key_id)
    assert set(said) == {'iss', 'aud', 'sub', 'jti', 'sid', 'roles', 'username', 'iat', 'exp'}
    assert (said['iss'], said['sub']) == ('http://localhost:8010', ada['user']['id'])
    assert said['exp'] == clock.now + 600


def test_a_logout_ends_the_token_at_once(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    assert client.get('/api/verify', headers=bearer(ada)).status_code == 200
    assert client.post('/api/logout', headers=bearer(ada)).json() == {'success': True}
    assert client.get('/api/verify', headers=bearer(ada)).status_code == 401
    assert client.post('/api/refresh', json={'refresh_token': ada['refresh_token']}).status_code == 401


def test_a_logout_leaves_other_sessions_alone_unless_all_are_meant(
    auth: Auth, client: TestClient, ada: dict[str, Any]
) -> None:
    second, third = log_in(client), log_in(client)
    client.post('/api/logout', headers=bearer(ada))
    assert auth.verify(bearer(second)['Authorization'], None)
    client.post('/api/logout', headers=bearer(second), json={'all': True})
    assert not auth.verify(bearer(third)['Authorization'], None)


def test_a_logout_without_login_is_refused(client: TestClient) -> None:
    assert client.post('/api/logout').status_code == 401


def test_verify_tells_whose_token_it_is_and_until_when(client: TestClient, ada: dict[str, Any]) -> None:
    answer = client.get('/api/verify', headers=bearer(ada)).json()
    assert answer == {'valid': True, 'user': ada['user'], 'expires_at': '2027-01-15T08:10:00Z'}
    refused = client.get('/api/verify')
    assert (refused.status_code, refused.json()['type']) == (401, 'not_logged_in')


def test_a_disabled_user_is_out_at_once_and_stays_out(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    claims = auth.verify(bearer(ada)['Authorization'], None)
    assert claims
    auth._parts.administration.change(ada['user']['id'], {'disabled': True}, Caller())
    assert auth.verify(bearer(ada)['Authorization'], None) is None
    assert ended == [claims.session_id]
    assert client.post('/api/login', json={'username': 'ada', 'password': PASSWORD}).status_code == 401


def test_the_session_of_a_disabled_user_is_worthless_while_it_is_still_there(auth: Auth, ada: dict[str, Any]) -> None:
    user = auth._parts.users.by_login('ada')
    assert user
    with auth._parts.database.transaction() as transaction:
        auth._parts.users.change(transaction, replace(user, disabled=True))
    assert auth.verify(bearer(ada)['Authorization'], None) is None


def test_every_step_is_recorded_without_secrets(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    client.post('/api/login', json={'username': 'a-password-typed-here', 'password': 'not the password'})
    client.post('/api/logout', headers=bearer(ada) | {'X-Request-Id': 'ignored'})
    assert recorded(auth) == ['registered', 'login', 'login_failed', 'logged_out']
    with auth._parts.database.transaction() as reading:
        rows = reading.run('SELECT * FROM security_events')
        everything = str(
            rows + reading.run('FROM users') + reading.run('FROM sessions') + reading.run('FROM refresh_tokens')
        )
    for secret in (PASSWORD, ada['token'], ada['refresh_token'], 'a-password-typed-here', 'not the password'):
        assert secret not in everything
    assert rows[1][1] == 1_800_000_000_000_000
    assert rows[1][3] == ada['user']['id']
    assert rows[1][5] == 'testclient'
    assert rows[1][6]


def test_a_session_beyond_the_limit_ends_the_one_unused_for_longest(opened: Open, clock: Clock) -> None:
    auth = opened(sessions_per_user=2)
    client = browser(auth)
    client.post('/api/register', json=ADA)
    logins = []
    for _ in range(3):
        logins.append(log_in(client))
        clock.move(1)
    assert [bool(auth.verify(bearer(login)['Authorization'], None)) for login in logins] == [False, True, True]
