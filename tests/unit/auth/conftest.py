"""A service of its own for every test, with a clock that tests turn."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.auth import Auth, Policy

PASSWORD = 'seven green bottles'
ADA = {'username': 'ada', 'email': 'ada@example.org', 'password': PASSWORD}
PORTAL = 'http://localhost:8000'
Open = Callable[..., Auth]
Post = Callable[..., Any]


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Iterator[Open]:
    """Opens the service; what is open at the end is closed. Opening again is a restart."""
    running: list[Auth] = []

    def start(**policy: Any) -> Auth:
        for auth in running:
            auth.close()
        running.clear()
        auth = Auth.open(
            tmp_path / 'data',
            policy=Policy(**{'bcrypt_cost': 4, 'registration': 'open', **policy}),
            allowed_origin=lambda origin: origin == PORTAL,
            clock=clock,
        )
        running.append(auth)
        return auth

    yield start
    for auth in running:
        auth.close()


@pytest.fixture
def auth(opened: Open) -> Auth:
    return opened()


@pytest.fixture
def client(auth: Auth) -> Iterator[TestClient]:
    with browser(auth) as client:
        yield client


@pytest.fixture
def ada(client: TestClient) -> dict[str, Any]:
    """A registered user, logged in through the API: the answer to the login."""
    assert client.post('/api/register', json=ADA).status_code == 201
    return log_in(client)


def browser(auth: Auth) -> TestClient:
    """A client with cookies of its own, which does not follow redirects."""
    return TestClient(auth.app, base_url='http://localhost:8010', follow_redirects=False)


def log_in(client: TestClient, username: str = 'ada', password: str = PASSWORD) -> dict[str, Any]:
    """Tokens for a user."""
    answer = client.post('/api/login', json={'username': username, 'password': password})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def bearer(login: dict[str, Any]) -> dict[str, str]:
    """The header that a token travels in."""
    return {'Authorization': f'Bearer {login["token"]}'}


def recorded(auth: Auth) -> list[str]:
    """The types of all security events."""
    with auth._parts.database.transaction() as reading:
        return [row[0] for row in reading.run('SELECT type FROM security_events ORDER BY id')]
