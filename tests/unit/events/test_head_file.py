"""The head file survives a torn write of either slot, and says so when it cannot be read at all."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.events.event import GENESIS, Head
from app.events.head_file import BLOCK, SLOT, HeadFile
from tests.rounds import rounds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'events.head'


def test_nothing_is_promised_before_the_first_write_and_asking_makes_no_file(path: Path) -> None:
    assert read(path) is None
    assert not path.exists()


def test_an_empty_file_is_damage(path: Path) -> None:
    path.touch()
    with pytest.raises(ValueError, match=r'events\.head is damaged: neither'):
        read(path)


def test_a_file_that_appears_while_it_is_awaited_is_read(path: Path) -> None:
    with closing(HeadFile(path)) as file:
        assert file.read() is None
        write(path, 5)
        assert file.read() == head(5)
        file.write(head(6))
    assert read(path) == head(6)


def test_a_first_write_that_is_cut_off_leaves_no_file_and_the_next_one_begins_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, 'pwrite', lambda file, content, start: os.write(file, content[:50]))
        with pytest.raises(OSError, match='No space left on device'):
            write(path, 0)
    assert not path.exists()
    write(path, 0)
    assert read(path) == head(0)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_write_that_the_disk_cuts_short_fails_and_leaves_the_head_before_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite = os.pwrite
    write(path, 1)
    with closing(HeadFile(path)) as file:
        file.read()
        with monkeypatch.context() as patch:
            patch.setattr(os, 'pwrite', lambda number, content, start: pwrite(number, content[:50], start))
            with pytest.raises(OSError, match='No space left on device'):
                file.write(head(2))
        assert read(path) == head(1)
        file.write(head(2))
    assert read(path) == head(2)


def test_a_new_file_and_its_name_are_on_disk_before_its_first_write_returns(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    fsync = os.fsync

    def sync(number: int) -> None:
        fsync(number)
        synced.append(Path(os.readlink(f'/proc/self/fd/{number}')).name)

    monkeypatch.setattr(os, 'fsync', sync)
    write(path, 0)
    assert synced == ['events.head.new', path.parent.name]


def test_later_writes_take_no_more_room(path: Path) -> None:
    write(path, 0)
    room = path.stat().st_size, path.stat().st_blocks
    write(path, 1, 2, 3)
    assert (path.stat().st_size, path.stat().st_blocks) == room


def test_the_newest_head_is_read_back_by_whoever_opens_the_file_next(path: Path) -> None:
    for position in (1, 2, 9, 10, 99_999_999_999):
        write(path, position)
        assert read(path) == head(position)


def test_one_that_stays_open_reads_back_what_it_wrote(path: Path) -> None:
    with closing(HeadFile(path)) as file:
        for position in range(1, 6):
            file.write(head(position))
            assert file.read() == read(path) == head(position)


def test_only_the_owner_may_read_the_file(path: Path) -> None:
    write(path, 1)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize('torn', range(1, SLOT))
@pytest.mark.parametrize('position', [7, 8], ids=['first slot', 'second slot'])
def test_a_torn_write_leaves_the_head_before_it(path: Path, torn: int, position: int) -> None:
    write(path, *range(1, position))
    before = path.read_bytes()
    write(path, position)
    after = path.read_bytes()
    start = next(place for place in range(len(after)) if before[place] != after[place]) // BLOCK * BLOCK
    path.write_bytes(before)
    tear(path, start, after[start : start + torn])
    found = read(path)
    assert found == head(position - 1) or (found == head(position) and after == path.read_bytes())
    write(path, 99)
    assert read(path) == head(99)


def test_the_slots_lie_in_different_blocks_so_that_one_tear_cannot_reach_both(path: Path) -> None:
    write(path, 1)
    first = path.read_bytes()
    write(path, 2)
    second = path.read_bytes()
    assert second[:4096] == first[:4096]
    write(path, 3)
    assert path.read_bytes()[4096:] == second[4096:] != first[4096:]


@pytest.mark.parametrize('newest', range(2, 6))
def test_of_heads_written_one_after_the_other_the_last_but_one_is_always_kept(path: Path, newest: int) -> None:
    write(path, *range(1, newest + 1))
    start = path.read_bytes().index(f'{newest:020d} '.encode())
    tear(path, start, b'\0' * SLOT)
    assert read(path) == head(newest - 1)


@pytest.mark.parametrize(('slot', 'left'), [(0, 2), (BLOCK, 1)])
def test_one_damaged_slot_is_survived_and_written_over_next(path: Path, slot: int, left: int) -> None:
    write(path, 1, 2)
    tear(path, slot, b'\0' * SLOT)
    assert read(path) == head(left)
    write(path, 3)
    assert read(path) == head(3)
    tear(path, BLOCK - slot, b'\0' * SLOT)
    assert read(path) == head(3)


def test_two_damaged_slots_are_not_taken_for_an_empty_file(path: Path) -> None:
    write(path, 1, 2)
    tear(path, 3, b'x')
    tear(path, BLOCK + 3, b'x')
    with pytest.raises(ValueError, match=r'events\.head is damaged: neither'):
        read(path)


def test_a_first_write_that_was_torn_is_damage(path: Path) -> None:
    write(path, 1)
    os.truncate(path, 50)
    with pytest.raises(ValueError, match='damaged'):
        read(path)


@settings(deadline=None, max_examples=rounds(200))
@given(st.integers(0, BLOCK + SLOT - 1), st.integers(0, 7))
def test_a_flipped_bit_never_yields_a_head_that_was_not_written(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp('head') / 'events.head'
    write(path, 0, 7)
    tear(path, place, bytes([path.read_bytes()[place] ^ 1 << bit]))
    assert read(path) in {head(0), head(7)}


def head(position: int) -> Head:
    return Head(position, f'{position:064x}' if position else GENESIS)


def read(path: Path) -> Head | None:
    """What a process that starts now finds."""
    with closing(HeadFile(path)) as file:
        return file.read()


def write(path: Path, *positions: int) -> None:
    """Open the file and write these heads."""
    with closing(HeadFile(path)) as file:
        file.read()
        for position in positions:
            file.write(head(position))


def tear(path: Path, start: int, piece: bytes) -> None:
    """Write over the file from `start`, behind the back of `HeadFile`."""
    with path.open('r+b') as file:
        file.seek(start)
        file.write(piece)
