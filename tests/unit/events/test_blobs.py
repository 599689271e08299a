"""Contents of files: stored once, durably or not at all, and kept as long as anything may refer to them."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.errors import TooLarge, Unavailable
from app.events import blobs as blobs_module
from app.events.blobs import CHUNK, HEAD, Blob, Blobs
from tests.samples import sha256

LONG = bytes(range(256)) * (CHUNK // 128)


async def pieces(content: bytes, size: int = 60_000) -> AsyncIterator[bytes]:
    """A content as it comes over a network."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def failing(content: bytes, error: Exception) -> AsyncIterator[bytes]:
    """A content that breaks off."""
    async for piece in pieces(content):
        yield piece
    raise error


def put(blobs: Blobs, content: bytes) -> Blob:
    """Store it."""
    return asyncio.run(blobs.put(pieces(content)))


def read(blobs: Blobs, sha: str, first: int = 0, length: int | None = None) -> list[bytes]:
    """The pieces that come back."""

    async def story() -> list[bytes]:
        return [piece async for piece in blobs.read(sha, first, length)]

    return asyncio.run(story())


def files(folder: Path) -> list[str]:
    """Everything in the folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file())


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """An empty store."""
    return Blobs(tmp_path / 'files')


@pytest.mark.parametrize('content', [b'', b'a', LONG], ids=['nothing', 'one byte', 'several pieces'])
def test_a_content_comes_back_as_it_was_and_lies_under_its_hash(blobs: Blobs, content: bytes) -> None:
    blob = put(blobs, content)
    assert blob == (sha256(content), len(content), content[:HEAD])
    assert b''.join(read(blobs, blob.sha256)) == content
    assert files(blobs.folder) == [f'{blob.sha256[:2]}/{blob.sha256}']
    assert blobs.path(blob.sha256).stat().st_mode & 0o777 == 0o600


def test_a_part_comes_back_in_pieces_that_are_never_large(blobs: Blobs) -> None:
    sha = put(blobs, LONG).sha256
    assert read(blobs, sha, 5, 3) == [LONG[5:8]]
    assert b''.join(read(blobs, sha, 100)) == LONG[100:]
    assert read(blobs, sha, len(LONG)) == read(blobs, sha, 7, 0) == []
    assert max(map(len, read(blobs, sha))) <= CHUNK
    with pytest.raises(FileNotFoundError):
        read(blobs, sha256(b'never stored'))


def test_equal_contents_are_stored_once_and_heal_each_other(blobs: Blobs) -> None:
    sha = put(blobs, b'same').sha256
    blobs.path(sha).write_bytes(b'damaged')
    assert put(blobs, b'same').sha256 == sha
    assert files(blobs.folder) == [f'{sha[:2]}/{sha}']
    assert read(blobs, sha) == [b'same']


@pytest.mark.parametrize('content', [b'', b'short', LONG], ids=['at once', 'early', 'late'])
def test_what_breaks_off_leaves_nothing(blobs: Blobs, content: bytes) -> None:
    with pytest.raises(TooLarge):
        asyncio.run(blobs.put(failing(content, TooLarge('enough'))))
    assert files(blobs.folder) == []


def test_who_goes_away_meanwhile_leaves_nothing(blobs: Blobs) -> None:
    async def story() -> None:
        begun = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            yield LONG
            begun.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(blobs.put(endless()))
        await begun.wait()
        assert files(blobs.folder)[0].endswith('.partial')
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())
    assert files(blobs.folder) == []


@pytest.mark.parametrize('step', ['write', 'fsync', 'replace'])
def test_a_full_disk_is_told_and_leaves_nothing(blobs: Blobs, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == 'write':
        monkeypatch.setattr(blobs_module._Incoming, '_write', full)
    elif step == 'fsync':
        monkeypatch.setattr(os, 'fsync', full)
    else:
        monkeypatch.setattr(Path, 'replace', full)
    with pytest.raises(Unavailable, match='could not be stored: No space left on device'):
        put(blobs, LONG)
    assert files(blobs.folder) == []


def test_a_content_is_on_the_disk_before_it_has_its_name(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(file: int) -> None:
        happened.append('fsync')
        fsync(file)

    def noted_replace(self: Path, target: Path) -> Path:
        happened.append('replace')
        return replace(self, target)

    monkeypatch.setattr(os, 'fsync', noted_fsync)
    monkeypatch.setattr(Path, 'replace', noted_replace)
    put(blobs, b'a')
    assert happened == ['fsync', 'fsync', 'replace', 'fsync'], 'the file, the new folder, its name, the folder again'


def test_what_a_killed_process_left_is_cleared(blobs: Blobs) -> None:
    sha = put(blobs, b'a').sha256
    (blobs.folder / 'abc.partial').write_bytes(b'half')
    blobs.clear_unfinished()
    assert files(blobs.folder) == [f'{sha[:2]}/{sha}']


def test_those_that_are_stored_are_found_with_how_they_begin(blobs: Blobs) -> None:
    blob = put(blobs, LONG)
    assert asyncio.run(blobs.find([blob.sha256, sha256(b'never stored')], keep=False)) == {blob.sha256: blob}
    assert asyncio.run(blobs.find([], keep=True)) == {}
    for wrong in ('..', '../../etc/passwd', 'A' * 64, 'a' * 63):
        with pytest.raises(ValueError, match='is not a hash'):
            blobs.path(wrong)


def test_what_is_to_be_kept_is_not_removed_as_long_as_it_is_young(blobs: Blobs) -> None:
    sha = put(blobs, b'a').sha256
    os.utime(blobs.path(sha), (1000, 1000))
    assert blobs.modified(0, 2000) == {sha}
    assert blobs.modified(1001, 2000) == set()
    asyncio.run(blobs.find([sha], keep=False))
    assert blobs.modified(0, 2000) == {sha}
    asyncio.run(blobs.find([sha], keep=True))
    assert not blobs.remove(sha, 2000)
    os.utime(blobs.path(sha), (1000, 1000))
    assert blobs.remove(sha, 2000)
    assert not blobs.remove(sha, 2000)
    assert files(blobs.folder) == []
