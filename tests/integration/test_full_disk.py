"""A disk that takes nothing more: writes are refused with the reason, reads go on, and room is all that is needed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.errors import Unavailable
from tests import attaching
from tests.history import check_history, history
from tests.process import System, wait_until

SIZE = '40m'
IDLE_CHECKPOINT = 4_000_000
"""Bytes of WAL that are written back when nobody writes."""
PUT_OFF = 'checkpoint put off'
WAL = 'events.duckdb.wal'


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of few megabytes."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    mounted = _run('mount', '-t', 'tmpfs', '-o', f'size={SIZE}', 'tmpfs', folder)
    if mounted.returncode:
        pytest.skip(f'no small disk can be mounted here: {mounted.stderr.strip()}')
    yield folder
    subprocess.run(['umount', '--lazy', folder], check=True)


@pytest.fixture
def unwritable(tmp_path: Path) -> Iterator[Callable[[Path], Callable[[], None]]]:
    """Takes the right to write a file from everyone, root and those who have it open included; returns the way back."""
    probe = tmp_path / 'probe'
    probe.touch()
    changed = _run('chattr', '+i', probe)
    if changed.returncode:
        pytest.skip(f'files cannot be made immutable here: {changed.stderr.strip()}')
    locked = [probe]

    def unlock() -> None:
        while locked:
            subprocess.run(['chattr', '-i', locked.pop()], check=True)

    def lock(path: Path) -> Callable[[], None]:
        subprocess.run(['chattr', '+i', path], check=True)
        locked.append(path)
        return unlock

    yield lock
    unlock()


class Customers:
    """Creates customers with long notes and remembers which were acknowledged."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.acknowledged = self.shown()
        self.number = 0

    def post(self, size: int = 20_000, key: str = '') -> httpx.Response:
        """Create one."""
        self.number += 1
        values = {'name': 'C', 'email': f'{key or self.number}@example.com', 'notes': os.urandom(size // 2).hex()}
        if key:
            values['notes'] = 'always the same'
        headers = {'Idempotency-Key': key} if key else {}
        answer = self.system.client.post(self.system.url('crud', '/api/customers'), json=values, headers=headers)
        if answer.status_code == 201:
            self.acknowledged.add(answer.json()['id'])
        return answer

    def fill_wal(self) -> None:
        """Write so much that a checkpoint is due as soon as nobody writes."""
        rows = [
            {'name': 'C', 'email': f'import{number}@example.com', 'notes': os.urandom(10_000).hex()}
            for number in range(IDLE_CHECKPOINT // 20_000 + 1)
        ]
        answer = self.system.client.post(self.system.url('crud', '/api/customers/import'), json=rows)
        assert answer.status_code == 201, answer.text
        self.acknowledged = self.shown()
        assert (self.system.data / WAL).stat().st_size > IDLE_CHECKPOINT

    def shown(self) -> set[str]:
        """The ids of all customers in their table."""
        found: list[dict[str, Any]] = []
        cursor = ''
        while cursor is not None:
            params = {'limit': '500', 'cursor': cursor}
            answer = self.system.client.get(self.system.url('crud', '/api/customers'), params=params)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page['records']
            cursor = page['next']
        return {record['id'] for record in found}

    def check(self, unanswered: int = 0) -> None:
        """Everything acknowledged is there, and nothing that was refused, in a whole log; also after a power cut."""
        self._check(unanswered)
        self.system.kill()
        self.system.restart()
        self._check(unanswered)

    def _check(self, unanswered: int) -> None:
        events = history(self.system)
        check_history(events)
        streams = {event['stream'] for event in events}
        created = {stream.partition('/')[2] for stream in streams if stream.startswith('customers/')}
        assert self.acknowledged <= self.shown() == created
        assert len(created - self.acknowledged) == unanswered


def fill(disk: Path) -> Path:
    """Take all room; the file that takes it."""
    ballast = disk / 'ballast'
    with pytest.raises(OSError, match='No space left on device'), ballast.open('wb', buffering=0) as file:
        while True:
            file.write(b'\0' * 4096)
    return ballast


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, encoding='utf-8')


def check_refused(answer: httpx.Response, reason: str) -> None:
    """The answer is a problem document that gives the reason."""
    assert answer.status_code == Unavailable.status, answer.text
    assert answer.headers['Content-Type'] == 'application/problem+json'
    assert answer.headers['Retry-After']
    assert reason in answer.json()['detail']


def test_on_a_full_disk_reads_go_on_and_writes_do_again_once_there_is_room(
    small_disk: Path, start_system: Callable[..., System]
) -> None:
    system = start_system(small_disk / 'data')
    customers = Customers(system)
    customers.fill_wal()
    ballast = fill(small_disk)
    while (answer := customers.post()).status_code == 201:
        continue
    check_refused(answer, 'No space left on device')
    wait_until(lambda: PUT_OFF in system.output, 'the idle time in which a checkpoint is due')
    assert customers.acknowledged <= customers.shown()
    check_refused(customers.post(), 'No space left on device')
    assert system.client.get(system.url('events', '/health')).json()['status'] == 'ok'
    ballast.unlink()
    assert customers.post().status_code == 201
    wal = system.data / WAL
    wait_until(lambda: not wal.exists() or wal.stat().st_size < IDLE_CHECKPOINT, 'the checkpoint that was put off')
    customers.check()


def test_a_file_that_finds_no_room_is_refused_and_leaves_nothing(small_disk: Path) -> None:
    with attaching.start(small_disk) as system:
        ballast = fill(small_disk)
        check_refused(attaching.send(system, bytes(3_000_000)), 'No space left on device')
        assert attaching.stored(system) == set()
        ballast.unlink()
        assert attaching.send(system, bytes(3_000_000)).status_code == 201


@pytest.mark.long
def test_a_stop_and_a_start_on_a_full_disk_lose_nothing(small_disk: Path, start_system: Callable[..., System]) -> None:
    system = start_system(small_disk / 'data')
    customers = Customers(system)
    customers.fill_wal()
    ballast = fill(small_disk)
    system.stop()
    with pytest.raises(AssertionError, match='No space left on device') as refusal:
        system.restart()
    assert 'Traceback' not in str(refusal.value)
    assert 'DBBasic cannot start' in str(refusal.value)
    ballast.unlink()
    system.restart()
    customers.check()


@pytest.mark.parametrize('name', ['events.head', pytest.param(WAL, marks=pytest.mark.long)])
def test_a_file_that_cannot_be_written_stops_writes_for_as_long_and_nothing_is_written_twice(
    start_system: Callable[..., System], unwritable: Callable[[Path], Callable[[], None]], name: str
) -> None:
    system = start_system()
    customers = Customers(system)
    assert customers.post().status_code == 201
    assert customers.acknowledged <= customers.shown(), 'and by then it is in the database'
    unlock = unwritable(system.data / name)
    check_refused(customers.post(key='again'), 'Operation not permitted')
    for _ in range(3):
        check_refused(customers.post(), 'Operation not permitted')
    assert customers.acknowledged <= customers.shown()
    unlock()
    assert customers.post(key='again').status_code == 201
    assert customers.post().status_code == 201
    customers.check()


@pytest.mark.long
def test_what_is_committed_while_the_head_file_cannot_be_written_is_shown_to_followers_when_it_can(
    start_system: Callable[..., System], unwritable: Callable[[Path], Callable[[], None]]
) -> None:
    system = start_system()
    customers = Customers(system)
    record = system.url('crud', f'/api/customers/{customers.post().json()["id"]}')
    assert system.client.delete(record).status_code == 204
    health = system.url('events', '/health')
    before = system.client.get(health).json()['position']
    unlock = unwritable(system.data / 'events.head')
    restored = system.client.post(f'{record}/restore')  # what comes back from the past is committed first
    check_refused(restored, 'events.head cannot be written: Operation not permitted')
    unlock()
    wait_until(lambda: system.client.get(health).json()['position'] == before + 1, 'the promise that was owed')
    customers.check()


@pytest.mark.long
@pytest.mark.parametrize('name', ['events.duckdb', *(pytest.param(n, marks=pytest.mark.long) for n in ('.', WAL))])
def test_a_checkpoint_waits_for_files_that_can_be_written(
    start_system: Callable[..., System], unwritable: Callable[[Path], Callable[[], None]], name: str
) -> None:
    system = start_system()
    customers = Customers(system)
    customers.fill_wal()
    unlock = unwritable(system.data / name)
    wait_until(lambda: PUT_OFF in system.output, 'the idle time in which a checkpoint is due')
    assert customers.acknowledged <= customers.shown()
    unlock()
    assert customers.post().status_code == 201
    customers.check()
