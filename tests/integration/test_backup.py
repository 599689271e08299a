"""Backing up and restoring the real program, by its API and from the shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.history import check_history, history
from tests.process import System, run, wait_until

Start = Callable[..., System]


def make_backup(system: System) -> dict[str, Any]:
    """A backup made by the API; the row of the list that tells of it."""
    made = system.client.post(system.url('events', '/backups'))
    assert made.status_code == 202, made.text

    def current() -> dict[str, Any]:
        answer: dict[str, Any] = system.client.get(system.url('events', '/backups')).json()
        return answer

    wait_until(lambda: current()['current']['status'] != 'running', 'the backup')
    assert current()['current']['status'] == 'done', current()['current']
    row: dict[str, Any] = current()['backups'][0]
    return row


def names(system: System) -> set[str]:
    """The customers' names."""
    page = system.client.get(system.url('crud', '/api/customers'), params={'limit': 500}).json()
    return {record['name'] for record in page['records']}


def add(system: System, name: str) -> None:
    """A customer."""
    body = {'name': name, 'email': f'{name}@example.com'}
    system.client.post(system.url('crud', '/api/customers'), json=body).raise_for_status()


def test_a_restore_by_the_api_restarts_with_what_was_backed_up(
    start_system: Start, tmp_path: Path, config: Path
) -> None:
    system = start_system(config=config)
    add(system, 'early')
    backup = make_backup(system)
    before = history(system)
    assert backup['parts']['events.duckdb'] == {'events': len(before), 'hash': before[-1]['hash']}
    add(system, 'late')
    address = system.url('events', f'/backups/{backup["name"]}/restore')
    assert system.client.post(address, json={'confirm': 'yes'}).status_code == 422
    assert system.client.post(address, json={'confirm': backup['name']}).status_code == 202
    wait_until(lambda: system.output.count('Ctrl+C stops it.') == 2, 'the restart')
    system._log_in()
    assert {'early', 'Dan'} <= names(system)
    assert 'late' not in names(system)
    after = history(system)
    assert after[: len(before)] == before
    check_history(after)
    [kept] = system.data.glob('before-restore-*')
    assert (kept / 'events.duckdb').exists()


@pytest.mark.long
def test_backup_and_restore_from_the_shell_running_and_stopped(
    start_system: Start, tmp_path: Path, config: Path
) -> None:
    system = start_system(config=config)
    add(system, 'early')
    options = '--data', str(system.data), '--config', str(config), '--base-port', str(system.base_port)
    refused = run(*options, 'backup', str(tmp_path / 'no.zip'))
    assert refused.returncode == 2
    assert 'in use by the DBBasic process' in refused.stderr
    assert 'DBBASIC_TOKEN' in refused.stderr
    token = system.headers['Authorization'].removeprefix('Bearer ')
    made = run(*options, 'backup', str(tmp_path / 'running.zip'), DBBASIC_TOKEN=token)
    assert 'it was proven by restoring it' in made.stdout, made.stderr
    add(system, 'late')
    assert run(*options, 'restore', '--yes', str(tmp_path / 'running.zip')).returncode == 2, 'it still runs'
    system.stop()
    assert run(*options, 'backup', str(tmp_path / 'stopped.zip')).returncode == 0
    restored = run(*options, 'restore', '--yes', str(tmp_path / 'running.zip'))
    assert 'Restored' in restored.stdout, restored.stderr
    system.restart()
    assert 'early' in names(system)
    assert 'late' not in names(system)
    system.stop()
    assert run(*options, 'restore', '--yes', str(tmp_path / 'stopped.zip')).returncode == 0
    system.restart()
    assert {'early', 'late'} <= names(system)


def test_a_damaged_backup_is_named_and_changes_nothing(start_system: Start, tmp_path: Path, config: Path) -> None:
    system = start_system(config=config)
    backup = make_backup(system)
    path = system.data / 'backups' / backup['name']
    path.write_bytes(path.read_bytes()[:-1000])
    before = history(system)
    answer = system.client.post(
        system.url('events', f'/backups/{backup["name"]}/restore'), json={'confirm': backup['name']}
    )
    assert answer.status_code == 409
    assert 'Nothing was changed' in answer.json()['detail']
    assert history(system) == before


def test_backups_are_for_admins_and_names_are_no_paths(system: System) -> None:
    import httpx

    address = system.url('events', '/backups')
    for method, path in (
        ('GET', ''),
        ('POST', ''),
        ('GET', '/x.zip'),
        ('DELETE', '/x.zip'),
        ('POST', '/x.zip/restore'),
    ):
        answer = httpx.request(method, address + path, json={} if method == 'POST' else None, trust_env=False)
        assert answer.status_code == 401, (method, path)
    assert system.client.get(f'{address}/..%2Fsecret').status_code == 400
    assert system.client.get(f'{address}/none.zip').status_code == 404
