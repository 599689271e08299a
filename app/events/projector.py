"""The life of one projection: follow the log, park at an event that it cannot digest, be built anew beside itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from app.errors import Conflict
from app.events.culprit import find_culprit
from app.events.database import first_line
from app.events.derived import Cursor, Derived
from app.events.duckdb_log import DuckDBLog
from app.events.projecting import PAGE, Recipe, advance, create, matter
from app.events.standing import Building, Standing

logger = logging.getLogger(__name__)
Answer = TypeVar('Answer')

REST = 9.0
"""Having caught up, a projection rests so many times as long as that took."""
LONGEST_REST = 60.0


class Undone(Exception):
    """Ends a transaction that was only a trial."""


class Projector:
    """Runs until it is closed; `standing` is what it has reached, `building` what shall replace that."""

    def __init__(self, log: DuckDBLog, derived: Derived, recipe: Recipe, standing: Standing) -> None:
        self._log = log
        self._derived = derived
        self.recipe = recipe
        self.standing = standing
        self.building: Building | None = None
        self.rate = 0.0
        """Events per second, while there were events to take in."""
        self.moved = asyncio.Event()  # replaced whenever it is set
        self._woken = asyncio.Event()
        self._told = asyncio.Event()
        self._lock = asyncio.Lock()
        """Held while its standing changes, so that nothing is counted twice or forgotten."""
        self._seen = standing.position

    @property
    def position(self) -> int:
        """The last event that its rows tell of."""
        return max(self.standing.position, self._seen)

    @property
    def status(self) -> str:
        """In one word."""
        return 'rebuilding' if self.building else self.standing.status

    async def run(self) -> None:
        """Keep up with the log, for ever."""
        while True:
            self._woken.clear()
            self._told.clear()
            if self.building:
                await self._build(self.building)
            elif self.status == 'running' and self.position < self._log.position:
                await self._catch_up()
            else:
                await self._woken.wait()

    def wake(self, *, at_once: bool = True) -> None:
        """There may be something to do: `at_once`, or when it has rested."""
        self._woken.set()
        if at_once:
            self._told.set()

    async def rebuild(self, recipe: Recipe | None = None) -> None:
        """Make the table anew beside the one that answers, which it replaces once it has caught up."""
        self.cancel()
        table = f'{self.standing.name}__{time.time_ns() // 1000}'
        self.building = Building(table, recipe or self.recipe, self._log.position)
        self.wake()

    def cancel(self) -> None:
        """Give up what is being built; the table that answers stays."""
        if self.building:
            self.building.cancelled = True
            self.building = None
            self._derived.interrupt(self)

    async def change(self, **values: Any) -> None:
        """Alter its standing: pause or go on."""
        async with self._lock:
            await self._change(**values)
        self.wake()

    async def reset(self) -> None:
        """Begin again with an empty table."""
        self.cancel()
        async with self._lock:
            standing = replace(self.standing, position=0, error='', error_position=None)

            def empty(cursor: Cursor) -> None:
                cursor.execute(f'DELETE FROM derived."{standing.table}"')
                standing.save(cursor)

            await self._work(empty)
            self.standing = standing
            self._reach(0)
        self.wake()

    async def skip(self) -> None:
        """Go on behind the event that it is parked at."""
        if not self.recipe.incremental:
            raise Conflict('This projection reads all events each time and cannot leave one out. Change its SELECT.')
        position = self.standing.error_position
        if self.standing.error and position:
            async with self._lock:
                await self._change(position=position, error='', error_position=None)
                self._reach(position)
        self.wake()

    def tell_waiting(self) -> None:
        """Let those who wait for a position look again."""
        self.moved, moved = asyncio.Event(), self.moved
        moved.set()

    async def _change(self, **values: Any) -> None:
        standing = replace(self.standing, **values)
        await self._work(standing.save)
        self.standing = standing
        self.tell_waiting()

    async def _catch_up(self) -> None:
        async with self._lock:
            after, began = self.position, time.monotonic()
            until = min(after + PAGE, self._log.position) if self.recipe.incremental else self._log.position
            try:
                changed = await self._work(lambda cursor: self._advance(cursor, after, until))
            except Exception as error:
                await self._park(after, until, error)
                return
            if changed:
                self.standing = replace(self.standing, position=until)
            self._reach(until)
        seconds = time.monotonic() - began
        self.rate = round((until - after) / max(seconds, 1e-6), 1)
        if changed and until - after < PAGE:
            await self._rest(min(REST * seconds, LONGEST_REST))

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), seconds)

    def _advance(self, cursor: Cursor, after: int, until: int) -> bool:
        if not matter(cursor, self.recipe, after, until):
            return False
        advance(cursor, self.recipe, self.standing.table, after, until)
        replace(self.standing, position=until).save(cursor)
        return True

    def _reach(self, position: int) -> None:
        self._seen = position
        self.tell_waiting()

    async def _park(self, after: int, until: int, error: Exception) -> None:
        """Find the first event that cannot be taken in, take in those before it, and stop there, visibly."""
        found: int | None = None
        if self.recipe.incremental or not self.recipe.tables:
            found = await find_culprit(partial(self._fails, after), after, until)
            if found and found - 1 > after:
                await self._work(lambda cursor: self._advance(cursor, after, found - 1))
                self.standing = replace(self.standing, position=found - 1)
                self._reach(found - 1)
        place = f' at event {found}' if found else ''
        logger.error('the projection %s is parked%s', self.standing.name, place, exc_info=error)
        await self._change(error=first_line(error), error_position=found)

    async def _fails(self, after: int, until: int) -> bool:
        def attempt(cursor: Cursor) -> None:
            advance(cursor, self.recipe, self.standing.table, after, until)
            raise Undone

        try:
            await self._work(attempt)
        except Undone:
            return False
        except Exception:
            return True
        return False

    async def _build(self, building: Building) -> None:
        try:
            await self._work(lambda cursor: create(cursor, building.recipe, building.table))
            while not building.cancelled:
                after, building.target = building.position, self._log.position
                until = min(after + PAGE, building.target) if building.recipe.incremental else building.target
                if until == building.target:
                    async with self._lock:
                        await self._finish(building, after, until)
                    return
                await self._work(partial(_step, building, after, until))
                building.position = until
        except Exception as error:
            if not building.cancelled:
                self.building = None
                logger.error('the projection %s could not be rebuilt', self.standing.name, exc_info=error)
                await self.change(error=f'Rebuilding failed: {first_line(error)}', error_position=None)
        await self._work(lambda cursor: cursor.execute(f'DROP TABLE IF EXISTS derived."{building.table}"'))

    async def _finish(self, building: Building, after: int, until: int) -> None:
        """Take in the rest and let the new table answer, in one transaction."""
        old, fingerprint = self.standing, building.recipe.fingerprint
        standing = Standing(old.name, fingerprint, building.table, until, paused=old.paused)

        def finish(cursor: Cursor) -> None:
            _step(building, after, until, cursor)
            standing.save(cursor)
            cursor.execute(f'DROP TABLE IF EXISTS derived."{old.table}"')

        await self._work(finish)
        self.standing, self.recipe, self.building = standing, building.recipe, None
        self._reach(until)

    async def _work(self, work: Callable[[Cursor], Answer]) -> Answer:
        return await self._derived.transaction(work, self)

    def as_json(self) -> dict[str, Any]:
        """What a list of projections shows."""
        return {
            **self.standing.as_json(),
            'description': self.recipe.definition.description,
            'status': self.status,
            'position': self.position,
            'lag': max(0, self._log.position - self.position),
            'rate': self.rate,
            'building': self.building and {'position': self.building.position, 'of': self.building.target},
            'incremental': self.recipe.incremental,
            'key': self.recipe.definition.key,
            'columns': dict(self.recipe.columns),
        }


def _step(building: Building, after: int, until: int, cursor: Cursor) -> None:
    if building.cancelled:
        raise Undone
    advance(cursor, building.recipe, building.table, after, until)
