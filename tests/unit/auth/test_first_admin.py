"""The first admin."""

from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from app.auth import COOKIE, Auth

from .conftest import ADA, PASSWORD, Clock, Open, browser, log_in, recorded


def token_of(link: str | None) -> str:
    assert link
    return parse_qs(urlsplit(link).query)['token'][0]


def test_the_link_makes_an_admin_and_logs_him_in(auth: Auth, client: TestClient) -> None:
    link = auth.first_admin_link()
    assert link
    assert link.startswith('http://localhost:8010/setup?token=')
    page = client.get(link)
    assert page.status_code == 200
    token = token_of(link)
    assert f'value="{token}"' in page.text
    answer = client.post('/setup', data=ADA | {'token': token})
    assert (answer.status_code, answer.headers['location']) == (303, 'http://localhost:8000/')
    claims = auth.verify(None, client.cookies[COOKIE])
    assert claims
    assert claims.roles == ('admin',)
    assert recorded(auth) == ['admin_created', 'login']


def test_the_link_works_once(auth: Auth, client: TestClient) -> None:
    link = auth.first_admin_link()
    client.post('/setup', data=ADA | {'token': token_of(link)})
    assert auth.first_admin_link() is None
    assert client.get(link or '').status_code == 403
    bob = {'username': 'bob', 'email': 'b@example.org', 'password': PASSWORD, 'token': token_of(link)}
    assert client.post('/setup', data=bob).status_code == 403


def test_the_link_is_the_same_until_it_runs_out_after_half_an_hour(
    auth: Auth, client: TestClient, clock: Clock
) -> None:
    first = auth.first_admin_link()
    clock.move(29 * 60)
    assert auth.first_admin_link() == first
    assert client.get(first or '').status_code == 200
    clock.move(60)
    assert client.get(first or '').status_code == 403
    second = auth.first_admin_link()
    assert second != first
    assert client.get(second or '').status_code == 200


def test_no_link_no_admin(auth: Auth, client: TestClient) -> None:
    for _ in ('before there is a link', 'and after'):
        for token in ('', 'x', 'ä'):
            assert client.get('/setup', params={'token': token}).status_code == 403
            assert client.post('/setup', data=ADA | {'token': token}).status_code == 403
        auth.first_admin_link()


def test_a_mistake_in_the_form_does_not_use_up_the_link(auth: Auth, client: TestClient) -> None:
    token = token_of(auth.first_admin_link())
    answer = client.post('/setup', data=ADA | {'password': 'short', 'token': token})
    assert answer.status_code == 422
    assert 'aria-describedby="password-error"' in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert client.post('/setup', data=ADA | {'token': token}).status_code == 303


def test_an_admin_made_without_a_browser(auth: Auth, client: TestClient) -> None:
    auth.create_admin(**ADA)
    assert log_in(client)['user']['roles'] == ['admin']
    assert auth.first_admin_link() is None
    with pytest.raises(ValueError, match='There is an admin already'):
        auth.create_admin('bob', 'bob@example.org', PASSWORD)


def test_what_is_wrong_with_an_admin_made_without_a_browser_is_said(auth: Auth) -> None:
    with pytest.raises(ValueError, match=r'username: .*password: Use at least 10'):
        auth.create_admin('a b', 'bob@example.org', 'short')


def test_an_admin_survives_a_restart(opened: Open, auth: Auth) -> None:
    auth.create_admin(**ADA)
    again = opened()
    assert again.first_admin_link() is None
    assert log_in(browser(again))['user']['roles'] == ['admin']
