"""Copies of tables that lie in another order: where it is asked for again and again, nothing needs to be sorted."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from app.crud.listing import DEEP, Asked, rows_of, total_of
from app.crud.ordering import order_sql
from app.crud.query import Query
from app.crud.table import Table
from app.errors import Problem
from app.events import DuckDBLog, Event
from app.events.database import COPIES, Error, Read, Row

logger = logging.getLogger(__name__)

OFTEN = 3
WITHIN = 60.0
"""So often in so many seconds an order must be asked for to get a copy."""
FEWEST = 5_000
"""Records, up to which sorting them is as fast."""
MOST = 4
"""Copies; the one not asked for longest goes."""
ROWS = 2_000_000
"""Rows of all copies."""
OUTDATED = 4
"""Records changed since, from which on a new copy is made."""
USELESS = 32
"""Records changed since, from which on the table is read."""
REST = 1.5
"""Seconds before a copy is made anew, but at least so many times as long as it took:"""
RESTS = 8
LONG = frozenset({'text', 'markdown'})
COLUMN = re.compile(r't\."([^"]+)"')
_numbers = count(1)

Found = tuple[str, list[str]]
"""The name of a copy, and the records to be read from the table instead."""


@dataclass(slots=True)
class Copy:
    """A table in another order, and which records have changed since it was made."""

    table: Table
    order: str
    columns: frozenset[str]
    asked: list[float] = field(default_factory=list)
    name: str = ''
    """Empty until it is there."""
    rows: int = 0
    changed: set[str] = field(default_factory=set)
    meanwhile: set[str] | None = None
    """The records that change while it is made anew."""
    rest_until: float = 0.0

    def note(self, ids: Sequence[str]) -> None:
        """Records were written."""
        for changed in (self.changed, self.meanwhile):
            if changed is not None and len(changed) <= USELESS:
                changed.update(ids[: USELESS + 1])


class Copies:
    """Those that there are; lives on the event loop. They are in memory, and only make reading faster."""

    def __init__(self, log: DuckDBLog) -> None:
        self._log = log
        self._copies: dict[tuple[str, str], Copy] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def find(self, table: Table, query: Query) -> Found | None:
        """A copy that answers this, if there is one."""
        if query.as_of or query.newest_first or query.filters or query.offset >= DEEP or table.entity.computed:
            return None
        key = table.entity.resource, order_sql(query.order)
        copy = self._copies.pop(key, None)
        if copy is None or copy.table is not table:
            self._drop(copy)
            copy = Copy(table, key[1], columns_of(table))
        if not _answers(copy, query):
            return None
        self._copies[key] = copy
        self._ask_for(copy)
        return (copy.name, list(copy.changed)) if copy.name and len(copy.changed) <= USELESS else None

    def note(self, entity: str, events: Sequence[Event]) -> None:
        """Something was committed."""
        of_entity = [copy for (name, _), copy in self._copies.items() if name == entity]
        if of_entity:
            ids = [event.stream.partition('/')[2] for event in events[: USELESS + 1]]
            for copy in of_entity:
                copy.note(ids)
                if copy.name and len(copy.changed) > USELESS:
                    self._forget_table(copy.name)  # it answers nothing any more, and takes half a kilobyte for each row
                    copy.name, copy.rows = '', 0

    def forget(self) -> None:
        """The entities have changed."""
        for copy in self._copies.values():
            self._drop(copy)
        self._copies.clear()

    def _ask_for(self, copy: Copy) -> None:
        now = time.monotonic()
        copy.asked = [*copy.asked[1 - OFTEN :], now]
        often = len(copy.asked) >= OFTEN and copy.asked[0] > now - WITHIN
        wanted = not copy.name or len(copy.changed) > OUTDATED
        if often and wanted and copy.meanwhile is None and now > copy.rest_until:
            copy.meanwhile = set()
            self._start(self._make(copy))
        while len(self._copies) > MOST or sum(one.rows for one in self._copies.values()) > ROWS:
            self._drop(self._copies.pop(next(iter(self._copies))))

    async def _make(self, copy: Copy) -> None:
        name, columns = f'{COPIES}.main.copy_{next(_numbers)}', ', '.join(f't."{one}"' for one in sorted(copy.columns))
        sql = f'CREATE TABLE {name} AS SELECT {columns} FROM {copy.table.name} AS t ORDER BY {copy.order}'

        def make(read: Read) -> int:
            rows: int = read(f'SELECT count(*) FROM {copy.table.name}', [])[0][0]
            if FEWEST < rows <= ROWS:
                read(sql, [])
            return rows

        began = time.monotonic()
        copy.rest_until = began + WITHIN
        try:
            rows = await self._log.database.read(make)
            if FEWEST < rows <= ROWS:
                copy.rest_until = time.monotonic() + max(REST, RESTS * (time.monotonic() - began))
                self._publish(copy, name, rows)
        except (Problem, Error) as error:
            logger.debug('%s is sorted each time: %s', copy.table.name, error)
        finally:
            copy.meanwhile = None

    def _publish(self, copy: Copy, name: str, rows: int) -> None:
        if copy.meanwhile is None:  # dropped while it was made
            self._forget_table(name)
            return
        before, copy.name, copy.rows, copy.changed = copy.name, name, rows, copy.meanwhile
        self._forget_table(before)

    def _drop(self, copy: Copy | None) -> None:
        if copy:
            self._forget_table(copy.name)
            copy.name, copy.meanwhile = '', None

    def _forget_table(self, name: str) -> None:
        if name:
            self._start(self._remove(name))

    async def _remove(self, name: str) -> None:
        with suppress(Problem, Error):
            await self._log.database.query(f'DROP TABLE IF EXISTS {name}')

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def read_copy(read: Read, asked: Asked, found: Found) -> tuple[list[Row], int | None]:
    """The page as `read_page` gives it, brief; the first rows of a copy that match are the first of all.

    Nothing but conditions on one row may stand in it, as a join would give the rows in another order.
    """
    query, rows, (name, changed) = asked.query, rows_of(asked, None), found
    where = ' AND '.join([*rows.where, *query.beyond]) or 'true'
    parameters, wanted = [*rows.parameters, *query.beyond_parameters], query.offset + query.limit + 1
    columns = ', '.join({f't."{one}"': None for one in ('id', '_version', *(one.column for one in query.order))})
    first = f'SELECT {columns} FROM {name} AS t WHERE {where} LIMIT {wanted + len(changed):d}'
    page = f'LIMIT {query.limit + 1:d} OFFSET {query.offset:d}'
    if not changed:
        sql = f'SELECT {asked.select} FROM ({first}) AS t {page}'
        return read(sql, parameters), total_of(read, asked, rows)
    these = ', '.join('?' * len(changed))
    old = f'SELECT * FROM ({first}) WHERE id NOT IN ({these})'
    sought = f'SELECT * FROM {asked.table.name} AS t WHERE t.id IN ({these}) LIMIT {len(changed):d}'
    new = f'SELECT {columns} FROM ({sought}) AS t WHERE {where}'  # they are found by the index, all others by looking
    sql = f'SELECT {asked.select} FROM ({old} UNION ALL {new}) AS t ORDER BY {order_sql(query.order)} {page}'
    return read(sql, [*parameters, *changed, *changed, *parameters]), total_of(read, asked, rows)


def columns_of(table: Table) -> frozenset[str]:
    """The columns that a copy has: what is short, and may be filtered or sorted by."""
    fields = (field for field in table.entity.stored if field.type_name not in LONG)
    plain = {field.id for field in fields if field.column != 'JSON' and not field.column.endswith('[]')}
    return frozenset({'id', '_version', '_created', '_owner'} | plain)


def _answers(copy: Copy, query: Query) -> bool:
    """Whether it has all columns in question, and each row is asked about by itself."""
    conditions = [*query.where, *query.beyond]
    used = {name for condition in conditions for name in COLUMN.findall(condition)}
    used |= {one.column for one in query.order}
    return used <= copy.columns and not any('SELECT' in condition for condition in conditions)
