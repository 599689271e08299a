"""The newest events in memory, for those who follow the log.

Followers keep their own position, so a slow one costs nothing: when it falls behind this window it reads from the log
again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from app.events.event import Event

WINDOW = 4096
PAGE = 500
"""Whoever is slow keeps one page in memory, so hundreds who are must not keep much. Each page costs two milliseconds
before its first event: with smaller ones a replay would take much longer."""


class Tail:
    """A window onto the end of the log; lives on the event loop."""

    def __init__(self, read: Callable[[int, int], Awaitable[list[Event]]], position: int) -> None:
        self._read = read
        self._recent: list[Event] = []
        self.position = position
        self._changed = asyncio.Event()
        self._closed = False

    def publish(self, events: Sequence[Event]) -> None:
        """Show newly committed events to everyone who waits."""
        if events[0].position != self.position + 1:
            self._recent.clear()  # what was committed between, unheard of here, must be read from the log
        self._recent += events
        if len(self._recent) > 2 * WINDOW:
            del self._recent[:-WINDOW]
        self.position = events[-1].position
        self._wake()

    def close(self) -> None:
        """End every `follow`."""
        self._closed = True
        self._wake()

    async def beyond(self, position: int) -> None:
        """Return once there is something after `position`, or the log is closed."""
        while not self._closed and self.position <= position:
            await self._changed.wait()

    async def follow(self, after: int, quiet: float | None = None) -> AsyncIterator[Sequence[Event]]:
        """Pages of events after `after`, in order and without gaps, for as long as the log is open.

        An empty one comes whenever nothing has happened for `quiet` seconds.
        """
        while not self._closed:
            changed = self._changed
            if after >= self.position:
                try:
                    async with asyncio.timeout(quiet):
                        await changed.wait()
                except TimeoutError:
                    yield ()
                continue
            page = self._window(after) or await self._read(after, PAGE)
            if page:
                after = page[-1].position
                yield page

    def _window(self, after: int) -> list[Event]:
        if not self._recent or after + 1 < self._recent[0].position:
            return []
        start = after + 1 - self._recent[0].position
        return self._recent[start : start + PAGE]

    def _wake(self) -> None:
        self._changed, changed = asyncio.Event(), self._changed
        changed.set()
