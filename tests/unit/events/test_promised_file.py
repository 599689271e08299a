"""The promised file leads from where a database ends to what was acknowledged, or it says that it cannot."""

from __future__ import annotations

import os
import random
from contextlib import closing
from pathlib import Path

import pytest

from app.events import promised_file
from app.events.event import BEGINNING, Event, Head, record
from app.events.promised_file import Promised, PromisedFile
from tests.unit.events.asking import happened

CLAIMS: dict[tuple[str, str], str | None] = {('c.email', 'ann'): 'c/1', ('c.email', 'bob'): None}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'events.promised'


def events(count: int, after: Head = BEGINNING) -> list[Event]:
    """So many events that follow each other."""
    found: list[Event] = []
    for number in range(count):
        head = Head(found[-1].position, found[-1].hash) if found else after
        found.append(record(happened('created', f'c/{number}', text='ä\n"'), head, 1, 1_790_000_000_000_000))
    return found


def end(of: list[Event]) -> Head:
    return Head(of[-1].position, of[-1].hash)


def test_groups_lead_on_from_where_the_database_ends(path: Path) -> None:
    all_of_them = events(6)
    with closing(PromisedFile(path)) as file:
        assert file.write(all_of_them[:2], CLAIMS)
        assert file.write(all_of_them[2:3], {})
        assert file.write(all_of_them[3:], {})
    with closing(PromisedFile(path)) as file:
        whole = [Promised(all_of_them[:2], CLAIMS), Promised(all_of_them[2:3], {}), Promised(all_of_them[3:], {})]
        assert file.read_after(BEGINNING) == whole
        assert file.read_after(end(all_of_them[:1])) == [Promised(all_of_them[1:2], CLAIMS), *whole[1:]]
        assert file.read_after(end(all_of_them[:2])) == whole[1:], 'without what is there'
        assert file.read_after(end(all_of_them)) == []


def test_a_file_that_is_not_there_or_goes_on_from_elsewhere_leads_nowhere(path: Path) -> None:
    all_of_them = events(4)
    with closing(PromisedFile(path)) as file:
        assert file.read_after(BEGINNING) == []
        assert not path.exists(), 'asking makes no file'
        file.write(all_of_them[1:3], {})
        assert file.read_after(BEGINNING) == []
        assert file.read_after(Head(1, 'f' * 64)) == []


def test_what_the_database_has_gives_its_place_away_and_what_is_left_of_it_is_ignored(path: Path) -> None:
    old = events(3)
    new = events(2, after=end(old))
    with closing(PromisedFile(path)) as file:
        for one in old:
            file.write([one], {})
        file.rewind()
        file.write(new[:1], {})
        assert file.read_after(end(old)) == [Promised(new[:1], {})]
        assert file.read_after(end(new[:1])) == []


def test_what_was_not_promised_after_all_is_not_found(path: Path) -> None:
    one, other = events(1), [events(1)[0]._replace(stream='c/other')]
    with closing(PromisedFile(path)) as file:
        file.write(one, {})
        file.take_back()
        assert file.read_after(BEGINNING) == []
        file.write(one, {})
        assert file.read_after(BEGINNING) == [Promised(one, {})]
        file.write(other, {})
        assert file.read_after(BEGINNING) == [Promised(one, {})], 'that does not follow'


def test_a_flipped_byte_ends_what_is_found(path: Path) -> None:
    all_of_them = events(3)
    with closing(PromisedFile(path)) as file:
        file.write(all_of_them[:1], CLAIMS)
        first = file._end
        file.write(all_of_them[1:], {})
        used = file._end
    whole, chance = path.read_bytes(), random.Random('flips')
    for _ in range(200):
        damaged, place = bytearray(whole), chance.randrange(used)
        damaged[place] ^= chance.randrange(1, 256)
        path.write_bytes(damaged)
        with closing(PromisedFile(path)) as file:
            assert file.read_after(BEGINNING) == ([] if place < first else [Promised(all_of_them[:1], CLAIMS)])


def test_where_there_is_no_room_nothing_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promised_file, 'ROOM', 1500)
    all_of_them = events(8)
    with closing(PromisedFile(path)) as file:
        assert file.write(all_of_them[:2], {})
        before = path.read_bytes()
        assert not file.write(all_of_them[2:], {})
        assert path.read_bytes() == before
        file.rewind()
        assert file.write(all_of_them[2:3], {})


def test_a_write_that_is_cut_off_fails_and_the_next_one_takes_its_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_them = events(2)
    with closing(PromisedFile(path)) as file:
        file.write(all_of_them[:1], {})
        with monkeypatch.context() as patch:
            patch.setattr(os, 'pwrite', lambda opened, content, start: len(content) - 1)
            with pytest.raises(OSError, match='No space left on device'):
                file.write(all_of_them[1:], {})
        file.take_back()
        file.write(all_of_them[1:], {})
        assert file.read_after(BEGINNING) == [Promised([one], {}) for one in all_of_them]
