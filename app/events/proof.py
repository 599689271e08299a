"""Proof that history was not altered: the chain of hashes computed anew, from the first event to the head."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from app.errors import Unavailable
from app.events.database import Read
from app.events.duckdb_log import COLUMNS, DuckDBLog
from app.events.event import GENESIS, Head, chain
from app.events.head_file import HeadFile

logger = logging.getLogger(__name__)

PAGE = 5000
SHARE = 0.2
"""How much of one processor the check after the start takes, at most."""
SAMPLED = 997
"""One event in so many is looked up through the indexes as well."""
REMEDY = 'Restore the newest backup: dbbasic restore FILE.'
PAGE_OF_EVENTS = f'SELECT {COLUMNS} FROM events WHERE position > ? AND position <= ? ORDER BY position'
GAPS = """
    SELECT stream, max(position) FROM events WHERE position <= ?
    GROUP BY stream HAVING count(*) <> max(version) OR min(version) <> 1 OR count(DISTINCT version) <> count(*)
    LIMIT 1"""
SAMPLE = 'SELECT position, event_id::VARCHAR FROM events WHERE position % ? = 0'
TABLES = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'events' AND table_name <> 'events'"

Said = dict[str, Any]
Differences = Callable[[Read], list[str]]
"""`differences(read)`: in what the read tables differ from what the log says; raises `Broken` for other files."""


class Broken(Exception):
    """What was found, and at which position; or in which file, where that is not the log itself."""

    def __init__(self, position: int, reason: str, file: str = '') -> None:
        super().__init__(reason)
        self.position = position
        self.file = file


class Proof:
    """Verifies the log, on demand and once after every start."""

    def __init__(self, log: DuckDBLog, differences: Differences) -> None:
        self._log = log
        self._differences = differences
        self.last: dict[str, Any] = {'status': 'not verified yet'}
        """How far the check after the start is, or how it ended."""

    async def verify(self, first: int = 1, last: int | None = None, share: float = 1.0) -> AsyncIterator[Said]:
        """Progress as it is made, then the verdict: `whole`, or `broken` with position, reason and remedy.

        It is `postponed` while the database cannot take in what was acknowledged.
        """
        began = time.monotonic()
        head = await self._log.head()
        end = min(last or head.position, head.position)
        first = min(first, end + 1)
        position = first - 1
        try:
            previous = await self._hash_at(position)
            while position < end:
                started = time.monotonic()
                until = min(position + PAGE, end)
                previous = await self._ask(_verify_page, position, until, previous)
                position = until
                yield {'status': 'verifying', 'position': position, 'of': end}
                if share < 1:
                    await asyncio.sleep((time.monotonic() - started) * (1 / share - 1))
            await self._verify_rest(end, whole=first == 1 and end == head.position)
        except (Broken, Unavailable) as error:
            lacking = self._log.database.freshness.lacking
            yield self._postponed(position) if lacking else self._broken(error, position)
            return
        seconds = round(time.monotonic() - began, 3)
        yield {'status': 'whole', 'from': first, 'to': end, 'hash': previous, 'seconds': seconds}

    async def verify_in_background(self) -> None:
        """Read all there is once; a log that is damaged stops all writing, so that nothing is built on it."""
        async for said in self.verify(share=SHARE):
            self.last = said
        if self.last['status'] == 'broken' and self.last['file'] == str(self._log.database.path):
            self._log.writer.refuse(f'{self.last["reason"]} {REMEDY}')

    async def _verify_rest(self, end: int, *, whole: bool) -> None:
        gap = await self._log.database.query(GAPS, [end])
        if gap:
            raise Broken(gap[0][1], f'The versions of the stream {gap[0][0]} have a gap.')
        if not whole:
            return
        await self._log.database.read(_touch_everything)
        promised = await asyncio.to_thread(_promised, self._log)
        if promised and promised.position and await self._hash_at(promised.position) != promised.hash:
            raise Broken(promised.position, 'The event is not the one that was acknowledged, says events.head.')
        for difference in await self._log.database.read(self._differences):
            raise Broken(end, difference)

    async def _hash_at(self, position: int) -> str:
        if position <= 0:
            return GENESIS
        rows = await self._log.database.query('SELECT hash FROM events WHERE position = ?', [position])
        if not rows:
            raise Broken(position, 'The event is missing.')
        return str(rows[0][0])

    async def _ask(self, question: Callable[..., str], *values: Any) -> str:
        return await self._log.database.read(lambda read: question(read, *values))

    def _postponed(self, position: int) -> dict[str, Any]:
        reason = f'{self._log.database.path} cannot take in what was acknowledged last, as its writing fails.'
        remedy = 'That is safe in events.promised; verify again once there is room on the disk.'
        return {'status': 'postponed', 'position': position, 'reason': reason, 'remedy': remedy}

    def _broken(self, error: Exception, position: int) -> dict[str, Any]:
        file = getattr(error, 'file', '') or str(self._log.database.path)
        place = error.position if isinstance(error, Broken) else position + 1
        reason = f'{file} is damaged{f" at event {place}" if place else ""}: {error}'
        logger.critical('%s %s', reason, REMEDY)
        return {'status': 'broken', 'file': file, 'position': place, 'reason': reason, 'remedy': REMEDY}


def _verify_page(read: Read, position: int, until: int, previous: str) -> str:
    for *columns, digest in read(PAGE_OF_EVENTS, [position, until]):
        position += 1
        if columns[0] != position:
            raise Broken(position, f'Event {position} is missing.')
        if chain(previous, *columns) != digest:
            raise Broken(position, f'The content of event {position} does not fit its hash.')
        previous = digest
    if position != until:
        raise Broken(position + 1, f'Event {position + 1} is missing.')
    return previous


def _touch_everything(read: Read) -> None:
    """Read every block of the other tables, and a sample through the indexes; damaged ones cannot be read."""
    for schema, table in read(TABLES, []):
        read(f'SELECT bit_xor(hash(t)) FROM events."{schema}"."{table}" AS t', [])
    for position, event_id in read(SAMPLE, [SAMPLED]):
        by_position = read('SELECT event_id::VARCHAR FROM events WHERE position = ?', [position])
        by_id = read('SELECT position FROM events WHERE event_id = ?::UUID', [event_id])
        if by_position != [(event_id,)] or by_id != [(position,)]:
            raise Broken(position, f'An index does not find event {position}.')


def _promised(log: DuckDBLog) -> Head | None:
    head_file = HeadFile(log.database.path.with_name('events.head'))
    try:
        return head_file.read()
    except ValueError as error:
        raise Broken(log.position, str(error)) from error
    finally:
        head_file.close()
