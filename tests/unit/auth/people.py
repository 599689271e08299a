"""People for tests: an admin, somebody he makes, and what may be written about them meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient

from app.auth import Auth

from .conftest import PASSWORD, bearer, browser, log_in, recorded

BOB = {'username': 'bob', 'email': 'bob@example.org', 'password': PASSWORD}


def admin_of(auth: Auth) -> TestClient:
    """A client that acts as the admin root."""
    if auth.first_admin_link():
        auth.create_admin('root', 'root@example.org', PASSWORD)
    return acting(auth, 'root')


def acting(auth: Auth, username: str) -> TestClient:
    """A client that acts as somebody."""
    client = browser(auth)
    client.headers.update(bearer(log_in(client, username)))
    return client


def person(admin: TestClient, **given: Any) -> dict[str, Any]:
    """A new account, bob's unless told otherwise."""
    answer = admin.post('/api/users', json=BOB | given)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@contextmanager
def writes(auth: Auth, *types: str) -> Iterator[None]:
    """Exactly these security events are written meanwhile."""
    before = len(recorded(auth))
    yield
    assert recorded(auth)[before:] == list(types)
