"""One test per attack that is not told of elsewhere: forged tokens, fixed sessions, enumeration, guessing, nonsense."""

from typing import Any

import bcrypt
import pytest
from starlette.testclient import TestClient

from app.auth import COOKIE, Auth

from .conftest import ADA, PASSWORD, Clock, Open, bearer, browser, log_in, recorded
from .people import acting, admin_of, person, writes

SQL = "x'); DROP TABLE users; DELETE FROM sessions; --"
HTML = '"><img src=x onerror=alert(1)><script>alert(1)</script>'


@pytest.fixture
def admin(auth: Auth) -> TestClient:
    return admin_of(auth)


MANAGING = [
    ('GET', '/api/users'),
    ('POST', '/api/users'),
    ('GET', '/api/users/{id}'),
    ('PATCH', '/api/users/{id}'),
    ('DELETE', '/api/users/{id}'),
    ('POST', '/api/users/{id}/reset-link'),
    ('GET', '/api/users/{id}/sessions'),
    ('DELETE', '/api/users/{id}/sessions'),
    ('GET', '/api/users/{id}/keys'),
    ('GET', '/api/audit'),
    ('POST', '/api/signing-keys'),
]


def test_only_admins_manage_accounts(auth: Auth, admin: TestClient) -> None:
    bob = person(admin)['id']
    key = admin.post('/api/keys', json={'name': 'all', 'scopes': ['*']}).json()['secret']
    ordinary, by_key, stranger = acting(auth, 'bob'), browser(auth), browser(auth)
    by_key.headers['Authorization'] = f'Bearer {key}'
    before = admin.get('/api/users').json()
    with writes(auth):
        for method, path in MANAGING:
            body = {'GET': None, 'DELETE': None, 'PATCH': {'roles': ['admin']}}.get(method, ADA | {'roles': ['admin']})
            for client, status in ((ordinary, 403), (by_key, 403), (stranger, 401)):
                answer = client.request(method, path.format(id=bob), json=body)
                said = answer.status_code, answer.headers['content-type']
                assert said == (status, 'application/problem+json'), (method, path)
    assert admin.get('/api/users').json() == before


def test_every_endpoint_of_the_admin_api_is_in_the_list_above(client: TestClient) -> None:
    paths: dict[str, Any] = client.get('/openapi.json').json()['paths']
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    managing = ('/api/users', '/api/audit', '/api/signing-keys')
    assert {row for row in described if row[1].startswith(managing)} == set(MANAGING)


def test_an_account_that_is_not_there_is_not_found(auth: Auth, admin: TestClient) -> None:
    with writes(auth):
        for method, path in MANAGING:
            if '{id}' in path:
                assert admin.request(method, path.format(id='nobody'), json={'roles': []}).status_code == 404, path


def test_nobody_becomes_an_admin_by_a_field(client: TestClient) -> None:
    for field in ('roles', 'role', 'admin', 'id', 'disabled', 'password_hash', 'scopes'):
        assert client.post('/api/register', json=ADA | {field: ['admin']}).json()['errors'].keys() == {field}
        assert client.post('/register', data=ADA | {field: 'admin'}).status_code == 422


def test_a_session_chosen_by_somebody_else_is_not_taken_over(auth: Auth, ada: dict[str, Any]) -> None:
    for path, form in (('/login', {'username': 'ada', 'password': PASSWORD}), ('/register', ADA | {
        'username': 'eve', 'email': 'eve@example.org'})):  # fmt: skip
        client = browser(auth)
        client.cookies.set(COOKIE, 'chosen-by-the-attacker', domain='localhost.local', path='/')
        assert client.get('/api/me').status_code == 401
        answer = client.post(path, data=form, headers={'Cookie': f'{COOKIE}=chosen-by-the-attacker'})
        assert answer.status_code == 303
        assert 'chosen-by-the-attacker' not in answer.headers['set-cookie']
        assert auth.verify(None, 'chosen-by-the-attacker') is None


def test_a_login_in_a_browser_ends_the_session_that_somebody_planted_there(auth: Auth, admin: TestClient) -> None:
    person(admin)
    attacker, victim = browser(auth), browser(auth)
    attacker.post('/login', data={'username': 'bob', 'password': PASSWORD})
    planted = attacker.cookies[COOKIE]
    answer = victim.post(
        '/login', data={'username': 'root', 'password': PASSWORD}, headers={'Cookie': f'{COOKIE}={planted}'}
    )
    assert answer.status_code == 303
    assert auth.verify(None, planted) is None
    claims = auth.verify(None, victim.cookies[COOKIE])
    assert claims
    assert claims.username == 'root'


def test_nobody_learns_who_has_an_account_neither_by_words_nor_by_work(
    auth: Auth, admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = person(admin, username='off', email='off@example.org')['id']
    admin.patch(f'/api/users/{off}', json={'disabled': True})
    person(admin)
    work: list[int] = []
    real = bcrypt.checkpw

    def check(given: bytes, kept: bytes) -> bool:
        work.append(len(given))
        return real(given, kept)

    monkeypatch.setattr(bcrypt, 'checkpw', check)
    answers = set()
    for name, password in (('bob', 'a guess'), ('off', 'a guess'), ('off', PASSWORD), ('nobody', 'a guess')):
        said = browser(auth).post('/api/login', json={'username': name, 'password': password})
        page = browser(auth).post('/login', data={'username': name, 'password': password})
        answers.add((said.status_code, said.json()['detail'], page.status_code, page.text.replace(f'"{name}"', '')))
    assert len(answers) == 1
    assert len(work) == 8, 'one bcrypt each'


def test_a_closed_registration_says_the_same_to_names_that_are_taken(opened: Open) -> None:
    auth = opened(registration='closed')
    admin_of(auth)
    taken = {'username': 'root', 'email': 'root@example.org', 'password': PASSWORD}
    answers = [browser(auth).post('/api/register', json=sent) for sent in (taken, ADA, ADA | {'password': 'x'})]
    assert {(answer.status_code, answer.json()['detail']) for answer in answers} == {
        (403, 'Registration is closed here. Ask an admin for an account.')
    }


def test_guessing_one_account_from_many_addresses_is_slowed_down_too(opened: Open, clock: Clock) -> None:
    auth = opened()
    browser(auth).post('/api/register', json=ADA)
    for number in range(5):
        assert guess_from(auth, f'10.0.0.{number}').status_code == 401
    refused = guess_from(auth, '10.0.1.1', PASSWORD)
    assert (refused.status_code, refused.headers['retry-after']) == (429, '2')
    clock.move(2)
    assert guess_from(auth, '10.0.1.1', PASSWORD).status_code == 200
    assert recorded(auth).count('login_failed') == 5, 'what is refused unread is not an attempt'


def test_an_address_is_not_what_a_header_says(opened: Open) -> None:
    auth = opened(address_attempts=3)
    client = browser(auth)
    answers = []
    for number in range(4):
        fake = f'10.0.0.{number}'
        headers = {'X-Forwarded-For': fake, 'X-Real-IP': fake, 'Forwarded': f'for={fake}'}
        answers.append(client.post('/api/login', json={'username': f'u{number}', 'password': 'x'}, headers=headers))
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


def guess_from(auth: Auth, address: str, password: str = 'a guess') -> Any:
    client = TestClient(auth.app, base_url='http://localhost:8010', client=(address, 50000))
    return client.post('/api/login', json={'username': 'ada', 'password': password})


NONSENSE = [
    (b'{', 400),
    (b'[]', 400),
    (b'null', 400),
    (b'\xff\xfe', 400),
    (b'[' * 60000, 400),
    (b'{"a":' * 9000, 400),
    (b'{"x": 1, "x": 2}', 422),
    (b'{"x": NaN}', 422),
    (b'{"\\ud800": 1}', 422),
    (b'{"x": "' + b'a' * 70000 + b'"}', 413),
]


def test_no_endpoint_fails_on_a_body_that_makes_no_sense(auth: Auth, admin: TestClient) -> None:
    paths: dict[str, Any] = admin.get('/openapi.json').json()['paths']
    taking = [(m, path) for path, methods in paths.items() for m, row in methods.items() if 'requestBody' in row]
    assert ('patch', '/api/users/{id}') in taking
    with writes(auth):
        for method, path in taking:
            for body, status in NONSENSE if path != '/introspect' else []:
                answer = admin.request(
                    method, path.format(id='x'), content=body, headers={'Content-Type': 'application/json'}
                )
                assert (answer.status_code, answer.json()['status']) == (status, status), (path, body[:40])


def test_sql_and_html_in_any_field_are_refused_or_only_text(auth: Auth, admin: TestClient) -> None:
    for text in (SQL, HTML):
        for method, path, body in (
            ('POST', '/api/users', {'username': text, 'email': text, 'password': text, 'roles': [text]}),
            ('POST', '/api/login', {'username': text, 'password': text}),
            ('POST', '/api/refresh', {'refresh_token': text}),
            ('POST', '/api/register', {'username': text, 'email': text, 'password': text}),
            ('PATCH', '/api/me', {'time_zone': text[:60], 'language': text[:9]}),
            ('GET', f'/api/users/{text.replace("/", "%2F")}', None),
            ('DELETE', f'/api/keys/{text.replace("/", "%2F")}', None),
        ):
            assert 400 <= admin.request(method, path, json=body).status_code < 500, (path, text)
        for path in ('/api/users?search=', '/api/audit?type=', '/api/audit?user='):
            answer = admin.get(path + text.replace('&', '%26').replace('#', '%23').replace(' ', '+'))
            assert (answer.status_code, len(answer.json().get('users', answer.json().get('events')))) == (200, 0)
        made = admin.post('/api/keys', json={'name': text, 'scopes': ['*']})
        assert made.json()['key']['name'] == text
        (entry,) = admin.get('/api/audit', params={'limit': 1}).json()['events']
        assert entry['detail'] == f'{text}: *'
        log_in(TestClient(auth.app, base_url='http://localhost:8010', headers={'User-Agent': text}), 'root')
        assert admin.get('/api/sessions').json()['sessions'][-1]['agent'] in {text, 'testclient'}
        assert 'text/html' not in made.headers['content-type']
    assert admin.get('/api/users').json()['total'] == 1


def test_html_in_the_forms_is_only_text(auth: Auth, client: TestClient) -> None:
    link = auth.first_admin_link()
    assert link
    token = link.partition('=')[2]
    for path, form in (
        ('/setup', {'username': HTML, 'email': HTML, 'password': HTML, 'token': token}),
        ('/register', {'username': HTML, 'email': HTML, 'password': 'x', 'next': HTML}),
        ('/reset', {'token': HTML, 'password': HTML}),
    ):
        page = client.post(path, data=form)
        assert 400 <= page.status_code < 500
        assert '<script' not in page.text
        assert '<img' not in page.text
        assert "default-src 'none'" in page.headers['content-security-policy']


def test_a_stolen_token_of_a_deleted_account_does_not_come_back_with_the_name(auth: Auth, admin: TestClient) -> None:
    id = person(admin)['id']
    stolen = log_in(browser(auth), 'bob')
    admin.delete(f'/api/users/{id}')
    person(admin, roles=['admin'])
    assert auth.verify(bearer(stolen)['Authorization'], None) is None
    assert browser(auth).post('/api/refresh', json={'refresh_token': stolen['refresh_token']}).status_code == 401
