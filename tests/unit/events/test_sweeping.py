"""Files that no event refers to go after a day; all others stay."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from app.events import Append, DuckDBLog
from app.events import sweeping as sweeping_module
from app.events.sweeping import Sweep
from tests.unit.events.asking import happened, opened
from tests.unit.events.test_blobs import pieces
from tests.unit.events.test_store import opened_store, until


async def stored(log: DuckDBLog, content: bytes, *, old: bool = True) -> str:
    """The hash of a new file, which may look two days old."""
    sha = (await log.put_blob(pieces(content))).sha256
    if old:
        path = log.blobs.path(sha)
        os.utime(path, (path.stat().st_mtime - 172_800,) * 2)
    return sha


async def refer(log: DuckDBLog, stream: str, type_: str, sha: str) -> None:
    """An event that names a file."""
    await log.append(Append(events=[happened(type_, stream, photo={'name': 'a', 'sha256': sha, 'size': 1})]))


def test_only_what_is_old_and_was_never_referred_to_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping_module, 'SLICE', 2)

    async def story() -> None:
        async with opened(tmp_path) as log:
            kept = [await stored(log, f'{number}'.encode()) for number in range(5)]
            for number, sha in enumerate(kept):
                await refer(log, f'a/{number}', 'created', sha)
            await log.append(Append(events=[happened('deleted', 'a/0')]))
            young, orphan = await stored(log, b'young', old=False), await stored(log, b'orphan')
            assert await Sweep(log).sweep() == 1
            assert set(await log.find_blobs([*kept, young, orphan])) == {*kept, young}

    asyncio.run(story())


def test_what_was_looked_at_is_not_looked_at_again_unless_it_is_asked_to_be_kept(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            sweep = Sweep(log)
            asked: list[object] = []
            referred = sweep._referred
            sweep._referred = lambda hashes: asked.append(hashes) or referred(hashes)  # type: ignore[method-assign, func-returns-value]
            sha = await stored(log, b'a')
            await refer(log, 'a/1', 'created', sha)
            assert [await sweep.sweep(), await sweep.sweep()] == [0, 0]
            assert asked == [{sha}]

    asyncio.run(story())


def test_what_is_asked_for_while_the_log_is_read_stays(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            sha = await stored(log, b'a')
            sweep = Sweep(log)
            referred = sweep._referred

            async def slowly(hashes: set[str]) -> set[str]:
                found = await referred(hashes)
                await log.find_blobs([sha], keep=True)
                return found

            sweep._referred = slowly  # type: ignore[assignment, method-assign]
            assert await sweep.sweep() == 0
            assert await log.find_blobs([sha])

    asyncio.run(story())


def test_a_started_store_sweeps_by_itself(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            sha = await stored(log, b'a')
        async with opened_store(tmp_path) as store:
            path = store.log.blobs.path(sha)
            await until(lambda: not path.exists())

    asyncio.run(story())


def test_opening_the_log_clears_what_was_on_its_way_in(tmp_path: Path) -> None:
    async def story() -> None:
        (tmp_path / 'files').mkdir()
        (tmp_path / 'files' / 'half.partial').write_bytes(b'half')
        async with opened(tmp_path):
            assert not list((tmp_path / 'files').iterdir())

    asyncio.run(story())
