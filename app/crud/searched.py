"""What is searched of an entity, in memory: a few million bytes."""

from __future__ import annotations

import asyncio
import logging
import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice

from app import codec
from app.crud.listing import creations
from app.crud.query import Query
from app.crud.table import Table
from app.crud.texts import FULL, Entry, Part, Words
from app.errors import Problem
from app.events import DuckDBLog, Event
from app.events.database import Error, Read, Row
from app.expressions.casing import lower
from app.fields import Field

logger = logging.getLogger(__name__)

LARGEST = 16_000_000
"""Bytes of text; where an entity has more, the database searches it."""
WAITING = 1_000
"""Events not looked at before the next search; more, and it is cheaper to read all texts again."""
ALTERED = 5_000
"""Records that were changed since, of which notes are kept until all texts are read again."""
STRETCH = 256 * 1024
"""Bytes that are looked at before others have their turn."""
HIT = 500
"""What a record found costs, in bytes looked at."""
ATTEMPTS = 3
PATIENCE = 0.5
"""Seconds that a search waits for texts that are being read, as many others would keep them from being read."""
REST = 60.0
"""Seconds until another try, where there was too much to keep or it could not be read."""
BETWEEN = '\n'
"""Ends each field; no word can hold it."""


class Searched:
    """What is searched of one entity."""

    def __init__(self, table: Table, log: DuckDBLog) -> None:
        self.table = table
        self._log = log
        fields = table.entity.searched
        self._fields = fields if all(_is_text(table, field) for field in fields) else ()
        self._parts: list[Part] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._rest_until = 0.0
        self._settling = asyncio.Lock()
        self._clear()

    def note(self, events: Sequence[Event]) -> None:
        """Records were written; nothing is done before the next search."""
        if self._parts is None and self._reading is None:
            return
        self._waiting += events
        if len(self._waiting) > WAITING:
            self._clear()

    async def ready(self) -> bool:
        """Whether all texts are here, and as they were when this was asked or newer."""
        if self._parts is None:
            if self._reading:
                await asyncio.wait([self._reading], timeout=PATIENCE)
            elif self._fields and time.monotonic() > self._rest_until:
                self._clear()
                self._reading = asyncio.create_task(self._read_all(self._cleared))
        if self._parts is None:
            return False
        async with self._settling:
            for _ in range(ATTEMPTS):
                altered = self._look_at_waiting()
                if not altered:
                    return self._parts is not None
                try:
                    await self._read_again(altered)
                except BaseException:
                    self._clear()
                    raise
        return False

    async def newest(self, query: Query) -> list[tuple[str, int, int]] | None:
        """As `Searches.newest`; must follow on `ready` at once."""
        parts, rewritten = self._parts or [], self._rewritten
        words = Words([lower(word) for word in query.words])
        wanted, spent = query.offset + query.limit + 1, 0
        found: list[tuple[str, int, int]] = []
        for part in reversed(parts):
            rows = self._rows(part, part.matching(words, part.before(query.below)))
            new = list(islice(rows, wanted - len(found)))
            found += new
            if len(found) == wanted:
                break
            spent += len(part.texts.content) + HIT * len(new)
            if spent > STRETCH:
                spent = 0
                await asyncio.sleep(0)
                if rewritten != self._rewritten:
                    return None
        return found[query.offset :]

    def _rows(self, part: Part, numbers: Iterable[int]) -> Iterable[tuple[str, int, int]]:
        for number in numbers:
            id_, position = part.ids.at(number), part.positions[number]
            if self._living.get(id_, position) == position:
                yield id_, max(part.versions[number], self._versions.get(id_, 0)), position

    def _clear(self) -> None:
        self._parts = None
        self._cleared: object = object()
        self._rewritten: object = object()
        self._waiting: list[Event] = []
        self._versions: dict[str, int] = {}
        """Record -> the version it has become."""
        self._living: dict[str, int] = {}
        """Record that has gone or come back -> where it was created last; 0 if it is not there."""

    async def _read_all(self, cleared: object) -> None:
        try:
            parts = await self._all_parts()
            if self._cleared is cleared:
                self._parts = parts
            if parts is None:
                self._rest_until = time.monotonic() + REST
        except (Problem, Error) as error:
            self._rest_until = time.monotonic() + REST
            logger.debug('%s is searched by the database: %s', self.table.name, error)
        finally:
            self._reading = None

    async def _all_parts(self) -> list[Part] | None:
        positions = await self._log.database.read(lambda read: creations(read, self.table))
        lengths = ' + '.join(f'coalesce(sum(strlen({_column(field)})), 0)' for field in self._fields)
        if (await self._log.database.query(f'SELECT {lengths} FROM {self.table.name} AS t'))[0][0] > LARGEST:
            return None
        sql = self._select('t._created BETWEEN ? AND ?')

        def parts_of(read: Read) -> list[Part]:
            pieces = (positions[start : start + FULL] for start in range(0, len(positions), FULL))
            parts = (_part_of(read(sql, [piece[0], piece[-1]])) for piece in pieces)
            return [part for part in parts if part.positions]

        return await self._log.database.read(parts_of)

    def _select(self, where: str) -> str:
        text = ' || '.join(f"coalesce(lower({_column(field)}), '') || chr({ord(BETWEEN)})" for field in self._fields)
        columns = f't._created, t.id, t._version, {text}'
        return f'SELECT {columns} FROM {self.table.name} AS t WHERE {where} ORDER BY t._created'

    def _look_at_waiting(self) -> set[str]:
        """Take over what was committed; the records whose texts must be read for it."""
        altered, ids = set[str](), {field.id for field in self._fields}
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            record_id, data = event.stream.partition('/')[2], codec.parse(event.data)
            if event.type == 'deleted':
                self._living[record_id] = 0
                self._rewritten = object()
            elif event.type == 'changed':
                self._versions[record_id] = event.version
                altered |= {record_id} if ids & data.keys() else set()
            elif not self._add(event, record_id, [data.get(field.id) for field in self._fields]):
                altered.add(record_id)
        if len(self._versions) + len(self._living) > ALTERED:
            self._clear()
            return set()
        return altered

    def _add(self, event: Event, record_id: str, values: Sequence[object]) -> bool:
        """Take over a record that has come; false if its text must be read."""
        if event.version > 1:
            self._versions.pop(record_id, None)
            self._living[record_id] = event.position
            self._rewritten = object()
        texts = [record_id if field.minted else value for field, value in zip(self._fields, values, strict=True)]
        known = [text for text in texts if text is None or isinstance(text, str)]
        text = ''.join(f'{lower(text or "")}{BETWEEN}' for text in known)
        self._append(Entry(event.position, record_id, event.version, text))
        return len(known) == len(texts)

    def _append(self, entry: Entry) -> None:
        parts = self._parts
        if parts is None or (parts and entry.position <= parts[-1].positions[-1]):
            return  # it was there already when all were read
        if not parts or len(parts[-1].positions) >= FULL:
            parts.append(Part())
        parts[-1].append([entry])

    async def _read_again(self, altered: set[str]) -> None:
        cleared = self._cleared
        sql = self._select('t.id IN (SELECT unnest(?::VARCHAR[]))')
        entries = list(map(Entry._make, await self._log.database.query(sql, [list(altered)])))
        if self._cleared is not cleared:
            return
        self._living |= dict.fromkeys(altered - {entry.id for entry in entries}, 0)
        self._rewritten = object()
        for entry in entries:
            number = bisect_right(self._parts or [], entry.position, key=_first) - 1
            if self._parts is None or number < 0 or not self._parts[number].rewrite(entry):
                self._living[entry.id] = entry.position


def _is_text(table: Table, field: Field) -> bool:
    return field.minted or (field.id in table.fields and field.column == 'VARCHAR')


def _column(field: Field) -> str:
    return f't."{"id" if field.minted else field.id}"'


def _part_of(rows: Iterable[Row]) -> Part:
    part = Part()
    part.append(list(map(Entry._make, rows)))
    return part


def _first(part: Part) -> int:
    return part.positions[0]
