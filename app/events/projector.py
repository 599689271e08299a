"""The life of one projection: follow the log, park at an event that it cannot digest, be built anew beside itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import replace
from functools import partial
from typing import Any

from app.events.database import first_line
from app.events.derived import Cursor, Derived
from app.events.duckdb_log import DuckDBLog
from app.events.projecting import PAGE, Recipe, advance, create, matter
from app.events.standing import Building, Standing

logger = logging.getLogger(__name__)

REST = 4.0
"""Having caught up, a projection rests so many times as long as that took, and leaves the machine to others."""
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
        self.moved = asyncio.Event()
        """Set, and replaced, whenever `position` has grown."""
        self._woken = asyncio.Event()
        self._told = asyncio.Event()
        self._at_work = False
        self._seen = standing.position

    @property
    def position(self) -> int:
        """The last event that its rows tell of."""
        return max(self.standing.position, self._seen)

    @property
    def status(self) -> str:
        """In one word."""
        if self.building:
            return 'rebuilding'
        if self.standing.paused:
            return 'paused'
        if self.standing.error:
            return 'parked'
        return 'running'

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
        recipe = recipe or self.recipe
        table = f'{recipe.definition.projection}__{time.time_ns() // 1000}'
        self.building = Building(table, recipe, self._log.position)
        self.wake()

    def cancel(self) -> None:
        """Give up what is being built; the table that answers stays."""
        if self.building:
            self.building.cancelled = True
            self.building = None
            if self._at_work:
                self._derived.interrupt()

    async def change(self, **values: Any) -> None:
        """Alter its standing: pause or go on."""
        self.standing = replace(self.standing, **values)
        await self._derived.transaction(self.standing.save)
        self.wake()

    async def reset(self) -> None:
        """Begin again with an empty table."""
        self.cancel()

        def empty(cursor: Cursor) -> None:
            cursor.execute(f'DELETE FROM derived."{self.standing.table}"')
            replace(self.standing, position=0, error='', error_position=None).save(cursor)

        await self._derived.transaction(empty)
        self._seen = self.standing.position = 0
        self.standing.error, self.standing.error_position = '', None
        self.wake()

    async def skip(self) -> None:
        """Go on behind the event that it is parked at."""
        if self.standing.error and self.standing.error_position:
            position = self.standing.error_position
            self._seen = position
            await self.change(position=position, error='', error_position=None)

    async def _catch_up(self) -> None:
        after, began = self.position, time.monotonic()
        until = min(after + PAGE, self._log.position) if self.recipe.incremental else self._log.position
        try:
            changed = await self._work(lambda cursor: self._advance(cursor, after, until))
        except Exception as error:
            if self.standing.position <= after:  # neither reset nor replaced meanwhile
                await self._park(after, until, error)
            return
        self._reach(until, saved=changed)
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

    def _reach(self, position: int, *, saved: bool = True) -> None:
        self._seen = position
        if saved:
            self.standing.position = position
        self.moved, moved = asyncio.Event(), self.moved
        moved.set()

    async def _park(self, good: int, bad: int, error: Exception) -> None:
        """Find the first event that cannot be taken in, take in those before it, and stop there, visibly."""
        after, name = good, self.standing.name
        found: int | None = None
        if self.recipe.incremental or not self.recipe.tables:
            while bad - good > 1:
                middle = (good + bad) // 2
                if await self._fails(after, middle):
                    bad = middle
                else:
                    good = middle
            found = bad
            if good > after:
                await self._work(lambda cursor: self._advance(cursor, after, good))
                self._reach(good)
        place = f' at event {found}' if found else ''
        logger.error('the projection %s is parked%s', name, place, exc_info=error)
        await self.change(error=first_line(error), error_position=found)

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
                if until < building.target:
                    await self._work(partial(_step, building, after, until))
                else:
                    await self._finish(building, after, until)
                    return
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

    async def _work(self, work: Any) -> Any:
        def run(cursor: Cursor) -> Any:
            self._at_work = True
            try:
                return work(cursor)
            finally:
                self._at_work = False

        return await self._derived.transaction(run)

    def as_json(self) -> dict[str, Any]:
        """What a list of projections shows."""
        building = self.building
        return {
            **self.standing.as_json(),
            'description': self.recipe.definition.description,
            'status': self.status,
            'position': self.position,
            'lag': max(0, self._log.position - self.position),
            'rate': self.rate,
            'building': {'position': building.position, 'of': building.target} if building else None,
            'incremental': self.recipe.incremental,
            'key': self.recipe.definition.key,
            'columns': dict(self.recipe.columns),
        }


def _step(building: Building, after: int, until: int, cursor: Cursor) -> None:
    advance(cursor, building.recipe, building.table, after, until)
