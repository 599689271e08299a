"""A flipped byte in any file of the log never leads to a wrong or missing answer: it is refused, or it is harmless.

Run as a program, this is the child that opens damaged files, because DuckDB may take the whole process down with it:
`python -m tests.integration.test_damage FOLDER FILE FIRST LAST` prints a line of JSON for each flip.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app.errors import Unavailable
from app.events import Append, Claim, Damaged, DuckDBLog, Event, new_event, open_log
from app.events import writer as writer_module
from app.events.head_file import BLOCK, SLOT, HeadFile
from tests.process import ROOT

IN_WAL, PAGE = 400, 5000
FILES = ['events.duckdb', 'events.duckdb.wal', 'events.head', 'events.promised']
PROMISED = 5
"""Events that are acknowledged, and not in the database yet."""
CRASHED = 'took the process down'


@pytest.fixture(scope='module')
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log for damage that is met, or not, when it is opened."""
    return prepare(tmp_path_factory.mktemp('small'), 2000)


@pytest.fixture(scope='module')
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of which much is not read before somebody asks for it."""
    folder = prepare(tmp_path_factory.mktemp('large'), 20_000)
    assert (folder / 'whole' / 'events.duckdb').stat().st_size > 10_000_000
    return folder


@pytest.mark.parametrize('flips', [4, pytest.param(300, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ('files', 'name'),
    [
        pytest.param('large', FILES[0], marks=pytest.mark.long),
        ('small', FILES[1]),
        ('small', FILES[2]),
        ('small', FILES[3]),
    ],
)
def test_a_flipped_byte_is_refused_or_harmless(
    request: pytest.FixtureRequest, files: str, name: str, flips: int
) -> None:
    whole: Path = request.getfixturevalue(files)
    outcomes: list[dict[str, Any]] = []
    while len(outcomes) < flips:
        command = [sys.executable, '-m', __name__, str(whole), name, str(len(outcomes)), str(flips)]
        child = subprocess.run(command, cwd=ROOT, capture_output=True, encoding='utf-8', check=False)
        outcomes += map(json.loads, child.stdout.splitlines())
        if len(outcomes) < flips:
            assert child.returncode < 0, child.stderr
            outcomes.append({'flip': len(outcomes), 'outcome': CRASHED, 'said': child.stderr[-500:]})
    counted = Counter(one['outcome'] for one in outcomes)
    wrong = [one for one in outcomes if one['outcome'] not in {'Damaged', 'Unavailable', 'the same', CRASHED}]
    assert not wrong, counted
    unnamed = [one for one in outcomes if one['outcome'] in {'Damaged', 'Unavailable'} and 'events.' not in one['said']]
    assert not unnamed, 'a refusal names the file'
    assert counted['the same'] < flips or name == 'events.head', 'the damage is met'


def prepare(folder: Path, checkpointed: int) -> Path:
    """Files of a log that was cut off, so many events in the database and the rest in the WAL, and the truth."""
    asyncio.run(fill(folder / 'live', folder / 'whole', checkpointed))
    (folder / 'truth').write_text(asyncio.run(contents(Path(shutil.copytree(folder / 'whole', folder / 'copy')))))
    return folder


def read_table(database: Any, events: Sequence[Event]) -> None:
    """A read table of streams with what was last said about each."""
    database.execute('CREATE TABLE IF NOT EXISTS streams (name VARCHAR PRIMARY KEY, version INTEGER, data VARCHAR)')
    for kind in ('created', 'changed'):
        rows = [(event.stream, event.version, event.data) for event in events if event.type == kind]
        if rows:
            source = 'SELECT unnest(?::VARCHAR[]), unnest(?::INTEGER[]), unnest(?::VARCHAR[])'
            database.execute(
                f'INSERT OR REPLACE INTO streams {source}', [list(column) for column in zip(*rows, strict=True)]
            )
    for event in events:
        if event.type == 'deleted':
            database.execute('DELETE FROM streams WHERE name = ?', [event.stream])


async def fill(live: Path, whole: Path, checkpointed: int) -> None:
    """Write a log, and copy its files while it is open."""
    chance = random.Random('damage')
    writer_module.LULL_SECONDS = 5.0  # so that the last events are only promised when the files are copied
    log = await open_log(live, [read_table])
    for first in range(0, checkpointed, 1000):
        events = [
            new_event(f'c/{number}', 'created', {'text': chance.randbytes(250).hex()}, {})
            for number in range(first, first + 1000)
        ]
        await log.append(Append(events=events))
    await log.append(Append(events=(), alongside=lambda database: None))  # is followed by a checkpoint
    for number in range(IN_WAL):
        event = new_event(f'c/{number * 3}', ['changed', 'deleted'][number % 2], {'text': f'{number}'}, {})
        await log.append(Append(events=[event], claims=[Claim('c.text', f'{number}', event.stream)]))
    for number in range(PROMISED):
        event = new_event(f'c/{number * 3 + 1}', 'changed', {'text': f'promised {number}'}, {})
        claims = [Claim('c.text', f'promised {number}', event.stream)]
        await log.append(Append(events=[event], claims=claims, checked=True))
    shutil.copytree(live, whole)
    await log.close()
    assert promised(whole) == PROMISED


def promised(whole: Path) -> int:
    """How many events the database of a log lacks that were promised."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(shutil.copytree(whole, Path(work) / 'data'))
        head = HeadFile(folder / 'events.head').read()
        with duckdb.connect(str(folder / 'events.duckdb')) as connection:
            (count,) = connection.execute('SELECT count(*) FROM events').fetchall()[0]
    assert head
    return head.position - int(count)


async def contents(folder: Path) -> str:
    """One text that stands for all that the log of `folder` answers, once it has also taken a write."""
    log = await open_log(folder, [read_table])
    try:
        return ' '.join([*await asked(log), str((await log.append(Append(events=[NEW]))).position)])
    finally:
        await log.close()


NEW = new_event('c/new', 'created', {'text': 'new'}, {}, 'f5cf0fb9-6e1a-4d0c-b8d5-27a1a5e19d3f')


async def asked(log: DuckDBLog) -> list[str]:
    """A digest of the answer to each question."""
    events: list[Event] = []
    while page := await log.read(len(events), PAGE):
        events += page
    singles = [await log.find(event.event_id) for event in events[:: len(events) // 20]]
    streams = [await log.read_stream(f'c/{number}') for number in range(0, 2000, 199)]
    table = await log.database.query('SELECT * FROM streams ORDER BY name')
    claims = await log.database.query('SELECT * FROM claims ORDER BY claim')
    questions = [events, await log.head(), singles, streams, table, claims]
    return [hashlib.sha256(repr(question).encode()).hexdigest() for question in questions]


def flip(folder: Path, name: str, number: int) -> str:
    """Change one byte of a file and say which."""
    chance = random.Random(f'{name} {number}')
    file = folder / name
    size = file.stat().st_size
    first, last = chance.choice(delicate_places(file)) if number % 2 else (0, size)
    place, mask = chance.randrange(first, last), chance.randrange(1, 256)
    with file.open('r+b') as opened:
        opened.seek(place)
        (old,) = opened.read(1)
        opened.seek(place)
        opened.write(bytes([old ^ mask]))
    return f'byte {place} of {size} ^ {mask}'


def delicate_places(file: Path) -> list[tuple[int, int]]:
    """Where half of the flips go: the heads of a database, the slots of the head file, sizes of entries in a WAL."""
    if file.name == 'events.duckdb':
        return [(0, 12_288)]
    if file.name == 'events.head':
        return [(0, SLOT), (BLOCK, BLOCK + SLOT)]
    if file.name == 'events.promised':
        return [(0, len(file.read_bytes().rstrip(b'\0')))]
    wal = file.read_bytes()
    sizes = max((sizes_in_wal(wal, first) for first in range(100)), key=len)
    assert len(sizes) > IN_WAL
    return [(place, place + 8) for place in sizes]


def sizes_in_wal(wal: bytes, place: int) -> list[int]:
    """Where the sizes of entries stand if the first one is at `place`: each is followed by a checksum and the entry."""
    places = []
    while place < len(wal):
        places.append(place)
        place += 16 + int.from_bytes(wal[place : place + 8], 'little')
    return places if place == len(wal) else []


def outcome(whole: Path, folder: Path, name: str, number: int) -> dict[str, Any]:
    """What comes of one flip."""
    shutil.copytree(whole / 'whole', folder)
    place = flip(folder, name, number)
    try:
        same = asyncio.run(contents(folder)) == (whole / 'truth').read_text()
    except Exception as refusal:
        kind = type(refusal).__name__ if isinstance(refusal, Damaged | Unavailable) else repr(type(refusal))
        return {'flip': number, 'place': place, 'outcome': kind, 'said': str(refusal)[:500]}
    return {'flip': number, 'place': place, 'outcome': 'the same' if same else 'WRONG', 'said': ''}


def main(whole: Path, name: str, first: int, last: int) -> None:
    """Try the flips with these numbers, one after the other."""
    for number in range(first, last):
        with tempfile.TemporaryDirectory(dir=whole) as work:
            print(json.dumps(outcome(whole, Path(work) / 'data', name, number)), flush=True)


if __name__ == '__main__':
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
