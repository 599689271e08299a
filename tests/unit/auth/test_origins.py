"""Pages of other sites cannot act with a user's cookie."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from app.auth import COOKIE, Auth
from app.auth.origin import Origins

from .conftest import PASSWORD, bearer

GOOD = {'username': 'ada', 'password': PASSWORD}
FOREIGN = [
    {'Origin': 'http://evil.example'},
    {'Origin': 'http://localhost:8002'},
    {'Origin': 'https://localhost:8010'},
    {'Origin': 'null'},
    {'Origin': ''},
    {'Origin': 'http://localhost:8002', 'Sec-Fetch-Site': 'same-site'},
    {'Sec-Fetch-Site': 'cross-site'},
    {'Sec-Fetch-Site': 'same-site'},
    {'Origin': 'http://evil.example', 'Sec-Fetch-Site': 'cross-site'},
]
OURS = [
    {},
    {'Origin': 'http://localhost:8010'},
    {'Origin': 'http://localhost:8000', 'Sec-Fetch-Site': 'same-site'},
    {'Origin': 'null', 'Sec-Fetch-Site': 'same-origin'},
    {'Sec-Fetch-Site': 'none'},
]


def test_a_foreign_page_cannot_send_our_forms(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    client.post('/login', data=GOOD)
    cookie = client.cookies[COOKIE]
    for headers in FOREIGN:
        _check_refusal(client, headers)
        assert auth.verify(None, cookie), headers


def _check_refusal(client: TestClient, headers: dict[str, Any]) -> None:
    for path, form in (('/login', GOOD), ('/logout', {}), ('/register', {}), ('/setup', {})):
        answer = client.post(path, data=form, headers=headers)
        assert answer.status_code == 403
        assert 'text/html' in answer.headers['content-type']
    assert client.post('/api/logout', headers=headers).json()['type'] == 'denied'
    sent = {'current_password': PASSWORD, 'new_password': 'eight green bottles'}
    assert client.post('/api/change-password', json=sent, headers=headers).status_code == 403


def test_our_own_pages_and_programs_can(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    for headers in OURS:
        assert client.post('/login', data=GOOD, headers=headers).status_code == 303, headers
        assert client.post('/logout', headers=headers).status_code == 303, headers


def test_a_token_needs_no_origin(client: TestClient, ada: dict[str, Any]) -> None:
    headers = bearer(ada) | {'Origin': 'http://evil.example', 'Sec-Fetch-Site': 'cross-site'}
    assert client.post('/api/logout', headers=headers).status_code == 200


def test_a_worthless_token_does_not_open_the_way_for_a_cookie(
    auth: Auth, client: TestClient, ada: dict[str, Any]
) -> None:
    client.post('/login', data=GOOD)
    headers = {'Origin': 'http://evil.example', 'Authorization': 'Bearer x'}
    assert client.post('/api/logout', headers=headers).status_code == 401
    assert auth.verify(None, client.cookies[COOKIE])


HOME = 'http://localhost:8000/'
Allowed = Callable[[str], bool] | None


def destination(wanted: str, *, allowed: Allowed = lambda origin: origin == 'http://localhost:8000') -> str:
    origins = Origins(issuer='http://localhost:8010', home=HOME, allowed=allowed)
    scope = {
        'type': 'http',
        'scheme': 'http',
        'path': '/login',
        'query_string': b'',
        'headers': [(b'host', b'localhost:8010')],
    }
    return origins.destination(wanted, Request(scope))


@pytest.mark.parametrize(
    'wanted', ['/', '/x?y=%2F#z', f'{HOME}orders?page=2', 'http://localhost:8010/logout', 'http://LOCALHOST:8000/']
)
def test_a_login_leads_to_our_own_addresses(wanted: str) -> None:
    assert destination(wanted) == wanted


@pytest.mark.parametrize(
    'wanted',
    [
        'http://evil.example/', 'https://evil.example:8000/', '//evil.example', '/\\evil.example', '\\\\evil.example',
        'http://localhost:9999/', 'http://localhost/', 'https://localhost:8000/', 'http://localhost:8000@evil.example/',
        'http://x@localhost:8000/', 'http://localhost.evil.example:8000/', 'javascript:alert(1)', 'data:text/html,x',
        'http:/\\evil', 'http:///evil', ' //evil.example', '/\t/evil.example', '/\n/evil.example', 'http://[', 'evil',
        'http://localhost:99999/', 'http://127.0.0.1:8000/', 'ftp://localhost:8000/', '',
    ],
)  # fmt: skip
def test_a_login_never_leads_elsewhere(wanted: str) -> None:
    assert destination(wanted) == HOME


def test_a_permissive_list_of_origins_still_does_not_lead_to_another_host() -> None:
    assert destination('http://evil.example/', allowed=lambda origin: True) == HOME


def test_without_a_list_of_origins_only_our_own_is_led_to() -> None:
    assert destination('http://localhost:8000/x', allowed=None) == HOME
    assert destination('http://localhost:8010/x', allowed=None) == 'http://localhost:8010/x'
