"""A power cut in the middle of a load loses nothing that was acknowledged."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.history import check_history, history
from tests.process import PATIENCE, ROOT, System, wait_until

CONNECTIONS = 8
ACKNOWLEDGED = 250
"""How many records each round waits for before it pulls the plug."""


@pytest.mark.parametrize('rounds', [2, pytest.param(5, marks=pytest.mark.long)])
def test_whatever_was_acknowledged_survives_kill_9(
    start_system: Callable[..., System], tmp_path: Path, rounds: int
) -> None:
    system = start_system()
    acknowledged = tmp_path / 'acknowledged'
    acknowledged.touch()
    before: list[dict[str, Any]] = []
    for _ in range(rounds):
        load_and_kill(system, acknowledged)
        system.restart()
        before = check_nothing_is_lost(system, ids(acknowledged), before)
    assert system.client.get(system.url('events', '/health')).json()['status'] == 'ok'
    system.stop()
    system.restart()
    assert history(system) == before, 'a clean stop and start change nothing'


def load_and_kill(system: System, acknowledged: Path) -> None:
    """Let a client create records, and kill the system while more are on their way."""
    token = system.headers['Authorization'].removeprefix('Bearer ')
    address = system.url('crud', '/api/customers')
    command = [sys.executable, '-m', 'tests.load_client', address, token, str(acknowledged), str(CONNECTIONS)]
    client = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8')
    enough = len(ids(acknowledged)) + ACKNOWLEDGED
    try:
        wait_until(lambda: len(ids(acknowledged)) >= enough or client.poll() is not None, f'{enough} records')
        system.kill()
        output, errors = client.communicate(timeout=PATIENCE)
    finally:
        client.kill()
    assert client.returncode == 0, errors
    assert len(ids(acknowledged)) >= enough
    assert int(output) > 0, 'the system was killed while writes were on their way'


def check_nothing_is_lost(
    system: System, acknowledged: list[str], before: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Every acknowledged record is in the log and in its table; returns the log."""
    assert len(set(acknowledged)) == len(acknowledged)
    events = history(system)
    check_history(events)
    assert events[: len(before)] == before, 'what was recorded earlier has not changed'
    created = {event['stream'] for event in events if event['stream'].startswith('customers/')}
    assert {f'customers/{record_id}' for record_id in acknowledged} <= created
    assert {f'customers/{record_id}' for record_id in shown_ids(system)} == created, (
        'the table holds what the log holds'
    )
    return events


def shown_ids(system: System) -> list[str]:
    """The ids of all customers in their table."""
    found: list[str] = []
    cursor = ''
    while cursor is not None:
        params = {'limit': '100', 'cursor': cursor}
        page = system.client.get(system.url('crud', '/api/customers'), params=params).json()
        found += [record['id'] for record in page['records']]
        cursor = page['next']
    assert len(found) == len(set(found)) == page['total']
    return found


def ids(acknowledged: Path) -> list[str]:
    """What the client has written down; a line that it has not finished does not count."""
    return acknowledged.read_text().rpartition('\n')[0].splitlines()
