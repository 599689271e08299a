"""Reading records: one, many, a page of a list. Permissions are applied here, for every reader alike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from app.crud.catalog import Catalog
from app.crud.listing import Asked, read_page, rows_of
from app.crud.naming import scope_for, user_of
from app.crud.query import Query, cursor_of, parse_query
from app.crud.table import Table
from app.errors import Denied, NotFound, NotLoggedIn
from app.events import DuckDBLog
from app.events.database import Read, Row
from app.events.time_travel import position_at
from app.permissions import Action, Decision, Principal, decide

Values = dict[str, Any]


class Record(NamedTuple):
    """A living record: its values by field name, its version and its owner."""

    id: str
    version: int
    owner: str
    values: Values

    def as_json(self) -> Values:
        """The record as the API shows it."""
        return {'id': self.id, **self.values, '_version': self.version}

    def without(self, names: frozenset[str]) -> Record:
        """The record for somebody who may not see these fields."""
        return self._replace(values={name: value for name, value in self.values.items() if name not in names})


class Page(NamedTuple):
    """A part of a list, and how it goes on."""

    records: list[Record]
    total: int | None
    next: str | None
    labels: dict[str, dict[str, str]] | None

    def as_json(self) -> Values:
        """The page as the API shows it."""
        answer: Values = {
            'records': [record.as_json() for record in self.records],
            'total': self.total,
            'next': self.next,
        }
        return answer if self.labels is None else answer | {'labels': self.labels}


class Views:
    """Questions about the records as they are now."""

    def __init__(self, catalog: Catalog, log: DuckDBLog) -> None:
        self.catalog = catalog
        self._log = log
        self._gathering: dict[str, dict[str, asyncio.Future[Record | None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(
        self, entity: str, record_id: str, principal: Principal, action: Action = 'read', *, as_of: str = ''
    ) -> Record:
        """One record, as it was at a moment or position; `NotFound` also where `principal` may not know of it."""
        decision = self.allow(entity, action, principal)
        readable = decision if action == 'read' else self.allow(entity, 'read', principal)
        table = self.catalog.table(entity)
        named = table.entity.canonical_id(record_id)
        record = await (self._find_as_of(table, named, as_of) if as_of else self.find(entity, named))
        if record is None or (readable.only_own and record.owner != principal.id):
            raise NotFound(f'There is no record {record_id!r} in {entity}.')
        if decision.only_own and record.owner != principal.id:
            raise Denied(f'{decision.reason} This one belongs to someone else.')
        return record

    def check(self, table: Table, record: Record, principal: Principal, action: Action) -> None:
        """Refuse what `principal` may not do with a record that is at hand."""
        for wanted in ('read', action):
            decision = self.allow(table.entity.resource, wanted, principal)
            if decision.only_own and record.owner != principal.id:
                if wanted == 'read':
                    raise NotFound(f'There is no record {record.id!r} in {table.entity.resource}.')
                raise Denied(f'{decision.reason} {record.id} belongs to someone else.')

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
        sql = f'SELECT {table.select} FROM {table.name} AS t WHERE {where}'
        return [_record(table, row) for row in await self._log.database.query(sql, [values])] if values else []

    async def page(self, entity: str, parameters: Iterable[tuple[str, str]], principal: Principal) -> Page:
        """A page of the records that match."""
        table = self.catalog.table(entity)
        hidden = table.entity.hidden_from(principal)
        query = self.query(table, parameters, principal)
        asked = Asked(self.catalog, table, query, user_of(principal), time.time_ns() // 1000)
        rows, total = await self._log.database.read(lambda read: read_page(read, asked))
        page, more = rows[: query.limit], len(rows) > query.limit
        records = [_record(table, row).without(hidden) for row in page]
        next_ = cursor_of(query.order, _sorted_values(table, page[-1])) if more and page else None
        labels = await self.labels(table, records, principal) if query.labels else None
        return Page(records, total, next_, labels)

    def query(self, table: Table, parameters: Iterable[tuple[str, str]], principal: Principal) -> Query:
        """What is asked for, within what `principal` may read; raises `Denied`."""
        decision = self.allow(table.entity.resource, 'read', principal)
        scope = scope_for(self.catalog, table, principal)
        query = parse_query(table, parameters, table.entity.hidden_from(principal), scope)
        if decision.only_own:
            query.where.insert(0, 't._owner = ?')
            query.parameters.insert(0, principal.id)
        return query

    async def ids(self, entity: str, text: str, principal: Principal) -> list[str]:
        """The ids of all records that `principal` may read and an expression lets through."""
        table = self.catalog.table(entity)
        query = self.query(table, [('filter', text), ('count', 'none')], principal)
        asked = Asked(self.catalog, table, query, user_of(principal), time.time_ns() // 1000)
        rows = rows_of(asked, None)
        found = await self._log.database.query(f'SELECT t.id FROM {rows.sql} ORDER BY t._created', rows.parameters)
        return [row[0] for row in found]

    async def labels(self, table: Table, records: list[Record], principal: Principal) -> dict[str, dict[str, str]]:
        """What the records' foreign keys point to, in words: entity -> id -> label."""
        wanted: dict[str, set[str]] = {}
        for reference in table.entity.references:
            target = getattr(reference, 'references', '')
            if target in self.catalog.tables and decide_read(self.catalog.table(target), principal):
                values = {value for record in records if (value := record.values.get(reference.name)) is not None}
                wanted.setdefault(target, set()).update(values)
        return {target: await self.labels_of(target, values) for target, values in wanted.items()}

    async def labels_of(self, entity: str, ids: Iterable[str]) -> dict[str, str]:
        """Id -> label of these records."""
        table = self.catalog.table(entity)
        display = table.entity.fields[table.entity.display]
        column = '"id"' if display.minted else f'"{display.id}"'
        key = table.reference_column
        label = f'coalesce(({display.read(column)})::VARCHAR, {key}::VARCHAR)'
        sql = f'SELECT {key}::VARCHAR, {label} FROM {table.name} WHERE {key}::VARCHAR IN (SELECT unnest(?::VARCHAR[]))'
        return dict(await self._log.database.query(sql, [sorted(ids)]))

    async def counts(self, principal: Principal) -> dict[str, int]:
        """How many records of each entity `principal` may read."""
        counts = {}
        for name, table in self.catalog.tables.items():
            decision = decide(table.entity.permissions, 'read', principal, name)
            if decision.allowed:
                own, parameters = (' WHERE _owner = ?', [principal.id]) if decision.only_own else ('', [])
                rows = await self._log.database.query(f'SELECT count(*) FROM {table.name}{own}', parameters)
                counts[name] = rows[0][0]
        return counts

    async def existing(self, table: Table, column: str, values: list[str]) -> set[str]:
        """Those of `values` that stand in a text column, whoever asks."""
        sql = f'SELECT "{column}" FROM {table.name} WHERE "{column}" IN (SELECT unnest(?::VARCHAR[]))'
        return {row[0] for row in await self._log.database.query(sql, [values])} if values else set()

    async def claimed(self, claims: list[str]) -> set[str]:
        """Those of `claims` that are taken."""
        sql = 'SELECT claim FROM claims WHERE claim IN (SELECT unnest(?::VARCHAR[]))'
        return {row[0] for row in await self._log.database.query(sql, [claims])} if claims else set()

    def allow(self, entity: str, action: Action, principal: Principal) -> Decision:
        """What `principal` may do with `entity`, or `Denied` with the reason."""
        decision = decide(self.catalog.table(entity).entity.permissions, action, principal, entity)
        if not decision.allowed:
            raise (NotLoggedIn if principal.anonymous else Denied)(decision.reason)
        return decision

    async def find(self, entity: str, record_id: str) -> Record | None:
        """One record, whoever asks. Those who ask while a query runs share the next one."""
        gathering = self._gathering.get(entity)
        if gathering is None:
            gathering = self._gathering[entity] = {}
            task = asyncio.create_task(self._find_gathered(entity))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if record_id not in gathering:
            gathering[record_id] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(gathering[record_id])

    async def _find_gathered(self, entity: str) -> None:
        while wanted := self._gathering[entity]:
            self._gathering[entity] = {}
            try:
                found = await self._find_all(self.catalog.table(entity), list(wanted))
            except Exception as error:
                for future in wanted.values():
                    future.set_exception(error)
                continue
            for record_id, future in wanted.items():
                future.set_result(found.get(record_id))
        del self._gathering[entity]

    async def _find_as_of(self, table: Table, record_id: str, as_of: str) -> Record | None:
        def ask(read: Read) -> list[Row]:
            rows = table.as_of(position_at(read, as_of))
            return read(f'SELECT {table.select} FROM {rows} AS t WHERE t.id = ?', [record_id])

        found = await self._log.database.read(ask)
        return _record(table, found[0]) if found else None

    async def _find_all(self, table: Table, ids: list[str]) -> dict[str, Record]:
        where = 'id = ?' if len(ids) == 1 else f'id IN ({", ".join("?" * len(ids))})'
        rows = await self._log.database.query(f'SELECT {table.select} FROM {table.name} AS t WHERE {where}', ids)
        return {row[0]: _record(table, row) for row in rows}


def decide_read(table: Table, principal: Principal) -> bool:
    """Whether all records of a table may be read."""
    decision = decide(table.entity.permissions, 'read', principal, table.entity.resource)
    return decision.allowed and not decision.only_own


def _record(table: Table, row: tuple[Any, ...]) -> Record:
    record_id, version, _, owner, *columns = row
    values = {
        field.name: field.from_row(value) if value is not None else None
        for field, value in zip(table.entity.stored, columns, strict=True)
    }
    return Record(record_id, version, owner, values)


def _sorted_values(table: Table, row: tuple[Any, ...]) -> Values:
    return dict(zip(['id', '_version', '_created', '_owner', *table.fields], row, strict=True))
