"""All other services against an auth service in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.services import SERVICES, own_origins, service, url
from tests.process import (
    ADMIN,
    EMAIL,
    PASSWORD,
    PATIENCE,
    ROOT,
    SHIPPED_CONFIG,
    System,
    free_base_port,
    run,
    wait_until,
)


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[tuple[System, subprocess.Popen[bytes]]]:
    """The system without its auth service, and that service."""
    base_port = free_base_port()
    accounts, data = tmp_path / 'accounts', tmp_path / 'data'
    data.mkdir()
    made = run('create-admin', ADMIN, EMAIL, '--data', str(accounts), DBBASIC_PASSWORD=PASSWORD)
    assert made.returncode == 0, made.stderr
    with auth_service(base_port, accounts) as process:
        with System(data, SHIPPED_CONFIG, '--auth-apart', base_port=base_port) as system:
            yield system, process
        assert not (data / 'auth.duckdb').exists()


def test_the_system_runs_against_it_and_a_revocation_is_seen_by_the_next_request(
    apart: tuple[System, subprocess.Popen[bytes]],
) -> None:
    system, _ = apart
    made = system.client.post(system.url('crud', '/api/customers'), json={'name': 'Ida', 'email': 'ida@example.com'})
    assert made.status_code == 201
    newest = system.client.get(system.url('events', '/events?order=desc&limit=1')).json()['events'][0]
    me = system.client.get(system.url('auth', '/api/verify')).json()['user']
    assert newest['meta']['actor'] == me['id']
    bearer = system.headers
    with follow(system, bearer) as follower:
        system.client.post(system.url('auth', '/api/logout'), json={}).raise_for_status()
        refused = httpx.get(system.url('crud', '/api/customers'), headers=bearer, trust_env=False)
        assert (refused.status_code, refused.json()['type']) == (401, 'not_logged_in')
        with pytest.raises(ConnectionClosed):
            while True:
                follower.recv(timeout=PATIENCE)


def test_a_browser_logs_in_there_and_is_known_here(apart: tuple[System, subprocess.Popen[bytes]]) -> None:
    system, _ = apart
    with httpx.Client(trust_env=False, headers={'Accept': 'text/html'}) as browser:
        wanted = system.url('crud', '/customers')
        sent_away = browser.get(wanted)
        login = sent_away.headers['location']
        assert login.startswith(system.url('auth', '/login?next='))
        form = {'username': ADMIN, 'password': PASSWORD, 'next': wanted}
        logged_in = browser.post(login, data=form, headers={'Origin': system.url('auth', '')})
        assert logged_in.headers['location'] == wanted
        assert browser.get(wanted).status_code == 200


def test_while_it_is_away_nobody_is_vouched_for_and_afterwards_all_is_well(
    apart: tuple[System, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    system, process = apart
    customers = system.url('crud', '/api/customers')
    bearer = system.headers
    process.terminate()
    process.wait()
    refused = httpx.get(customers, headers=bearer, trust_env=False)
    assert refused.status_code == 503
    assert 'does not answer' in refused.json()['detail']
    assert httpx.get(system.url('crud', '/health'), trust_env=False).status_code == 200
    with auth_service(system.base_port, tmp_path / 'accounts'):
        assert httpx.get(customers, headers=bearer, trust_env=False).status_code == 200


@contextmanager
def auth_service(base_port: int, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The auth service alone, ready to answer."""
    origins = [url(row.name, '', base_port=base_port) for row in SERVICES]
    trusted = [word for origin in origins if origin in own_origins(base_port) for word in ('--origin', origin)]
    port = str(service('auth').port(base_port))
    process = subprocess.Popen(
        [sys.executable, '-m', 'app.auth', '--port', port, '--data', str(data), *trusted], cwd=ROOT
    )
    try:
        wait_until(lambda: _answers(f'http://localhost:{port}'), 'the auth service')
        assert '/assets/swagger' in httpx.get(f'http://localhost:{port}/docs', trust_env=False).text
        yield process
    finally:
        process.terminate()
        process.wait()


def follow(system: System, headers: dict[str, str]) -> ClientConnection:
    """A WebSocket on the log."""
    address = system.url('events', '/ws').replace('http', 'ws', 1)
    return connect(address, additional_headers=headers, proxy=None)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f'{address}/health', trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
