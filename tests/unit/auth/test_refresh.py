"""Refresh tokens."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.testclient import TestClient

from app.auth import Auth
from app.auth.events import Caller
from app.auth.problems import NotLoggedIn

from .conftest import Clock, Open, bearer, browser, log_in, recorded


def refresh(client: TestClient, token: str) -> Any:
    return client.post('/api/refresh', json={'refresh_token': token})


def test_a_refresh_gives_a_new_pair_of_the_same_session(
    auth: Auth, client: TestClient, ada: dict[str, Any], clock: Clock
) -> None:
    clock.move(3600)
    assert auth.verify(bearer(ada)['Authorization'], None) is None
    answer = refresh(client, ada['refresh_token']).json()
    assert answer['refresh_token'] != ada['refresh_token']
    assert answer['user'] == ada['user']
    assert auth.verify(bearer(answer)['Authorization'], None)


def test_a_reused_refresh_token_ends_the_whole_family(
    auth: Auth, client: TestClient, ada: dict[str, Any], clock: Clock
) -> None:
    ended: list[str] = []
    auth.on_ended(ended.append)
    other = log_in(client)
    second = refresh(client, ada['refresh_token']).json()
    third = refresh(client, second['refresh_token']).json()
    clock.move(11)
    assert refresh(client, ada['refresh_token']).status_code == 401
    assert refresh(client, third['refresh_token']).status_code == 401
    assert auth.verify(bearer(third)['Authorization'], None) is None
    assert len(ended) == 1
    assert auth.verify(bearer(other)['Authorization'], None), 'another login is another family'
    assert recorded(auth)[-1] == 'refresh_reused'


def test_reuse_is_seen_after_a_restart(
    opened: Open, auth: Auth, client: TestClient, ada: dict[str, Any], clock: Clock
) -> None:
    second = refresh(client, ada['refresh_token']).json()
    clock.move(11)
    again = browser(opened())
    assert refresh(again, ada['refresh_token']).status_code == 401
    assert refresh(again, second['refresh_token']).status_code == 401


def test_two_windows_that_refresh_at_once_both_stay_logged_in(auth: Auth, ada: dict[str, Any], clock: Clock) -> None:
    def exchange(_: int) -> bool:
        try:
            return bool(auth._parts.accounts.refresh(ada['refresh_token'], Caller()))
        except NotLoggedIn:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(exchange, range(8))) == 8
    assert auth.verify(bearer(ada)['Authorization'], None)
    clock.move(11)
    assert not exchange(9), 'later it is a theft'
    assert auth.verify(bearer(ada)['Authorization'], None) is None


def test_a_made_up_token_is_refused(client: TestClient) -> None:
    for token in ('', 'x', 'ä', '0' * 512):
        assert refresh(client, token).status_code == 401


def test_a_refresh_token_unused_for_a_week_is_dead(client: TestClient, ada: dict[str, Any], clock: Clock) -> None:
    clock.move(7 * 86400)
    assert refresh(client, ada['refresh_token']).status_code == 401


def test_a_family_ends_after_thirty_days_however_often_it_is_refreshed(
    client: TestClient, ada: dict[str, Any], clock: Clock
) -> None:
    token = ada['refresh_token']
    for _ in range(5):
        clock.move(5.9 * 86400)
        token = refresh(client, token).json()['refresh_token']
    clock.move(86400)
    assert refresh(client, token).status_code == 401
