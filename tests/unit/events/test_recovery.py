"""When files were lost or damaged, the log refuses to open and says what to do; it never answers with less."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from app.errors import Unavailable
from app.events import Damaged, Event
from app.events.event import Head
from app.events.head_file import HeadFile
from app.lock import FolderInUse
from tests.unit.events.asking import all_claims, all_events, ask, happened, opened, take

FLIPS = 25
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
        log.writer._checkpoint()
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
    assert f'{folder / NAME} ends at event 200, but 220 were acknowledged: 20 are missing.' in refusal
    assert 'Restore the newest backup.' in refusal
    (kept,) = (folder / 'damaged').iterdir()
    assert str(kept) in refusal
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == {NAME: found}


def test_a_damaged_wal_is_kept_together_with_the_database_that_it_belongs_to(folder: Path) -> None:
    wal = folder / f'{NAME}.wal'
    os.truncate(wal, wal.stat().st_size // 2)
    second = folder / f'{NAME}.wal.checkpoint'
    second.write_bytes(b'the WAL of a checkpoint that was cut off')
    found = {file.name: file.read_bytes() for file in (folder / NAME, wal, second)}
    assert str(folder / NAME) in refused(folder)
    (kept,) = (folder / 'damaged').iterdir()
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == found


def test_a_refusal_is_repeated_at_the_next_start(folder: Path) -> None:
    (folder / f'{NAME}.wal').unlink()
    refused(folder)
    assert '20 are missing' in refused(folder)


def test_a_lost_database_is_not_begun_anew(folder: Path) -> None:
    for file in folder.glob(f'{NAME}*'):
        file.unlink()
    assert 'ends at event 0, but 220 were acknowledged' in refused(folder)


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


@pytest.mark.parametrize('name', [NAME, f'{NAME}.wal'])
def test_a_flipped_bit_never_means_fewer_events_in_silence(crashed: Path, tmp_path: Path, name: str) -> None:
    whole = shutil.copytree(crashed, tmp_path / 'whole')
    expected = asyncio.run(contents(Path(whole)))
    content = (crashed / name).read_bytes()
    chance = random.Random(f'flips of {name}')
    outcomes = []
    for number in range(FLIPS):
        place, bit = chance.randrange(len(content)), chance.randrange(8)
        folder = Path(shutil.copytree(crashed, tmp_path / str(number)))
        flipped = bytearray(content)
        flipped[place] ^= 1 << bit
        (folder / name).write_bytes(flipped)
        try:
            found = asyncio.run(contents(folder))
        except (Damaged, Unavailable) as refusal:
            outcomes.append(type(refusal).__name__)
        else:
            assert found == expected, f'bit {bit} of byte {place} of {name}'
            outcomes.append('the same')
        shutil.rmtree(folder)
    assert 'Damaged' in outcomes, outcomes


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
