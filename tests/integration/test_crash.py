"""A power cut in the middle of a load loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from app.events import Event, open_log
from app.events.event import GENESIS, chain
from tests.history import check_history, history
from tests.process import PATIENCE, ROOT, System, wait_until

CLIENTS = 8
ACKNOWLEDGED = 500
"""How many acknowledgements each round waits for before it pulls the plug, at least."""
START_SECONDS = 2.0
"""Within which a start that is cut off is cut off."""
CHECKPOINTS = """
import asyncio, pathlib, sys
from app.events import Append, new_event, open_log
async def main():
    log = await open_log(pathlib.Path(sys.argv[1]))
    while True:
        event = new_event('c/1', 'changed', {'text': 'x' * 3000}, {})
        answer = await log.append(Append(events=[event], alongside=lambda database: None))
        print(answer.position, flush=True)
asyncio.run(main())
"""

Record = dict[str, Any]


@pytest.mark.parametrize('rounds', [1, pytest.param(30, marks=pytest.mark.long)])
def test_whatever_was_acknowledged_survives_kill_9(
    start_system: Callable[..., System], tmp_path: Path, rounds: int
) -> None:
    system = start_system()
    shared = system.client.post(
        system.url('crud', '/api/customers'), json={'name': 'All', 'email': 'all@example.com'}
    ).json()['id']
    folders = [tmp_path / 'acknowledged' / str(number) for number in range(CLIENTS)]
    for folder in folders:
        folder.mkdir(parents=True)
    before = history(system)
    unasked = {place(event) for event in before}
    for number in range(1, rounds + 1):
        load_and_kill(system, folders, shared)
        cut_off_a_start(system)
        system.restart()
        before = check_nothing_is_lost(system, folders, before)
        unanswered = {place(event) for event in before} - unasked - {(a['id'], a['version']) for a in answers(folders)}
        assert len(unanswered) <= CLIENTS * number, 'each client had one request on its way, at most'
    assert system.client.get(system.url('events', '/health')).json()['status'] == 'ok'
    system.stop()
    system.restart()
    assert history(system) == before, 'a clean stop and start change nothing'


@pytest.mark.parametrize('rounds', [3, pytest.param(60, marks=pytest.mark.long)])
def test_a_kill_in_the_middle_of_checkpoints_loses_nothing(tmp_path: Path, rounds: int) -> None:
    acknowledged = 0
    for _ in range(rounds):
        command = [sys.executable, '-c', CHECKPOINTS, str(tmp_path)]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8')
        assert child.stdout
        for _ in range(random.randrange(1, 40)):
            acknowledged = int(child.stdout.readline() or 0)
        child.kill()
        output, errors = child.communicate(timeout=PATIENCE)
        acknowledged = int(output.split()[-1]) if output.endswith('\n') else acknowledged
        assert not errors
        events = asyncio.run(all_events(tmp_path))
        assert len(events) in {acknowledged, acknowledged + 1}
        previous = GENESIS
        for position, event in enumerate(events, 1):
            previous = chain(previous, *event[:-1])
            assert (event.position, event.version, event.hash) == (position, position, previous)


def load_and_kill(system: System, folders: list[Path], shared: str) -> None:
    """Let the clients work, and kill the system while requests are on their way."""
    token = system.headers['Authorization'].removeprefix('Bearer ')
    port = system.url('crud').rpartition(':')[2].strip('/')
    enough = random.randrange(ACKNOWLEDGED, 3 * ACKNOWLEDGED // 2)
    files = [folder / f'{len(list(folder.iterdir())):03d}' for folder in folders]
    with ExitStack() as stack:
        clients = []
        for folder in folders:
            command = [sys.executable, '-m', 'tests.load_client', port, token, str(folder), shared]
            client = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8'
            )
            stack.callback(client.kill)
            clients.append(client)
        wait_until(
            lambda: sum(map(lines, files)) >= enough or any(client.poll() is not None for client in clients),
            f'{enough} acknowledgements',
        )
        system.kill()
        ends = [client.communicate(timeout=PATIENCE) for client in clients]
    assert [client.returncode for client in clients] == [0] * CLIENTS, ends
    assert all(map(lines, files)), 'each client was answered'
    assert sum(map(lines, files)) >= enough
    assert any(int(output) for output, _ in ends), 'the system was killed while writes were on their way'


def cut_off_a_start(system: System) -> None:
    """Start the system and kill it before, while or after it repairs its files."""
    arguments = ['--base-port', str(system.base_port), '--config', str(system.config), '--data', str(system.data)]
    with subprocess.Popen(
        [sys.executable, 'main.py', *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(random.uniform(0, START_SECONDS))
        assert process.poll() is None, 'it does not end by itself'
        process.kill()


def check_nothing_is_lost(system: System, folders: list[Path], before: list[Record]) -> list[Record]:
    """Every acknowledgement is an event, and the table is what the events add up to; returns the log."""
    events = history(system)
    check_history(events)
    assert events[: len(before)] == before, 'what was recorded earlier has not changed'
    recorded = {place(event): event for event in events}
    for acknowledged in answers(folders):
        event = recorded[acknowledged['id'], acknowledged['version']]
        assert event['type'] == acknowledged['type']
        assert acknowledged['values'].items() <= set_values(event).items()
    assert shown_records(system) == replay(events), 'the table holds what the log holds'
    return events


def place(event: Record) -> tuple[str, int]:
    """The id of the record that an event is about, and its version."""
    return event['stream'].removeprefix('customers/'), event['version']


def set_values(event: Record) -> Record:
    """The fields that an event sets."""
    if event['type'] == 'changed' and not event['stream'].startswith('config/'):
        return {name: change['to'] for name, change in event['data'].items()}
    return dict(event['data'])


def replay(events: list[Record]) -> dict[str, Record]:
    """The customers that the events add up to."""
    records: dict[str, Record] = {}
    for event in events:
        if not event['stream'].startswith('customers/'):
            continue
        record_id, version = place(event)
        if event['type'] == 'deleted':
            del records[record_id]
            continue
        old = records[record_id] if event['type'] == 'changed' else {}
        values = {'id': record_id, **old, **set_values(event), '_version': version}
        records[record_id] = {name: value for name, value in values.items() if value is not None}
    return records


def shown_records(system: System) -> dict[str, Record]:
    """All customers as the API lists them, without empty fields."""
    found: list[Record] = []
    cursor = ''
    while cursor is not None:
        params = {'limit': '500', 'cursor': cursor}
        page = system.client.get(system.url('crud', '/api/customers'), params=params).json()
        found += page['records']
        cursor = page['next']
    records = {record['id']: {name: value for name, value in record.items() if value is not None} for record in found}
    assert len(records) == len(found) == page['total']
    return records


def answers(folders: list[Path]) -> list[Record]:
    """What the clients have written down."""
    return [
        json.loads(line)
        for folder in folders
        for file in sorted(folder.iterdir())
        for line in file.read_text().splitlines()
    ]


def lines(file: Path) -> int:
    """How many acknowledgements a file holds."""
    return file.read_bytes().count(b'\n') if file.exists() else 0


async def all_events(folder: Path) -> list[Event]:
    """Everything in the log of a folder."""
    log = await open_log(folder)
    try:
        return await log.read(0, 1_000_000)
    finally:
        await log.close()
