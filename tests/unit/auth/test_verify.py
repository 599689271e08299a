"""`verify`, which every request of every port passes."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from app.auth import COOKIE, Auth, Claims

from .conftest import ADA, PASSWORD, Clock, Open, bearer, browser


def test_the_claims_of_a_token(auth: Auth, ada: dict[str, Any], clock: Clock) -> None:
    claims = auth.verify(f'Bearer {ada["token"]}', None)
    assert claims is not None
    expected = Claims(ada['user']['id'], 'ada', ('user',), claims.session_id, None, int(clock.now) + 600)
    assert claims == expected
    assert auth.verify(f'bearer {ada["token"]}', None) == expected


def test_nothing_and_nonsense_are_nobody(auth: Auth, ada: dict[str, Any]) -> None:
    nonsense = ['', 'Bearer', 'Bearer ', 'Bearer x', 'Bearer a.b.c', 'Basic YTpi', ada['token'], 'Bearer ' + 'a' * 9000]
    for authorization in [None, *nonsense]:
        assert auth.verify(authorization, None) is None
    for cookie in ('', 'x', 'ä', 'x' * 9000):
        assert auth.verify(None, cookie) is None


def test_a_token_ends_with_its_time_even_if_it_was_seen_before(auth: Auth, ada: dict[str, Any], clock: Clock) -> None:
    clock.move(599)
    assert auth.verify(f'Bearer {ada["token"]}', None)
    clock.move(1)
    assert auth.verify(f'Bearer {ada["token"]}', None) is None


@pytest.mark.parametrize(
    'change',
    [{'iss': 'http://elsewhere'}, {'aud': 'others'}, {'exp': None}, {'sid': None}, {'sid': 'made-up'}, {'exp': 'x'}],
)
def test_a_token_that_says_something_else_is_refused(auth: Auth, ada: dict[str, Any], change: dict[str, Any]) -> None:
    said = jwt.decode(ada['token'], options={'verify_signature': False}) | change
    key = auth._parts.keys.signing
    said = {name: value for name, value in said.items() if value is not None}
    forged = jwt.encode(said, key.private, 'EdDSA', headers={'kid': key.id})
    assert auth.verify(f'Bearer {forged}', None) is None


def test_only_our_key_and_our_algorithm_count(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    said = jwt.decode(ada['token'], options={'verify_signature': False})
    key = auth._parts.keys.signing
    stranger = jwt.encode(said, Ed25519PrivateKey.generate(), 'EdDSA', headers={'kid': key.id})
    unsigned = f'{_part({"alg": "none", "kid": key.id})}.{_part(said)}.'
    public = client.get('/.well-known/jwks.json').json()['keys'][0]['x']
    symmetric = jwt.encode(said, public + '=' * 32, 'HS256', headers={'kid': key.id})
    nameless = jwt.encode(said, key.private, 'EdDSA')
    for forged in (stranger, unsigned, symmetric, nameless):
        assert auth.verify(f'Bearer {forged}', None) is None


def test_a_bad_token_is_not_made_good_by_a_cookie(auth: Auth, ada: dict[str, Any]) -> None:
    cookie = browser_cookie(auth)
    assert auth.verify(None, cookie)
    assert auth.verify('Bearer wrong', cookie) is None
    assert auth.verify('Basic YTpi', cookie) is None


def test_a_browser_session_slides_but_not_for_ever(auth: Auth, ada: dict[str, Any], clock: Clock) -> None:
    cookie = browser_cookie(auth)
    for _ in range(14):
        clock.move(11.9 * 3600)
        assert auth.verify(None, cookie)
    clock.move(3 * 3600)
    assert auth.verify(None, cookie) is None


def test_a_browser_session_ends_when_it_lies_idle(auth: Auth, ada: dict[str, Any], clock: Clock) -> None:
    cookie = browser_cookie(auth)
    clock.move(12 * 3600)
    assert auth.verify(None, cookie) is None


def test_lifetimes_of_browser_sessions_may_change_while_the_service_runs(opened: Open, clock: Clock) -> None:
    hours = [2.0, 4.0]
    auth = opened(browser_times=lambda: (hours[0] * 3600, hours[1] * 3600))
    assert browser(auth).post('/api/register', json=ADA).status_code == 201
    cookie = browser_cookie(auth)
    clock.move(3 * 3600)
    assert auth.verify(None, cookie) is None
    hours[0] = 3.5
    assert auth.verify(None, cookie)
    clock.move(1 * 3600)
    assert auth.verify(None, cookie) is None, 'used or not, it is over'


def test_token_and_session_survive_a_restart(opened: Open, auth: Auth, ada: dict[str, Any]) -> None:
    cookie = browser_cookie(auth)
    before = auth.verify(f'Bearer {ada["token"]}', None), auth.verify(None, cookie)
    again = opened()
    assert (again.verify(f'Bearer {ada["token"]}', None), again.verify(None, cookie)) == before
    assert all(before)


def test_when_a_session_was_seen_survives_a_restart(
    opened: Open, auth: Auth, ada: dict[str, Any], clock: Clock
) -> None:
    cookie = browser_cookie(auth)
    clock.move(11 * 3600)
    assert auth.verify(None, cookie)
    again = opened()
    clock.move(11 * 3600)
    assert again.verify(None, cookie)


def test_verify_writes_at_most_once_a_minute(
    auth: Auth, ada: dict[str, Any], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    monkeypatch.setattr(auth._parts.quick, 'later', written.append)
    for _ in range(180):
        clock.move(1)
        assert auth.verify(f'Bearer {ada["token"]}', None)
    assert len(written) == 3


def test_sessions_nobody_uses_are_ended_and_told_of(auth: Auth, ada: dict[str, Any], clock: Clock) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    cookie = browser_cookie(auth)
    claims = auth.verify(None, cookie)
    assert claims
    clock.move(13 * 3600)
    auth._parts.sessions.tidy()
    assert ended == [claims.session_id]
    with auth._parts.database.transaction() as reading:
        assert reading.run('SELECT count(*) FROM sessions') == [(1,)]


def test_a_failing_listener_does_not_keep_a_session_alive(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    heard: list[str] = []
    auth.on_ended(_fail)
    auth.on_ended(heard.append)
    assert client.post('/api/logout', headers=bearer(ada)).status_code == 200
    assert len(heard) == 1


def test_a_warm_verify_takes_microseconds(auth: Auth, ada: dict[str, Any]) -> None:
    header = f'Bearer {ada["token"]}'
    auth.verify(header, None)
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(1000):
            auth.verify(header, None)
        rounds.append(time.perf_counter() - began)
    assert min(rounds) / 1000 < 50e-6


def test_files_are_private_at_all_times(tmp_path: Path, auth: Auth, ada: dict[str, Any]) -> None:
    data = tmp_path / 'data'
    assert data.stat().st_mode & 0o777 == 0o700
    names = {file.name for file in data.rglob('*') if file.is_file()}
    assert names == {'auth.duckdb', 'auth.duckdb.wal', 'signing-0001.pem'}
    for file in data.rglob('*'):
        assert file.stat().st_mode & 0o077 == 0, file


def _fail(id: str) -> None:
    raise ZeroDivisionError


def browser_cookie(auth: Auth) -> str:
    client = browser(auth)
    assert client.post('/login', data={'username': 'ada', 'password': PASSWORD}).status_code == 303
    return client.cookies[COOKIE]


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b'=').decode()
