"""Whether the tables hold all that was acknowledged; who reads waits for the few milliseconds in which they do not."""

from __future__ import annotations

import threading
from collections.abc import Callable

LONGEST_SECONDS = 10.0
"""Nobody waits longer: what then holds up the writer is told to those who write."""


class Freshness:
    """The writer says when the tables fall behind and have caught up; readers wait on threads of their own."""

    def __init__(self) -> None:
        self._caught_up = threading.Event()
        self._caught_up.set()
        self.wanted = False
        """Whether somebody waits now."""
        self.hurry: Callable[[], None] = lambda: None
        """Wakes the writer, who may be waiting for others to write."""
        self.lacking = False
        """Whether the tables cannot take in what was acknowledged, until further notice."""

    def fall_behind(self) -> None:
        """Something is about to be acknowledged that is not in the tables yet."""
        self._caught_up.clear()

    def catch_up(self) -> None:
        """It is in them now."""
        self.wanted = self.lacking = False
        self._caught_up.set()

    def give_up(self) -> None:
        """It cannot be in them for a while; readers get what there is."""
        self.wanted, self.lacking = False, True
        self._caught_up.set()

    def wait(self, *, patiently: bool = False) -> None:
        """Return once the tables hold what was acknowledged before; `patiently` when they do so anyway."""
        if self._caught_up.is_set():
            return
        if not (patiently or self.wanted):
            self.wanted = True
            self.hurry()
        self._caught_up.wait(LONGEST_SECONDS)
