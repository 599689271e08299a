"""Guessing, flooding and nonsense."""

import asyncio
import threading
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from app.auth import Auth
from app.auth.policy import Policy
from app.auth.problems import TooMany
from app.auth.throttle import Throttle

from .conftest import ADA, PASSWORD, Clock, Open, bearer, browser, log_in


def guess(client: TestClient, username: str = 'ada', password: str = 'not the password') -> Any:
    return client.post('/api/login', json={'username': username, 'password': password})


def test_after_five_failures_an_account_answers_later_and_later(
    client: TestClient, ada: dict[str, Any], clock: Clock
) -> None:
    assert [guess(client).status_code for _ in range(5)] == [401] * 5
    for wait in (2, 4, 8, 16):
        refused = guess(client, password=PASSWORD)
        assert (refused.status_code, refused.headers['retry-after']) == (429, str(wait))
        assert refused.json()['type'] == 'too_many_requests'
        clock.move(wait)
        assert guess(client).status_code == 401
    clock.move(32)
    assert guess(client, password=PASSWORD).status_code == 200
    assert [guess(client).status_code for _ in range(5)] == [401] * 5


def test_the_delay_is_the_same_by_name_and_address_and_for_the_unknown(client: TestClient, ada: dict[str, Any]) -> None:
    for _ in range(5):
        guess(client, 'ada')
        guess(client, 'nobody')
    by_address, unknown = guess(client, 'Ada@example.org'), guess(client, 'Nobody')
    assert (by_address.status_code, unknown.status_code) == (429, 429)
    assert by_address.json()['detail'] == unknown.json()['detail']


def test_the_delay_of_one_account_does_not_touch_another(client: TestClient, ada: dict[str, Any]) -> None:
    client.post('/api/register', json={'username': 'bob', 'email': 'b@example.org', 'password': PASSWORD})
    for _ in range(6):
        guess(client)
    log_in(client, 'bob')


def test_guessing_the_current_password_counts_too(client: TestClient, ada: dict[str, Any]) -> None:
    sent = {'current_password': 'not the password', 'new_password': 'eight green bottles'}
    answers = [client.post('/api/change-password', json=sent, headers=bearer(ada)) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert guess(client, password=PASSWORD).status_code == 429


def test_the_delay_shows_on_the_login_page(client: TestClient, ada: dict[str, Any]) -> None:
    for _ in range(5):
        guess(client)
    answer = client.post('/login', data={'username': 'ada', 'password': PASSWORD})
    assert (answer.status_code, answer.headers['retry-after']) == (429, '2')
    assert 'role="alert">Too many wrong passwords' in answer.text


def test_one_address_cannot_try_many_accounts(opened: Open, clock: Clock) -> None:
    client = browser(opened(address_attempts=10))
    assert [guess(client, f'user{n}').status_code for n in range(11)] == [401] * 10 + [429]
    assert int(guess(client, 'more').headers['retry-after']) == 6
    made_up = client.post('/api/refresh', json={'refresh_token': 'x'})
    assert made_up.status_code == 429
    clock.move(6)
    assert guess(client, 'more').status_code == 401


def test_registrations_count_even_when_they_succeed(opened: Open) -> None:
    client = browser(opened(address_attempts=3))
    people = [{'username': f'user{n}', 'email': f'{n}@example.org', 'password': PASSWORD} for n in range(4)]
    assert [client.post('/api/register', json=person).status_code for person in people] == [201] * 3 + [429]


def test_good_logins_do_not_use_up_the_limit(opened: Open) -> None:
    client = browser(opened(address_attempts=3))
    client.post('/api/register', json=ADA)
    for _ in range(6):
        log_in(client)


def test_guessing_in_parallel_gains_nothing(clock: Clock) -> None:
    throttle = Throttle(Policy(), clock)
    for _ in range(5):
        throttle.admit('address', 'ada')
    with pytest.raises(TooMany):
        throttle.admit('address', 'ada')


def test_the_longest_delay_is_five_minutes_and_an_hour_of_quiet_forgives(clock: Clock) -> None:
    throttle = Throttle(Policy(address_attempts=1000), clock)
    for _ in range(40):
        throttle.admit('address', 'ada')
        clock.move(300)
    throttle.admit('address', 'ada')
    with pytest.raises(TooMany) as refusal:
        throttle.admit('address', 'ada')
    assert refusal.value.headers == {'Retry-After': '300'}
    clock.move(3601)
    for _ in range(5):
        throttle.admit('address', 'ada')


def test_the_throttle_forgets_rather_than_grows(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('app.auth.throttle.REMEMBERED', 10)
    throttle = Throttle(Policy(), clock)
    for number in range(100):
        throttle.admit(f'address{number}', f'account{number}')
    assert len(throttle._addresses) == len(throttle._accounts) == 10


def test_when_too_many_wait_for_a_password_check_the_next_is_refused_and_not_counted(opened: Open) -> None:
    auth = opened(waiting=3, address_attempts=1000)
    release = threading.Event()

    async def flood() -> list[httpx.Response]:
        transport = httpx.ASGITransport(auth.app)
        async with httpx.AsyncClient(transport=transport, base_url='http://localhost:8010') as client:
            busy = [asyncio.create_task(auth._parts.slow.run(lambda: release.wait(5))) for _ in range(5)]
            await asyncio.sleep(0)
            refused = [await client.post('/api/login', json={'username': 'ada', 'password': 'x'}) for _ in range(8)]
            healthy = await client.get('/health')
            release.set()
            await asyncio.gather(*busy)
            return [*refused, healthy, await client.post('/api/login', json={'username': 'ada', 'password': 'x'})]

    *refused, healthy, after = asyncio.run(flood())
    assert {(answer.status_code, answer.headers['retry-after']) for answer in refused} == {(503, '2')}
    assert (healthy.status_code, after.status_code) == (200, 401)


NONSENSE: list[tuple[bytes, int, str]] = [
    *((body, 400, 'malformed') for body in (b'{', b'[]', b'"x"', b'\xff', b'[' * 60000, b'1' * 5000)),
    (b'', 422, 'invalid'),
    (b'{}', 422, 'invalid'),
    (b'{"username": "a", "password": "b", "admin": true}', 422, 'invalid'),
    (b'{"username": "a", "password": "b", "password": "c"}', 422, 'invalid'),
    (b'{"username": 1, "password": "b"}', 422, 'invalid'),
    (b'{"username": null, "password": "b"}', 422, 'invalid'),
    (b'{"username": "\\ud800", "password": "b"}', 422, 'invalid'),
    (b'{"username": "a", "password": "\\ud800"}', 422, 'invalid'),
    (b'{"username": "a", "email": "b", "password": "c"}', 422, 'invalid'),
    (b'{"username": "' + b'a' * 70000 + b'", "password": "b"}', 413, 'too_large'),
]
NONSENSE_FORMS = [
    (b'username=a&username=b&password=c', 422),
    (b'role=admin', 422),
    (b'a=' + b'b' * 70000, 413),
    (b'username=%ff', 400),
    (b'a&' * 99, 400),
]


def test_bodies_that_make_no_sense_are_refused(client: TestClient) -> None:
    for body, status, code in NONSENSE:
        answer = client.post('/api/login', content=body, headers={'Content-Type': 'application/json'})
        assert (answer.status_code, answer.json()['type']) == (status, code), body[:60]
        assert answer.headers['content-type'] == 'application/problem+json'
        assert answer.json()['status'] == status
        assert answer.json()['request'] == answer.headers['x-request-id']


def test_problems_name_the_fields(client: TestClient) -> None:
    answer = client.post('/api/register', json={'username': 'ada', 'email': 5, 'role': 'admin'})
    assert answer.json()['errors'] == {
        'email': 'Input should be a valid string.',
        'password': 'This is required.',
        'role': 'There is no such field.',
    }


def test_forms_that_make_no_sense_are_refused(client: TestClient) -> None:
    for body, status in NONSENSE_FORMS:
        headers = {'Content-Type': 'application/x-www-form-urlencoded'}
        answer = client.post('/login', content=body, headers=headers)
        assert answer.status_code == status, body[:60]
        assert 'text/html' in answer.headers['content-type']


def test_a_body_in_another_format_is_refused(client: TestClient) -> None:
    assert client.post('/api/login', content='{}', headers={'Content-Type': 'text/plain'}).status_code == 415


def test_unknown_addresses_and_methods_are_problems_too(client: TestClient) -> None:
    missing, wrong = client.get('/nowhere'), client.delete('/api/login')
    assert (missing.status_code, missing.json()['type']) == (404, 'not_found')
    assert (wrong.status_code, wrong.json()['type'], wrong.headers['allow']) == (405, 'method_not_allowed', 'POST')


def test_a_bug_shows_no_internals(auth: Auth, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth._parts.keys, 'jwks', lambda: 1 / 0)
    answer = client.get('/.well-known/jwks.json')
    assert (answer.status_code, answer.json()['type']) == (500, 'internal')
    assert 'ZeroDivision' not in answer.text


def test_the_api_describes_itself_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    described = client.get('/openapi.json').json()
    assert set(described['paths']['/api/login']['post']['requestBody']['content']) == {'application/json'}
    assert '/login' not in described['paths']
    assert client.get('/docs').status_code == 404
    assert client.get('/health').json() == {'status': 'ok', 'service': 'auth'}
