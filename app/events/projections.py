"""All projections: which there are, what they say, and who looks after them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from app.errors import Malformed, NotFound, Problem, Unavailable
from app.events import sql
from app.events.database import Error, Read
from app.events.derived import Cursor, Derived
from app.events.duckdb_log import DuckDBLog
from app.events.projecting import Recipe, create, prepare
from app.events.projector import Projector
from app.events.sql import identifier
from app.events.standing import Standing
from app.projection import Projection

logger = logging.getLogger(__name__)

Tables = Callable[[], Mapping[str, str]]
"""The tables besides `events` that SQL may read: name -> the SELECT that shows them."""
PATIENCE = 30.0
TABLES_OF = """
    SELECT table_name FROM duckdb_tables() WHERE database_name = 'derived' AND regexp_full_match(table_name, ?)"""


class Projections:
    """Keeps the projections of the config in force running."""

    def __init__(self, log: DuckDBLog, derived: Derived, tables: Tables) -> None:
        self._log = log
        self._derived = derived
        self._tables = tables
        self.running: dict[str, Projector] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def activate(self, definitions: Mapping[str, Projection]) -> dict[str, str]:
        """Bring what runs in line with `definitions`; says of each that cannot run why not."""
        wrong = {}
        standings = await self._standings()
        for name in [name for name in {*standings, *self.running} if name not in definitions]:
            await self._remove(name)
        if not self.running:
            await self._derived.transaction(lambda cursor: _drop_leftovers(cursor, standings))
        for name, definition in definitions.items():
            try:
                recipe = await asyncio.to_thread(prepare, self._log.database, definition, self._tables())
                await self._take_over(recipe, standings.get(name))
            except (Problem, Error) as error:
                wrong[name] = error.detail if isinstance(error, Problem) else str(error)
                await self._keep_answering(definition, standings.get(name), wrong[name])
        return wrong

    def get(self, name: str) -> Projector:
        """The projection called `name`, or `NotFound`."""
        if name not in self.running:
            raise NotFound(f'There is no projection {name!r}.')
        return self.running[name]

    async def rows(self, name: str, where: Mapping[str, str], sort: str, limit: int, offset: int) -> dict[str, Any]:
        """A page of a projection's rows, with the position that they tell of."""
        projector = self.get(name)
        columns = projector.recipe.columns
        conditions, parameters = _conditions(columns, where)
        order = _order(columns, sort or ','.join(projector.recipe.definition.key))

        def ask(read: Read) -> dict[str, Any]:
            standing = projector.standing
            source = f'FROM derived."{standing.table}"{conditions}'
            position = read('SELECT position FROM derived.projections WHERE name = ?', [name])[0][0]
            page = f'SELECT {sql.selected(columns)} {source}{order} LIMIT {limit:d} OFFSET {offset:d}'
            return {
                'projection': name,
                'position': max(position, projector.position),
                'total': read(f'SELECT count(*) {source}', parameters)[0][0],
                'rows': [sql.as_json(columns, row) for row in read(page, parameters)],
            }

        try:
            return await self._log.database.read(ask)
        except Error:
            return await self._log.database.read(ask)  # it was replaced by a rebuilt one just now

    async def wait_for(self, name: str, position: int, seconds: float = PATIENCE) -> None:
        """Return once the projection tells of `position`; `Unavailable` when it does not in time."""
        projector = self.get(name)
        try:
            async with asyncio.timeout(seconds):
                while projector.position < position:
                    if self.get(name) is not projector or projector.status in {'paused', 'parked'}:
                        raise Unavailable(f'The projection {name} is {projector.status} at {projector.position}.')
                    await projector.moved.wait()
        except TimeoutError:
            raise Unavailable(f'The projection {name} is at {projector.position} only.') from None

    def wake(self) -> None:
        """Tell every projection that there may be news."""
        for projector in self.running.values():
            projector.wake(at_once=False)

    async def close(self) -> None:
        """Stop them where they are."""
        for name in list(self._tasks):
            await self._stop(name)

    async def _take_over(self, recipe: Recipe, standing: Standing | None) -> None:
        name = recipe.definition.projection
        projector = self.running.get(name)
        if projector is None:
            if standing is None or not await self._there(standing):
                standing = Standing(name, recipe.fingerprint, f'{name}__0')
                await self._derived.transaction(lambda cursor: _begin(cursor, recipe, standing))
            projector = Projector(self._log, self._derived, recipe, standing)
            self._start(name, projector)
        if projector.standing.fingerprint == recipe.fingerprint:
            projector.cancel()
            projector.recipe = recipe
        elif projector.building is None or projector.building.recipe.fingerprint != recipe.fingerprint:
            await projector.rebuild(recipe)
        projector.wake()

    async def _keep_answering(self, definition: Projection, standing: Standing | None, wrong: str) -> None:
        """A definition that cannot run leaves the rows as they are; the projection is parked until it is mended."""
        name = definition.projection
        if name not in self.running and standing and await self._there(standing):
            columns = await self._columns(standing.table)
            key = tuple(name for name in definition.key if name in columns)
            definition = definition.model_copy(update={'key': key})
            self._start(name, Projector(self._log, self._derived, Recipe(definition, {}, columns), standing))
        if name in self.running:
            self.running[name].cancel()
            await self.running[name].change(error=wrong, error_position=None, fingerprint='')

    def _start(self, name: str, projector: Projector) -> None:
        self.running[name] = projector
        self._tasks[name] = asyncio.create_task(projector.run())
        self._tasks[name].add_done_callback(_report)

    async def _stop(self, name: str) -> None:
        projector = self.running.pop(name, None)
        if task := self._tasks.pop(name, None):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if projector:
            projector.tell_waiting()

    async def _remove(self, name: str) -> None:
        await self._stop(name)

        def forget(cursor: Cursor) -> None:
            for (table,) in cursor.execute(TABLES_OF, [f'{name}__[0-9]+']).fetchall():
                cursor.execute(f'DROP TABLE derived.{identifier(table)}')
            cursor.execute('DELETE FROM derived.projections WHERE name = ?', [name])

        await self._derived.transaction(forget)

    async def _standings(self) -> dict[str, Standing]:
        rows = await self._log.database.query('SELECT * FROM derived.projections')
        head = self._log.position
        standings = {
            row[0]: Standing(row[0], row[1], row[2], row[3], row[4], row[5] or '', row[6], row[7]) for row in rows
        }
        # What is ahead of the log tells of another one: the log was restored from a backup.
        return {name: standing for name, standing in standings.items() if standing.position <= head}

    async def _there(self, standing: Standing) -> bool:
        return bool(await self._columns(standing.table))

    async def _columns(self, table: str) -> dict[str, str]:
        rows = await self._log.database.query(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'derived' AND table_name = ? "
            'ORDER BY column_index',
            [table],
        )
        return dict(rows)


def _begin(cursor: Cursor, recipe: Recipe, standing: Standing) -> None:
    cursor.execute(f'DROP TABLE IF EXISTS derived."{standing.table}"')
    create(cursor, recipe, standing.table)
    standing.save(cursor)


def _drop_leftovers(cursor: Cursor, standings: Mapping[str, Standing]) -> None:
    """Tables that were being built when the program ended."""
    keep = {'snapshots', 'projections', 'progress', *(standing.table for standing in standings.values())}
    tables = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'derived'").fetchall()
    for (table,) in tables:
        if table not in keep:
            cursor.execute(f'DROP TABLE derived.{identifier(table)}')


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        logger.critical('a projection has stopped', exc_info=task.exception())


def _conditions(columns: Mapping[str, str], where: Mapping[str, str]) -> tuple[str, list[str]]:
    conditions, parameters = [], []
    for name, text in where.items():
        if name not in columns:
            raise Malformed(f'There is no column {name[:60]!r}; there are {", ".join(columns)}.')
        conditions.append(f'{identifier(name)} = TRY_CAST(? AS {columns[name]})')
        parameters.append(text)
    return (f' WHERE {" AND ".join(conditions)}' if conditions else ''), parameters


def _order(columns: Mapping[str, str], sort: str) -> str:
    parts = []
    for part in filter(None, sort.split(',')):
        name = part.removeprefix('-')
        if name not in columns:
            raise Malformed(f'sort: there is no column {name[:60]!r}; there are {", ".join(columns)}.')
        parts.append(f'{identifier(name)} {"DESC" if part.startswith("-") else "ASC"} NULLS LAST')
    return f' ORDER BY {", ".join(parts)}' if parts else ''
