"""Those who change the same record at the same moment do so one after the other, in the order in which they came."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """Without turns each of many would lose to another again and again, until trying once more makes no sense.

    The log decides who was first; turns only spare those who would lose. So nothing is lost where one is not taken.
    """

    def __init__(self) -> None:
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    def of(self, stream: str) -> asyncio.Lock:
        """The turn of this one, to be had with `async with` once all who came before have had theirs."""
        lock = self._locks.get(stream)
        if lock is None:
            lock = self._locks[stream] = asyncio.Lock()
        return lock
