"""Threads for work that would block the event loop, with a queue that refuses rather than grows."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from app.auth.problems import Unavailable

logger = logging.getLogger(__name__)
Result = TypeVar('Result')


class Workers:
    """A few threads, and room for `waiting` requests besides those being served; `polite` ones let others go first."""

    def __init__(self, name: str, threads: int, waiting: int, *, polite: bool = False) -> None:
        self._pool = ThreadPoolExecutor(threads, f'auth-{name}', _give_way if polite else None)
        self._lock = threading.Lock()
        self._room = threads + waiting

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run `work` in a thread and wait for it, or raise `Unavailable` at once when too many wait already."""
        return await asyncio.wrap_future(self._submit(work))

    def later(self, work: Callable[[], object]) -> None:
        """Run `work` soon; nobody waits for it."""
        try:
            self._submit(work).add_done_callback(_report)
        except Unavailable:
            logger.warning('Too busy for %s; it will be tried again.', work)

    def close(self) -> None:
        """Finish what has begun."""
        self._pool.shutdown(cancel_futures=True)

    def _submit(self, work: Callable[[], Result]) -> Future[Result]:
        with self._lock:
            if self._room <= 0:
                raise Unavailable('Too many people are logging in right now. Try again in a moment.', retry_after=2)
            self._room -= 1
        future = self._pool.submit(work)
        future.add_done_callback(self._make_room)
        return future

    def _make_room(self, _: Future[Any]) -> None:
        with self._lock:
            self._room += 1


def _give_way() -> None:
    """Let the threads that answer everybody else go first, where the system knows priorities of threads."""
    if sys.platform == 'linux':
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def _report(future: Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()):
        logger.error('Work in the background failed.', exc_info=error)
