"""Memory that is free does not stay with the process."""

from __future__ import annotations

import asyncio
import ctypes
import os
from pathlib import Path

import pytest

from app import heap

STATUS = Path('/proc/self/statm')


def resident() -> int:
    """Bytes in memory now."""
    return int(STATUS.read_text().split()[1]) * os.sysconf('SC_PAGE_SIZE')


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), 'malloc_trim'), reason='this C library gives memory back by itself')
def test_what_was_freed_goes_back_to_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, 'EVERY', 0.01)
    blocks = [bytes(3000) for _ in range(40_000)]
    del blocks[:-1]  # the last one keeps all before it from being given back
    before = resident()

    async def watch() -> None:
        async with asyncio.timeout(10):
            trimming = asyncio.create_task(heap.keep_trimmed())
            while resident() > before - 60_000_000:
                await asyncio.sleep(0.01)
            trimming.cancel()

    asyncio.run(watch())
    assert len(blocks) == 1


def test_where_the_c_library_cannot_do_it_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, '_trim', lambda: None)
    asyncio.run(asyncio.wait_for(heap.keep_trimmed(), 1))
