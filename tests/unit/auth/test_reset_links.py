"""Links to a new password, which admins hand out."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.auth import COOKIE, Auth

from .conftest import PASSWORD, Clock, Open, browser, log_in, recorded
from .people import acting, admin_of, person, writes

NEW = 'eight green bottles'


@pytest.fixture
def admin(auth: Auth) -> TestClient:
    return admin_of(auth)


@pytest.fixture
def bob(admin: TestClient) -> str:
    return str(person(admin)['id'])


def token_for(admin: TestClient, id: str) -> str:
    answer = admin.post(f'/api/users/{id}/reset-link')
    assert answer.status_code == 201
    address, _, token = str(answer.json()['link']).partition('?token=')
    assert address == 'http://localhost:8010/reset'
    return token


def reset(client: TestClient, token: str, password: str = NEW) -> Any:
    return client.post('/reset', data={'token': token, 'password': password})


def test_a_link_sets_a_password_and_leads_to_the_login(auth: Auth, admin: TestClient, bob: str) -> None:
    with writes(auth, 'reset_link_made', 'password_reset', 'login'):
        token = token_for(admin, bob)
        stranger = browser(auth)
        page = stranger.get('/reset', params={'token': token})
        assert page.status_code == 200
        assert f'value="{token}"' in page.text
        assert 'autocomplete="new-password"' in page.text
        answer = reset(stranger, token)
        assert (answer.status_code, answer.headers['location']) == (303, '/login')
        assert COOKIE not in stranger.cookies, 'the link is not a login'
        log_in(stranger, 'bob', NEW)
    assert stranger.post('/api/login', json={'username': 'bob', 'password': PASSWORD}).status_code == 401
    entries = admin.get('/api/audit', params={'user': bob}).json()['events']
    said = {entry['type']: (entry['user'], entry['actor']) for entry in entries}
    assert said['reset_link_made'] == ('bob', 'root')
    assert said['password_reset'] == ('bob', 'bob')


def test_a_link_works_once(auth: Auth, admin: TestClient, bob: str) -> None:
    token = token_for(admin, bob)
    assert reset(browser(auth), token).status_code == 303
    with writes(auth):
        again = reset(browser(auth), token, 'nine green bottles')
    assert again.status_code == 404
    assert 'This link is not good, or no longer.' in again.text
    log_in(browser(auth), 'bob', NEW)


def test_a_link_runs_out_after_a_day(auth: Auth, admin: TestClient, bob: str, clock: Clock) -> None:
    answer = admin.post(f'/api/users/{bob}/reset-link').json()
    assert answer['expires_at'] == '2027-01-16T08:00:00Z'
    token = answer['link'].partition('=')[2]
    clock.move(86399)
    assert reset(browser(auth), token, 'short').status_code == 422, 'still good'
    clock.move(1)
    assert reset(browser(auth), token).status_code == 404


def test_a_newer_link_makes_the_one_before_useless_and_nobody_elses(auth: Auth, admin: TestClient, bob: str) -> None:
    eve = person(admin, username='eve', email='eve@example.org')['id']
    first, of_eve = token_for(admin, bob), token_for(admin, eve)
    second = token_for(admin, bob)
    assert [reset(browser(auth), token).status_code for token in (first, of_eve, second)] == [404, 303, 303]


def test_a_new_password_ends_every_session_of_its_owner_alone(auth: Auth, admin: TestClient, bob: str) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    client, web = acting(auth, 'bob'), browser(auth)
    web.post('/login', data={'username': 'bob', 'password': PASSWORD})
    tokens = log_in(browser(auth), 'bob')
    assert reset(browser(auth), token_for(admin, bob)).status_code == 303
    assert client.get('/api/me').status_code == web.get('/api/me').status_code == 401
    assert client.post('/api/refresh', json={'refresh_token': tokens['refresh_token']}).status_code == 401
    assert len(ended) == 3
    assert admin.get('/api/me').status_code == 200


def test_a_bad_password_is_refused_and_the_link_stays_good(auth: Auth, admin: TestClient, bob: str) -> None:
    token = token_for(admin, bob)
    for password in ('short', 'bob@example.org', 'password123', 'x1y2' * 19, 'line\nbreak!!'):
        with writes(auth):
            page = reset(browser(auth), token, password)
        assert page.status_code == 422
        assert 'aria-describedby="password-error"' in page.text
        assert f'value="{token}"' in page.text
        assert password not in page.text
    assert reset(browser(auth), token).status_code == 303


def test_a_made_up_link_is_refused_like_one_that_has_run_out(auth: Auth, admin: TestClient, bob: str) -> None:
    token = token_for(admin, bob)
    with writes(auth):
        for made_up in ('', 'x', 'ä', token[:-1], token + 'x', token.swapcase(), "' OR 1=1 --", '\0'):
            assert reset(browser(auth), made_up).status_code == 404, made_up
        assert reset(browser(auth), 'x' * 513).status_code == 422
    assert reset(browser(auth), token).status_code == 303


def test_a_disabled_account_gets_no_new_password(auth: Auth, admin: TestClient, bob: str) -> None:
    token = token_for(admin, bob)
    admin.patch(f'/api/users/{bob}', json={'disabled': True})
    assert reset(browser(auth), token).status_code == 404


def test_a_link_is_good_after_a_restart_and_kept_as_a_hash(opened: Open, auth: Auth, admin: TestClient) -> None:
    token = token_for(admin, person(admin)['id'])
    with auth._parts.database.transaction() as reading:
        assert token not in str(reading.run('FROM reset_links') + reading.run('FROM security_events'))
    again = opened()
    assert reset(browser(again), token).status_code == 303
    assert recorded(again)[-1] == 'password_reset'


def test_what_the_link_says_is_escaped(client: TestClient) -> None:
    page = client.get('/reset', params={'token': '"><script>alert(1)</script>'})
    assert '<script' not in page.text


def test_another_site_cannot_send_the_form(auth: Auth, admin: TestClient, bob: str) -> None:
    sent = {'token': token_for(admin, bob), 'password': NEW}
    for origin in ('http://evil.example', 'http://localhost:8002', 'null'):
        assert browser(auth).post('/reset', data=sent, headers={'Origin': origin}).status_code == 403
    log_in(browser(auth), 'bob')
