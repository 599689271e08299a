"""Which event is it that cannot be taken in?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable


async def find_culprit(fails: Callable[[int], Awaitable[bool]], good: int, bad: int) -> int | None:
    """The first position up to which a trial fails, found in few trials; nothing if it fails no more."""
    if not await fails(bad):
        return None
    while bad - good > 1:
        middle = (good + bad) // 2
        if await fails(middle):
            bad = middle
        else:
            good = middle
    return bad
