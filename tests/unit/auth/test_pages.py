"""The HTML pages, as a browser without JavaScript uses them."""

import base64
import hashlib
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.auth import COOKIE, Auth

from .conftest import ADA, PASSWORD, browser

HOME = 'http://localhost:8000/'
GOOD = {'username': 'ada', 'password': PASSWORD}


class Inputs(HTMLParser):
    """Collects the inputs, labels and described elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inputs: dict[str, dict[str, Any]] = {}
        self.labels: set[str] = set()
        self.ids: dict[str, dict[str, Any]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or '' for name, value in attrs}
        if 'id' in attributes:
            self.ids[attributes['id']] = attributes
        if tag == 'input':
            self.inputs[attributes['name']] = attributes
        if tag == 'label':
            self.labels.add(attributes['for'])


def test_a_browser_logs_in_with_one_opaque_cookie(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    answer = client.post('/login', data=GOOD)
    assert (answer.status_code, answer.headers['location']) == (303, HOME)
    cookie = answer.headers['set-cookie']
    assert cookie.startswith(f'{COOKIE}=')
    assert {part.strip().lower() for part in cookie.split(';')[1:]} == {
        'httponly',
        'max-age=604800',
        'path=/',
        'samesite=lax',
    }
    claims = auth.verify(None, client.cookies[COOKIE])
    assert claims
    assert claims.username == 'ada'
    assert client.get('/api/verify').json()['user']['username'] == 'ada'


def test_over_https_the_cookie_is_secure(auth: Auth, ada: dict[str, Any]) -> None:
    client = TestClient(auth.app, base_url='https://localhost:8010', follow_redirects=False)
    assert 'secure' in client.post('/login', data=GOOD).headers['set-cookie'].lower()


def test_a_login_leads_to_the_page_that_was_wanted_or_home(auth: Auth, ada: dict[str, Any]) -> None:
    for wanted, expected in ((f'{HOME}orders?page=2', f'{HOME}orders?page=2'), ('http://evil.example/', HOME)):
        assert browser(auth).post('/login', data=GOOD | {'next': wanted}).headers['location'] == expected
        client = browser(auth)
        client.post('/login', data=GOOD)
        assert client.get('/login', params={'next': wanted}).headers['location'] == expected


def test_a_wrong_password_is_said_and_the_name_stays(client: TestClient, ada: dict[str, Any]) -> None:
    answer = client.post('/login', data={'username': 'ada', 'password': 'not the password', 'next': '/x'})
    assert answer.status_code == 401
    assert 'role="alert">The name or the password is wrong.' in answer.text
    inputs = Inputs(answer.text).inputs
    assert inputs['username']['value'] == 'ada'
    assert inputs['next']['value'] == '/x'
    assert 'value' not in inputs['password']
    assert 'autofocus' in inputs['password']
    assert 'set-cookie' not in answer.headers


def test_what_was_typed_is_escaped(client: TestClient) -> None:
    nasty = '"><script>alert(1)</script>'
    for answer in (
        client.post('/login', data={'username': nasty, 'password': 'x', 'next': nasty}),
        client.get('/login', params={'next': nasty}),
        client.post('/register', data=ADA | {'username': nasty, 'email': nasty}),
    ):
        assert '<script' not in answer.text
        assert '&lt;script&gt;' in answer.text


@pytest.mark.parametrize(
    ('path', 'completions'),
    [
        ('/login', {'username': 'username', 'password': 'current-password'}),
        ('/register', {'username': 'username', 'email': 'email', 'password': 'new-password'}),
    ],
)
def test_every_field_has_a_label_and_tells_browsers_what_it_is(
    client: TestClient, path: str, completions: dict[str, Any]
) -> None:
    page = Inputs(client.get(path).text)
    shown = {name: given for name, given in page.inputs.items() if given.get('type') != 'hidden'}
    assert {name: given['autocomplete'] for name, given in shown.items()} == completions
    assert page.labels == set(completions)
    assert [name for name, given in shown.items() if 'autofocus' in given] == ['username']


def test_a_mistake_is_tied_to_its_field_and_gets_the_focus(client: TestClient, ada: dict[str, Any]) -> None:
    answer = client.post('/register', data=ADA | {'username': 'ada2', 'email': 'nonsense', 'password': 'short'})
    assert answer.status_code == 422
    page = Inputs(answer.text)
    for name in ('email', 'password'):
        assert page.inputs[name]['aria-invalid'] == 'true'
        assert page.ids[page.inputs[name]['aria-describedby']]['role'] == 'alert'
    assert [name for name, given in page.inputs.items() if 'autofocus' in given] == ['email']
    assert 'Error: ' in answer.text


def test_a_registration_logs_in_and_leads_on(auth: Auth, client: TestClient) -> None:
    answer = client.post('/register', data=ADA | {'next': f'{HOME}x'})
    assert (answer.status_code, answer.headers['location']) == (303, f'{HOME}x')
    claims = auth.verify(None, client.cookies[COOKIE])
    assert claims
    assert claims.roles == ('user',)
    taken = browser(auth).post('/register', data=ADA)
    assert taken.status_code == 409
    assert 'This is taken.' in taken.text


def test_logging_out_asks_first_and_then_ends_the_session(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    assert client.get('/logout').headers['location'] == '/login'
    client.post('/login', data=GOOD)
    cookie = client.cookies[COOKIE]
    assert 'You are logged in as ada.' in client.get('/logout').text
    assert auth.verify(None, cookie)
    answer = client.post('/logout')
    assert (answer.status_code, answer.headers['location']) == (303, '/login')
    assert COOKIE not in client.cookies
    assert auth.verify(None, cookie) is None


def test_a_new_login_replaces_the_session_of_this_browser(auth: Auth, client: TestClient, ada: dict[str, Any]) -> None:
    client.post('/login', data=GOOD)
    first = client.cookies[COOKIE]
    client.post('/login', data=GOOD)
    assert client.cookies[COOKIE] != first
    assert auth.verify(None, first) is None


def test_every_answer_has_its_security_headers(client: TestClient) -> None:
    for path in ('/login', '/register', '/setup', '/api/verify', '/health', '/nowhere'):
        _check_headers(client.get(path).headers)


def _check_headers(headers: Mapping[str, str]) -> None:
    assert headers['cache-control'] == 'no-store'
    assert headers['x-content-type-options'] == 'nosniff'
    assert headers['referrer-policy'] == 'same-origin'
    assert "default-src 'none'" in headers['content-security-policy']
    assert "frame-ancestors 'none'" in headers['content-security-policy']
    assert headers['x-request-id']


def test_the_page_keeps_its_own_content_policy(client: TestClient) -> None:
    page = client.get('/login')
    style = re.search(r'<style>(.*?)</style>', page.text, re.S)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = page.headers['content-security-policy']
    assert f"'sha256-{digest}'" in policy
    assert 'script' not in policy
    assert '<script' not in page.text
    assert ' style=' not in page.text
    assert "form-action 'self' http://localhost:8000 http://localhost:*" in policy
    assert '<link rel="stylesheet" href="/assets/style.css">' in page.text
