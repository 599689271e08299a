"""Memory that was freed goes back to the system: the C library would keep it, a fifth of all that a busy hour takes."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from functools import cache

EVERY = 3.0
"""Seconds; it takes some milliseconds on a thread of its own."""


async def keep_trimmed() -> None:
    """Give back again and again what is free; returns at once where the C library knows no way to do so."""
    trim = _trim()
    while trim:
        await asyncio.sleep(EVERY)
        await asyncio.to_thread(trim, 0)


@cache
def _trim() -> Callable[[int], object] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # musl, macOS, Windows
        return None
