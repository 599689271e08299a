"""What is made from the log and can be made again: one thread of its own writes it, so that the log never waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from app.events.checkpoints import Checkpoints
from app.events.database import Database, Error

Cursor = Any
Answer = TypeVar('Answer')

LONGEST_SECONDS = 300.0
"""One piece of work may take so long before it is broken off, because all others wait for it."""
SCHEMA = """
    CREATE TABLE IF NOT EXISTS derived.snapshots (
        stream VARCHAR NOT NULL, version INTEGER NOT NULL, position BIGINT NOT NULL, hash VARCHAR NOT NULL,
        state VARCHAR NOT NULL, taken_at BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS derived.projections (
        name VARCHAR NOT NULL, definition VARCHAR NOT NULL, table_name VARCHAR NOT NULL, position BIGINT NOT NULL,
        paused BOOLEAN NOT NULL, error VARCHAR, error_position BIGINT, updated_at BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS derived.progress (name VARCHAR NOT NULL, position BIGINT NOT NULL);
"""


class Derived:
    """Runs work on the writing thread of `derived.duckdb`, one piece after the other."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._cursor = database.cursor()
        self._cursor.execute(SCHEMA)
        self._checkpoints = Checkpoints(database.path.with_name('derived.duckdb'), self._cursor)
        self._checkpoints.now()
        self._owner: object = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix='derived')

    async def transaction(self, work: Callable[[Cursor], Answer], owner: object = None) -> Answer:
        """All of `work` or nothing; it may read everything and write what is derived."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work, owner)

    def interrupt(self, owner: object) -> None:
        """Break off what runs now, if it is the work of `owner`; its transaction changes nothing."""
        if self._owner is owner:
            self._cursor.interrupt()

    async def close(self) -> None:
        """Break off what runs, and end the thread."""
        self._cursor.interrupt()
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    def _transaction(self, work: Callable[[Cursor], Answer], owner: object) -> Answer:
        self.database.freshness.wait(patiently=True)
        self._owner = owner
        self._cursor.execute('BEGIN')
        timer = threading.Timer(LONGEST_SECONDS, self._cursor.interrupt)
        timer.start()
        try:
            result = work(self._cursor)
            self._cursor.execute('COMMIT')
        except BaseException:
            with suppress(Error):  # a COMMIT that failed has ended the transaction already
                self._cursor.execute('ROLLBACK')
            raise
        finally:
            timer.cancel()
            self._owner = None
        self._checkpoints.after_commit()
        return result
