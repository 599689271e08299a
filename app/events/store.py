"""The event store: the log, and everything that follows it and can be made again from it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from app.events.appending import Owner
from app.events.derived import Derived
from app.events.duckdb_log import DuckDBLog
from app.events.projections import Projections, Tables
from app.events.proof import Differences, Proof
from app.events.snapshots import Snapshots
from app.events.sweeping import Sweep
from app.projection import Projection

logger = logging.getLogger(__name__)

WAKE_SECONDS = 0.02
SNAPSHOT_SECONDS = 1.0


class EventStore:
    """What services hand over by way of `main`: who owns which streams, and which tables SQL may read."""

    def __init__(
        self,
        log: DuckDBLog,
        *,
        owner: Owner = lambda category: '',
        tables: Tables = dict,
        differences: Differences = lambda read: [],
        snapshots_every: Callable[[], int] = lambda: 100,
    ) -> None:
        self.log = log
        self.owner = owner
        self._tables = tables
        self.derived = Derived(log.database)
        self.snapshots = Snapshots(log, self.derived, snapshots_every)
        self.projections = Projections(log, self.derived, tables)
        self.proof = Proof(log, differences)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, projections: Mapping[str, Projection]) -> dict[str, str]:
        """Begin to follow the log; says of each projection that cannot run why not."""
        wrong = await self.projections.activate(projections)
        following = self._wake_projections(), self._take_snapshots()
        for work in (*following, self.proof.verify_in_background(), Sweep(self.log).run()):
            self._tasks.append(_watched(work))
        return wrong

    def tables(self) -> dict[str, str]:
        """Every table that SQL may read besides `events`: entities and projections."""
        projections = {
            name: f'SELECT * FROM derived."{projector.standing.table}"'
            for name, projector in self.projections.running.items()
        }
        return {**projections, **self._tables()}

    async def close(self) -> None:
        """Stop following; the log itself is closed by whoever opened it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.projections.close()
        await self.derived.close()

    async def _wake_projections(self) -> None:
        seen = -1
        while True:
            await self.log.beyond(seen)
            seen = self.log.position
            self.projections.wake()
            await asyncio.sleep(WAKE_SECONDS)

    async def _take_snapshots(self) -> None:
        seen = -1
        while True:
            await self.log.beyond(seen)
            seen = self.log.position
            try:
                await self.snapshots.take_due()
            except Exception:
                logger.exception('snapshots could not be taken; they are tried again with the next events')
            await asyncio.sleep(SNAPSHOT_SECONDS)


def _watched(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    task.add_done_callback(_report)
    return task


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        logger.critical('a task of the event store has stopped', exc_info=task.exception())
