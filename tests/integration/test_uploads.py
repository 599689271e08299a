"""Files that are too large, broken off, cut off by a kill, or gone: nothing half stays, and backups bring all back."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attaching import LIMIT, attach, send, start, stored
from tests.integration.test_backup import make_backup
from tests.process import PATIENCE, System, wait_until
from tests.samples import GIF, PNG, sha256

CONTENT = bytes(range(256)) * 4000


@pytest.fixture(scope='module')
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with things that have files."""
    with start(tmp_path_factory.mktemp('files')) as system:
        yield system


def memory(system: System) -> int:
    """The most kilobytes that the process has had in memory so far."""
    [line] = [one for one in Path(f'/proc/{system.process.pid}/status').read_text().splitlines() if 'VmHWM' in one]
    return int(line.split()[1])


def test_what_is_too_large_is_broken_off_in_little_memory(shared: System) -> None:
    assert send(shared, bytes(LIMIT)).status_code == 201
    assert send(shared, bytes(LIMIT + 1)).status_code == 413
    sent, before, files = 0, memory(shared), stored(shared)

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 100_000_000:
            sent += 1_000_000
            yield bytes(1_000_000)

    refused = send(shared, endless())
    assert (refused.status_code, refused.json()['errors']) == (413, {'paper': 'must have at most 20,000,000 bytes'})
    assert memory(shared) - before < 20_000
    assert stored(shared) == files


@pytest.mark.parametrize('announced', [True, False])
def test_the_refusal_does_not_wait_for_the_rest(shared: System, announced: bool) -> None:
    connection = http.client.HTTPConnection(shared.url('crud').split('/')[2], timeout=PATIENCE)
    connection.putrequest('POST', '/api/things/files/paper')
    connection.putheader('Authorization', shared.headers['Authorization'])
    if announced:
        connection.putheader('Content-Length', '100000000')
        connection.endheaders(b'only these')
    else:
        connection.putheader('Transfer-Encoding', 'chunked')
        connection.endheaders()
        connection.send(b'%x\r\n%s\r\n' % (LIMIT, bytes(LIMIT)))
        connection.send(b'1\r\nx\r\n')  # and no end of it
    answer = connection.getresponse()
    assert answer.status == 413
    connection.close()


def half_an_upload(system: System) -> http.client.HTTPConnection:
    """A connection over which half a file has come."""
    connection = http.client.HTTPConnection(system.url('crud').split('/')[2], timeout=PATIENCE)
    connection.putrequest('POST', '/api/things/files/paper')
    connection.putheader('Authorization', system.headers['Authorization'])
    connection.putheader('Content-Length', '2000000')
    connection.endheaders(bytes(1_000_000))
    wait_until(lambda: any(name.endswith('.partial') for name in stored(system)), 'the first half')
    return connection


def test_who_breaks_off_leaves_nothing_and_is_no_bug(tmp_path: Path) -> None:
    with start(tmp_path) as system:
        half_an_upload(system).close()
        wait_until(lambda: stored(system) == set(), 'the half to be gone')
        system.stop()
        assert 'failed' not in system.output


def test_a_kill_in_the_middle_of_an_upload_leaves_nothing(tmp_path: Path) -> None:
    with start(tmp_path) as system:
        address = attach(system, PNG, 'photo')
        kept = stored(system)
        connection = half_an_upload(system)
        system.kill()
        connection.close()
        assert stored(system) != kept
        system.restart()
        assert stored(system) == kept
        assert system.client.get(address).content == PNG


def test_files_are_in_backups_and_come_back(tmp_path: Path) -> None:
    with start(tmp_path) as system:
        address, both = attach(system, PNG, 'photo'), attach(system, CONTENT)
        backup = make_backup(system)
        (system.data / 'files' / sha256(PNG)[:2] / sha256(PNG)).unlink()
        late = attach(system, GIF, 'photo')
        said = system.client.get(system.url('events', '/verify')).text.splitlines()[-1]
        assert '"broken"' in said and 'as its photo' in said
        assert system.client.get(address).status_code == 503
        restored = system.url('events', f'/backups/{backup["name"]}/restore')
        system.client.post(restored, json={'confirm': backup['name']}).raise_for_status()
        wait_until(lambda: system.output.count('Ctrl+C stops it.') == 2, 'the restart')
        system._log_in()
        assert [system.client.get(one).content for one in (address, both)] == [PNG, CONTENT]
        assert system.client.get(late).status_code == 404
        assert '"whole"' in system.client.get(system.url('events', '/verify')).text
        [kept] = system.data.glob('before-restore-*/files')
        assert [path.name for path in kept.rglob(sha256(GIF))] == [sha256(GIF)], 'kept beside the log that names it'


def test_a_restore_of_a_set_without_files_keeps_those_of_now_with_the_log_of_now(tmp_path: Path) -> None:
    with start(tmp_path) as system:
        backup = make_backup(system)
        attach(system, PNG, 'photo')
        restored = system.url('events', f'/backups/{backup["name"]}/restore')
        system.client.post(restored, json={'confirm': backup['name']}).raise_for_status()
        wait_until(lambda: system.output.count('Ctrl+C stops it.') == 2, 'the restart')
        assert stored(system) == set()
        assert [path.name for path in system.data.glob('before-restore-*/files/*/*')] == [sha256(PNG)]
