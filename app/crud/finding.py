"""Finding records by what names them, whoever asks; those found lately are in memory."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence

from app import codec
from app.crud.catalog import Catalog
from app.crud.memory import Kept, RecordMemory
from app.crud.record import Record, record_from, record_of
from app.crud.table import Table
from app.events import DuckDBLog, Event
from app.events.database import Read, Row
from app.events.time_travel import position_at

logger = logging.getLogger(__name__)

WARMED = 2_000
"""Positions of the log that one step of warming up looks at: it competes with requests for some 20 ms."""
WARM_REST = 2.0
"""After each step it rests so many times as long as that took."""


class Finder:
    """Knows no permissions: whoever uses it decides what to show."""

    def __init__(self, catalog: Catalog, log: DuckDBLog) -> None:
        self.catalog = catalog
        self.memory = RecordMemory()
        self._log = log
        self._tables = catalog.tables
        self._gathering: dict[str, dict[str, asyncio.Future[Record | None]]] = {}
        self._warming: set[str] = set()
        self._complete: dict[str, int] = {}
        """Entity -> what the memory lacked when all of its records came in."""
        self._tasks: set[asyncio.Task[None]] = set()
        log.listen(self.note)

    def note(self, events: Sequence[Event]) -> None:
        """Something was committed."""
        self.memory.note(events)

    def forget(self) -> None:
        """The entities have changed."""
        self.memory.clear()

    def keep(self, table: Table, record: Record) -> None:
        """Remember a record that was just read or written, unless its entity has changed meanwhile."""
        self._forget_other_entities()
        entity = table.entity.resource
        if self.catalog.tables.get(entity) is table:
            self.memory.put(f'{entity}/{record.id}', _kept(record))

    def kept(self, entity: str, record_id: str) -> Kept | None:
        """A record that is in memory."""
        self._forget_other_entities()
        return self.memory.get(f'{entity}/{record_id}')

    async def find(self, entity: str, record_id: str) -> Record | None:
        """One record, whoever asks. Those who ask while a query runs share the next one."""
        if kept := self.kept(entity, record_id):
            return record_from(self.catalog.table(entity), kept.owner, kept.body)
        gathering = self._gathering.get(entity)
        if gathering is None:
            gathering = self._gathering[entity] = {}
            self._start(self._find_gathered(entity))
            self.warm_up(entity)
        if record_id not in gathering:
            gathering[record_id] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(gathering[record_id])

    def _forget_other_entities(self) -> None:
        if self._tables is not self.catalog.tables:
            self._tables = self.catalog.tables
            self.forget()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.debug('records are not kept in memory: %s', error)

    def holds_all(self, entity: str) -> bool:
        """Whether the records of an entity are all in memory, but perhaps some that were written lately."""
        self._forget_other_entities()
        return self._complete.get(entity) == self.memory.lacking

    def warm_up(self, entity: str) -> None:
        """Begin to fetch the newest records into memory, unless that is done or there is no room."""
        if not (self.holds_all(entity) or self.memory.full or entity in self._warming):
            self._warming.add(entity)
            self._start(self._warm_up(entity))

    async def _warm_up(self, entity: str) -> None:
        table, cleared, below = self.catalog.table(entity), self.memory.cleared, self._log.position
        lacking = self.memory.lacking
        sql = f'SELECT {table.select} FROM {table.rows} AS t WHERE t._created > ? AND t._created <= ?'

        def step(read: Read) -> list[tuple[str, Kept]]:
            rows = read(sql, [below - WARMED, below])
            return [(f'{entity}/{row[0]}', _kept(record_of(table, row))) for row in rows]

        try:
            while below > 0:
                began = time.monotonic()
                found = await self._log.database.read(step)
                if self.memory.full or self.memory.cleared != cleared:
                    return
                for stream, kept in found:
                    self.memory.put(stream, kept)
                below -= WARMED
                await asyncio.sleep(WARM_REST * (time.monotonic() - began))
            self._complete[entity] = lacking
        finally:
            self._warming.discard(entity)

    async def _find_gathered(self, entity: str) -> None:
        while wanted := self._gathering[entity]:
            self._gathering[entity] = {}
            cleared = self.memory.cleared
            try:
                table = self.catalog.table(entity)
                found = await self.find_all(table, list(wanted))
            except Exception as error:
                for future in wanted.values():
                    future.set_exception(error)
                continue
            if cleared == self.memory.cleared:
                for record in found.values():
                    self.keep(table, record)
            for record_id, future in wanted.items():
                future.set_result(found.get(record_id))
        del self._gathering[entity]

    async def find_as_of(self, table: Table, record_id: str, as_of: str) -> Record | None:
        """One record as it was at a moment or position."""

        def ask(read: Read) -> list[Row]:
            rows = table.rows_at(position_at(read, as_of))
            return read(f'SELECT {table.select} FROM {rows} AS t WHERE t.id = ?', [record_id])

        found = await self._log.database.read(ask)
        return record_of(table, found[0], as_of) if found else None

    async def find_all(self, table: Table, ids: list[str]) -> dict[str, Record]:
        """Those records that are there, whoever asks: id -> record."""
        where = 'id = ?' if len(ids) == 1 else f'id IN ({", ".join("?" * len(ids))})'
        rows = await self._log.database.query(f'SELECT {table.select} FROM {table.rows} AS t WHERE {where}', ids)
        return {row[0]: record_of(table, row) for row in rows}

    async def find_many(self, table: Table, by: str, values: list[str]) -> dict[str, Record]:
        """The records whose field `by` (or id, if empty) has one of these values, whoever asks: value -> record."""
        column = f't."{table.entity.fields[by].id}"::VARCHAR' if by else 't.id'
        found = await self._select(table, column, values)
        return {str(record.values[by]) if by else record.id: record for record in found}

    async def referring(self, table: Table, field_id: str, values: list[str], most: int | None) -> list[Record]:
        """The records whose foreign key holds one of these values, whoever asks."""
        return await self._select(table, f't."{field_id}"', values, most)

    async def _select(self, table: Table, column: str, values: list[str], most: int | None = None) -> list[Record]:
        where = f'{column} IN (SELECT unnest(?::VARCHAR[]))' + (f' LIMIT {most:d}' if most else '')
        sql = f'SELECT {table.select} FROM {table.rows} AS t WHERE {where}'
        return [record_of(table, row) for row in await self._log.database.query(sql, [values])] if values else []

    async def existing(self, table: Table, column: str, values: list[str]) -> set[str]:
        """Those of `values` that stand in a text column, whoever asks."""
        sql = f'SELECT "{column}" FROM {table.name} WHERE "{column}" IN (SELECT unnest(?::VARCHAR[]))'
        return {row[0] for row in await self._log.database.query(sql, [values])} if values else set()

    async def holders(self, claims: list[str]) -> dict[str, str]:
        """Claim -> the stream that holds it, of those that are taken."""
        sql = 'SELECT claim, owner FROM claims WHERE claim IN (SELECT unnest(?::VARCHAR[]))'
        return dict(await self._log.database.query(sql, [claims])) if claims else {}


def _kept(record: Record) -> Kept:
    return Kept(record.version, record.owner, codec.encode_to_keep(record.as_json()))
