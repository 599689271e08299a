"""Making accounts and changing passwords."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.auth import COOKIE, Auth
from app.auth.events import Caller
from app.auth.problems import NotLoggedIn

from .conftest import ADA, PASSWORD, Open, bearer, browser, log_in, recorded

NEW = 'eight green bottles'


def test_a_registration_makes_an_ordinary_user_even_if_it_is_the_first(auth: Auth, client: TestClient) -> None:
    answer = client.post('/api/register', json=ADA | {'email': 'Ada@Example.ORG'})
    assert answer.status_code == 201
    assert answer.json()['success'] is True
    assert answer.json()['user']['roles'] == ['user']
    assert answer.json()['user']['email'] == 'ada@example.org'
    assert auth.first_admin_link() is not None


def test_registration_is_closed_unless_the_policy_opens_it(opened: Open) -> None:
    client = browser(opened(registration='closed'))
    answer = client.post('/api/register', json=ADA)
    assert (answer.status_code, answer.json()['type']) == (403, 'denied')
    assert 'closed' in answer.json()['detail']
    assert client.get('/register').status_code == 403
    assert client.post('/register', data=ADA).status_code == 403
    assert '/register' not in client.get('/login').text


@pytest.mark.parametrize(
    ('other', 'fields'),
    [
        ({'username': 'ADA', 'email': 'b@example.org'}, {'username'}),
        ({'username': 'bob', 'email': 'ADA@example.org'}, {'email'}),
        ({'username': 'Ada', 'email': 'ada@EXAMPLE.org'}, {'username', 'email'}),
    ],
)
def test_name_and_address_are_unique_whatever_their_case(
    client: TestClient, ada: dict[str, Any], other: dict[str, Any], fields: set[str]
) -> None:
    answer = client.post('/api/register', json=ADA | other)
    assert answer.status_code == 409
    assert set(answer.json()['errors']) == fields


def test_good_passwords_are_taken_to_the_last_byte(client: TestClient) -> None:
    for number, password in enumerate(['ten bytes!', 'x1y2' * 18, 'zwölf grüne äpfel', 'pa55 ' + '🦊' * 10]):
        person = {'username': f'user{number}', 'email': f'{number}@example.org', 'password': password}
        assert client.post('/api/register', json=person).status_code == 201
        log_in(client, f'user{number}', password)


def test_a_refused_registration_names_every_field(client: TestClient) -> None:
    answer = client.post('/api/register', json={'username': 'a b', 'email': 'nonsense', 'password': 'short'})
    assert (answer.status_code, set(answer.json()['errors'])) == (422, {'username', 'email', 'password'})
    assert 'short' not in answer.text


def test_both_ways_to_type_an_accent_are_one_password(client: TestClient) -> None:
    client.post('/api/register', json=ADA | {'password': 'zw\u00f6lf \u00c4pfel'})
    log_in(client, password='zwo\u0308lf A\u0308pfel')


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(
    auth: Auth, client: TestClient, ada: dict[str, Any]
) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    web = browser(auth)
    web.post('/login', data={'username': 'ada', 'password': PASSWORD})
    other = log_in(client)
    answer = client.post(
        '/api/change-password', json={'current_password': PASSWORD, 'new_password': NEW}, headers=bearer(ada)
    )
    assert answer.json() == {'success': True}
    assert auth.verify(bearer(ada)['Authorization'], None)
    assert auth.verify(bearer(other)['Authorization'], None) is None
    assert auth.verify(None, web.cookies[COOKIE]) is None
    assert len(ended) == 2
    assert client.post('/api/login', json={'username': 'ada', 'password': PASSWORD}).status_code == 401
    log_in(client, password=NEW)
    assert 'password_changed' in recorded(auth)


@pytest.mark.parametrize(
    ('current', 'new', 'field'),
    [
        ('wrong password', NEW, 'current_password'),
        (PASSWORD, 'short', 'new_password'),
        (PASSWORD, PASSWORD, 'new_password'),
    ],
)
def test_a_password_is_not_changed_for_the_wrong_one_or_to_a_bad_one(
    client: TestClient, ada: dict[str, Any], current: str, new: str, field: str
) -> None:
    sent = {'current_password': current, 'new_password': new}
    answer = client.post('/api/change-password', json=sent, headers=bearer(ada))
    assert (answer.status_code, list(answer.json()['errors'])) == (422, [field])
    log_in(client)


def test_a_login_that_was_checked_against_the_old_password_comes_too_late(auth: Auth, ada: dict[str, Any]) -> None:
    parts = auth._parts
    checked = parts.users.by_login('ada')
    assert checked
    with parts.database.transaction() as transaction:
        parts.users.change(transaction, replace(checked, password_hash=parts.accounts._passwords.hash(NEW)))
    with pytest.raises(NotLoggedIn):
        parts.accounts.open_browser(checked, Caller())


def test_users_survive_a_restart(opened: Open, auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    assert log_in(browser(opened()))['user'] == ada['user']
