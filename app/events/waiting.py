"""Those who wait for the writer, and which of them are committed together."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from app.events.log import Append, Appended

GROUP = 2000
"""Events in one commit, at most, unless a single request brings more."""
FEW = 2
"""Where no more than so many wrote together, the next is not kept waiting for others."""
LULL_SECONDS = 0.001
LONGEST_SECONDS = 0.02
"""How long those who came first wait for others, at most; and never longer than the last commit took."""

Empty = queue.Empty
_HURRY = object()
"""Stands in the line where nobody is to be waited for any more."""


@dataclass(slots=True)
class Waiting:
    """A request and the future that its sender awaits."""

    request: Append
    future: asyncio.Future[Appended]


class WaitingLine:
    """Requests join on the event loop and leave on the writer's thread, in the same order."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._together = 0
        self._took = 0.0
        self.hurried: Callable[[], bool] = lambda: False
        """Whether nobody is to be kept waiting for others."""

    def __len__(self) -> int:
        return self._queue.qsize()

    def join(self, waiting: Waiting) -> None:
        """Wait to be written."""
        self._queue.put(waiting)

    def close(self) -> None:
        """Let nobody wait behind those who are there."""
        self._queue.put(None)

    def hurry(self) -> None:
        """Let the writer wait for nobody now; from any thread."""
        self._queue.put(_HURRY)

    def first(self, seconds: float | None = None) -> Waiting | None:
        """Whoever comes first, `None` after the last; raises `Empty` where nobody came in time, or somebody hurries."""
        while (first := self._queue.get(timeout=seconds)) is _HURRY:
            if self.hurried():
                raise Empty
        return cast('Waiting | None', first)

    def group_of(self, first: Waiting) -> list[Waiting]:
        """The first and those behind, as many as are committed together."""
        self._let_others_come()
        group, events = [first], len(first.request.events)
        while events < GROUP and self._queue.qsize():
            waiting = self._queue.get()
            if waiting is _HURRY:
                continue
            if waiting is None:
                self.close()
                break
            group.append(waiting)
            events += len(waiting.request.events)
        return group

    def served(self, together: int, seconds: float) -> None:
        """So many were committed together, and it took so long."""
        self._together, self._took = together, seconds

    def _let_others_come(self) -> None:
        """Where many write at once, a commit takes little longer for all of them than for those who came first."""
        before, until = -1, time.monotonic() + min(self._took, LONGEST_SECONDS)
        while self._together > FEW and before < len(self) < GROUP and time.monotonic() < until and not self.hurried():
            before = len(self)
            time.sleep(LULL_SECONDS)
