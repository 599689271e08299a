"""When files were lost or damaged, the log refuses to open and says what to do; it never answers with less."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from app.errors import Unavailable
from app.events import Append, Damaged, Event, recovery
from app.events.event import BEGINNING, Head
from app.events.head_file import HeadFile
from app.lock import FolderInUse
from tests.unit.events.asking import all_claims, all_events, ask, happened, opened, take

ROOT = Path(__file__).parents[3]
OPEN_IT = """
import asyncio, pathlib, sys
from app.events import open_log
try:
    asyncio.run(open_log(pathlib.Path(sys.argv[1])))
except Exception as refusal:
    print(type(refusal).__name__, refusal)
"""
NAME = 'events.duckdb'


@pytest.fixture(scope='module')
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a log that was cut off: some commits in the database, the later ones in the WAL only."""
    folder = tmp_path_factory.mktemp('crashed')
    asyncio.run(_crash(folder))
    return folder / 'cut'


async def _crash(folder: Path) -> None:
    async with opened(folder / 'live') as log:
        await log.append(ask(*(happened('created', f'c/{n}', name='x' * 500) for n in range(200))))
        await log.append(Append(events=(), alongside=lambda database: None))  # is followed by a checkpoint
        for n in range(20):
            await log.append(ask(happened('changed', f'c/{n}', name='y' * n), claims=[take(f'{n}', f'c/{n}')]))
        shutil.copytree(folder / 'live', folder / 'cut')
    assert (folder / 'cut' / f'{NAME}.wal').stat().st_size > 1000


@pytest.fixture
def folder(crashed: Path, tmp_path: Path) -> Path:
    """A copy of those files, to be damaged."""
    return Path(shutil.copytree(crashed, tmp_path / 'data'))


def test_after_a_crash_everything_acknowledged_is_there(folder: Path) -> None:
    events, claims = asyncio.run(contents(folder))
    assert [event.position for event in events] == list(range(1, 221))
    assert len(claims) == 20
    assert not (folder / 'damaged').exists()
    assert asyncio.run(contents(folder)) == (events, claims), 'and still after a clean close'


def test_what_a_start_had_to_replay_the_next_one_need_not(folder: Path) -> None:
    async def story() -> None:
        async with opened(folder):
            assert not (folder / f'{NAME}.wal').exists()

    asyncio.run(story())


def test_a_lost_wal_is_noticed_and_the_database_is_kept_as_it_was_found(folder: Path) -> None:
    (folder / f'{NAME}.wal').unlink()
    found = (folder / NAME).read_bytes()
    refusal = refused(folder)
    assert f'{folder / NAME} ends at event 200, but 220 were acknowledged: 20 are missing. Restore' in refusal
    (kept,) = (folder / 'damaged').iterdir()
    assert str(kept) in refusal
    head = (folder / 'events.head').read_bytes()
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == {NAME: found, 'events.head': head}


def test_a_damaged_wal_is_kept_together_with_the_database_that_it_belongs_to(folder: Path) -> None:
    wal = folder / f'{NAME}.wal'
    os.truncate(wal, wal.stat().st_size // 2)
    second = folder / f'{NAME}.wal.checkpoint'
    second.write_bytes(b'the WAL of a checkpoint that was cut off')
    found = {file.name: file.read_bytes() for file in (folder / NAME, wal, second, folder / 'events.head')}
    assert str(folder / NAME) in refused(folder)
    (kept,) = (folder / 'damaged').iterdir()
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == found


def test_a_lost_database_is_not_begun_anew(folder: Path) -> None:
    for file in folder.glob(f'{NAME}*'):
        file.unlink()
    assert f'{folder / NAME} is missing, but 220 events were acknowledged' in refused(folder)
    assert not (folder / NAME).exists(), 'where it can be put back'


def test_a_wal_without_its_database_and_head_file_is_not_begun_anew(folder: Path) -> None:
    (folder / NAME).unlink()
    (folder / 'events.head').unlink()
    assert f'{folder / NAME} is missing, but its WAL is there' in refused(folder)


def test_a_lost_head_file_is_not_taken_for_one_that_promised_nothing(folder: Path) -> None:
    (folder / 'events.head').unlink()
    refusal = refused(folder)
    assert f'{folder / "events.head"} is missing.' in refusal
    assert 'Put it back, or restore the newest backup.' in refusal
    assert not (folder / 'events.head').exists(), 'nor is it begun anew'
    refused(folder)


def test_a_log_without_events_has_a_head_file_too(tmp_path: Path) -> None:
    assert asyncio.run(contents(tmp_path)) == ([], {})
    with closing(HeadFile(tmp_path / 'events.head')) as file:
        assert file.read() == BEGINNING
    (tmp_path / 'events.head').unlink()
    assert 'events.head is missing' in refused(tmp_path)


@pytest.mark.parametrize('cut', ['events.head.new', 'events.head', f'{NAME}.new'])
def test_a_first_start_that_was_cut_off_is_made_up_for_by_the_next(tmp_path: Path, cut: str) -> None:
    asyncio.run(contents(tmp_path / 'whole'))
    (tmp_path / 'data').mkdir()
    shutil.copy(tmp_path / 'whole' / 'events.head', tmp_path / 'data')
    if cut == 'events.head.new':
        os.truncate(tmp_path / 'data' / 'events.head', 50)
        (tmp_path / 'data' / 'events.head').rename(tmp_path / 'data' / cut)
    if cut == f'{NAME}.new':
        (tmp_path / 'data' / cut).write_bytes((tmp_path / 'whole' / NAME).read_bytes()[:5000])
        (tmp_path / 'data' / f'{cut}.wal').write_bytes(b'cut off')
    assert asyncio.run(contents(tmp_path / 'data')) == ([], {})
    assert not list((tmp_path / 'data').glob('*.new*'))


def test_the_same_damage_is_refused_again_and_again_and_kept_once(folder: Path) -> None:
    (folder / f'{NAME}.wal').unlink()
    (refusal,) = {refused(folder) for _ in range(3)}
    (kept,) = (folder / 'damaged').iterdir()
    assert str(kept) in refusal


def test_other_damage_is_kept_beside_what_was_kept_before(folder: Path) -> None:
    (folder / f'{NAME}.wal').unlink()
    refused(folder)
    found = bytearray((folder / NAME).read_bytes())
    found[4096 + 100] ^= 1
    (folder / NAME).write_bytes(found)
    refusal = refused(folder)
    kept = sorted((folder / 'damaged').iterdir())
    assert len(kept) == 2
    assert str(kept[1]) in refusal
    assert (kept[1] / NAME).read_bytes() == found


@pytest.mark.parametrize('reason', ['No space left on device', 'Read-only file system'])
def test_a_disk_that_takes_nothing_is_not_called_damage(
    folder: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    def refuse(*_: object) -> None:
        raise duckdb.IOException(f'IO Error: Could not write file "{folder}": {reason}')

    with monkeypatch.context() as patch, pytest.raises(Unavailable, match=reason) as refusal:
        patch.setattr(recovery, 'Database', refuse)
        asyncio.run(contents(folder))
    assert 'Restore' not in refusal.value.detail
    assert not (folder / 'damaged').exists()
    assert len(asyncio.run(contents(folder))[0]) == 220


@pytest.mark.parametrize('share', [0, 0.01, 0.3, 0.9])
def test_a_truncated_database_is_refused(folder: Path, share: float) -> None:
    os.truncate(folder / NAME, int((folder / NAME).stat().st_size * share))
    assert str(folder / NAME) in refused(folder)


def test_another_event_in_place_of_the_acknowledged_one_is_refused(folder: Path) -> None:
    events, _ = asyncio.run(contents(folder))
    promise(folder, events[219]._replace(hash='ab' * 32))
    assert f'Event 220 in {folder / NAME} is not the one that was acknowledged.' in refused(folder)


def test_a_head_file_that_cannot_be_read_is_refused(folder: Path) -> None:
    (folder / 'events.head').write_bytes(b'?' * 5000)
    assert 'events.head is damaged' in refused(folder)


def test_events_ahead_of_the_head_file_are_taken_over_when_their_chain_is_whole(folder: Path) -> None:
    events, _ = asyncio.run(contents(folder))
    promise(folder, events[149])
    assert asyncio.run(contents(folder))[0] == events
    with closing(HeadFile(folder / 'events.head')) as file:
        assert file.read() == (220, events[-1].hash), 'and promised from now on'


@pytest.mark.parametrize(
    ('harm', 'place'),
    [
        ("UPDATE events SET data = '{}' WHERE position = 180", 180),
        ('UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 151', 151),
        ('DELETE FROM events WHERE position = 200', 200),
        ("UPDATE events SET hash = repeat('0', 64) WHERE position = 220", 220),
    ],
)
def test_events_ahead_of_the_head_file_are_refused_when_their_chain_breaks(folder: Path, harm: str, place: int) -> None:
    events, _ = asyncio.run(contents(folder))
    promise(folder, events[149])
    with duckdb.connect(str(folder / NAME)) as connection:
        connection.execute(harm)
    assert f'breaks at {place}' in refused(folder)


def test_a_database_that_another_program_holds_is_not_called_damaged(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path):
            command = [sys.executable, '-c', OPEN_IT, str(tmp_path)]
            other = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, encoding='utf-8')
            assert other.stdout.startswith(FolderInUse.__name__), other
            assert 'is open in another program' in other.stdout
            assert not (tmp_path / 'damaged').exists()

    asyncio.run(story())


async def contents(folder: Path) -> tuple[list[Event], dict[str, str]]:
    """All events and claims of the log in `folder`, read once it has also taken a write."""
    async with opened(folder) as log:
        found = await all_events(log), await all_claims(log)
        assert (await log.head()).position == len(found[0])
    return found


def refused(folder: Path) -> str:
    """What the log says when it refuses to open."""
    with pytest.raises(Damaged) as refusal:
        asyncio.run(contents(folder))
    return str(refusal.value)


def promise(folder: Path, event: Event) -> None:
    """Make the head file end at `event`, as after a crash between a commit and its promise."""
    (folder / 'events.head').unlink()
    with closing(HeadFile(folder / 'events.head')) as file:
        file.write(Head(event.position, event.hash))
