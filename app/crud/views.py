"""Reading records: one, many, a page of a list. Permissions are applied here, for every reader alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

from app.crud.catalog import Catalog
from app.crud.copies import Copies, Found, read_copy
from app.crud.covering import condition_of, covers, reason_of
from app.crud.finding import Finder
from app.crud.listing import Asked, Nearness, asked_by, creations, read_between, read_page, rows_of
from app.crud.memory import CreationOrder, Kept
from app.crud.naming import scope_for
from app.crud.ordering import Order, cursor_of
from app.crud.query import Query, parse_query
from app.crud.record import Record, Values, record_of
from app.crud.related import Related
from app.crud.searching import Searches
from app.crud.table import Table
from app.errors import Denied, NotFound, NotLoggedIn
from app.events import DuckDBLog, Event
from app.events.database import MissingTable, Row
from app.identifier import canonical_id
from app.permissions import OWN, Action, Decision, Principal, decide


class Page(NamedTuple):
    """A part of a list, and how it goes on."""

    records: list[Record]
    total: int | None
    next: str | None
    labels: dict[str, dict[str, str]] | None

    def as_json(self, shown: list[Values] | None = None) -> Values:
        """The page as the API shows it, with records that may be `shown` in a shape of their own."""
        answer: Values = {
            'records': [record.as_json() for record in self.records] if shown is None else shown,
            'total': self.total,
            'next': self.next,
        }
        return answer if self.labels is None else answer | {'labels': self.labels}


class Views(Finder):
    """Questions about the records as they are now."""

    def __init__(self, catalog: Catalog, log: DuckDBLog) -> None:
        super().__init__(catalog, log)
        self._orders: dict[str, CreationOrder] = {}
        self._nearness = Nearness()
        self.searches = Searches(log)
        self.copies = Copies(log)

    async def get(
        self, entity: str, record_id: str, principal: Principal, action: Action = 'read', *, as_of: str = ''
    ) -> Record:
        """One record, as it was at a moment or position; `NotFound` also where `principal` may not know of it."""
        decision = self.allow(entity, action, principal)
        readable = decision if action == 'read' else self.allow(entity, 'read', principal)
        table = self.catalog.table(entity)
        named = canonical_id(record_id)
        record = await (self.find_as_of(table, named, as_of) if as_of else self.find(entity, named))
        if record is None or not await self._settled(table, readable, principal, record, as_of):
            raise NotFound(f'There is no record {record_id!r} in {entity}.')
        if decision is not readable and not await self._settled(table, decision, principal, record, as_of):
            raise Denied(f'{reason_of(table, decision, principal)} This one {_why_not(decision)}.')
        return record

    async def may(self, entity: str, record: Record, principal: Principal, action: Action) -> bool:
        """Whether `principal` may do something with a record that is at hand."""
        table = self.catalog.table(entity)
        decision = decide(table.entity.permissions, action, principal, entity)
        return decision.allowed and await self._settled(table, decision, principal, record)

    async def _settled(
        self, table: Table, decision: Decision, principal: Principal, record: Record, as_of: str = ''
    ) -> bool:
        if not decision.condition:
            return True
        related = Related(self, as_of)

        async def covered() -> bool:
            return _covers(table, decision, principal, record)

        return await related.settle(covered)

    def at_hand(self, entity: str, record_id: str, principal: Principal) -> Kept | None:
        """A record in memory, if `principal` may see all of it without another look."""
        decision, shown = self.allow(entity, 'read', principal), self.catalog.table(entity).entity
        if decision.condition or shown.hidden_from(principal):
            return None
        return self.kept(entity, canonical_id(record_id))

    def readable(self, table: Table, record: Record, principal: Principal) -> bool:
        """Whether `principal` may know of a record that is at hand; within work that is settled."""
        decision = decide(table.entity.permissions, 'read', principal, table.entity.resource)
        return decision.allowed and _covers(table, decision, principal, record)

    def check(self, table: Table, record: Record, principal: Principal, action: Action) -> None:
        """Refuse what `principal` may not do with a record that is at hand; within work that is settled."""
        for wanted in ('read', action):
            decision = self.allow(table.entity.resource, wanted, principal)
            if not _covers(table, decision, principal, record):
                if wanted == 'read':
                    raise NotFound(f'There is no record {record.id!r} in {table.entity.resource}.')
                raise Denied(f'{reason_of(table, decision, principal)} {record.id} {_why_not(decision)}.')

    async def page(self, entity: str, parameters: Iterable[tuple[str, str]], principal: Principal) -> Page:
        """A page of the records that match."""
        table = self.catalog.table(entity)
        hidden = table.entity.hidden_from(principal)
        query = self.query(table, parameters, principal)
        rows, total = await self.rows(table, query, principal)
        page, more = rows[: query.limit], len(rows) > query.limit
        related = sum(one.related is not None for one in query.order)
        records = [record_of(table, row[: len(row) - related], query.as_of).without(hidden) for row in page]
        next_ = cursor_of(query.order, _sorted_values(table, query.order, page[-1])) if more and page else None
        labels = await self.labels(table, records, principal) if query.labels else None
        return Page(records, total, next_, labels)

    async def rows(
        self, table: Table, query: Query, principal: Principal, *, brief: bool = False, copy: Found | None = None
    ) -> tuple[list[Row], int | None]:
        """One row more than the page has, if there are more, and the total if it was asked for; brief from a `copy`."""
        asked = replace(
            asked_by(principal, self.catalog, table, query), brief=brief or bool(copy), nearness=self._nearness
        )
        if query.all_newest_first:
            return await self._newest(asked)
        if copy:
            with suppress(MissingTable):  # it may just have been dropped
                return await self._log.database.read(lambda read: read_copy(read, asked, copy), narrow=True)
        return await self._log.database.read(lambda read: read_page(read, asked), narrow=asked.brief)

    async def _newest(self, asked: Asked) -> tuple[list[Row], int | None]:
        """A page of all records, newest first: where it begins is known without sorting them."""
        order = self._orders.setdefault(asked.table.entity.resource, CreationOrder())
        positions = await order.load(lambda: self._log.database.read(lambda read: creations(read, asked.table)))
        total = len(positions)
        end = total - asked.query.offset
        begin = max(0, end - asked.query.limit - 1)
        rows: list[Row] = []
        if end > begin:
            bounds = positions[begin], positions[end - 1]
            rows = await self._log.database.read(lambda read: read_between(read, asked, bounds), narrow=asked.brief)
        return rows, total if asked.query.count else None

    def query(self, table: Table, parameters: Iterable[tuple[str, str]], principal: Principal) -> Query:
        """What is asked for, within what `principal` may read; raises `Denied`."""
        decision = self.allow(table.entity.resource, 'read', principal)
        scope = scope_for(self.catalog, table, principal)
        query = parse_query(table, parameters, table.entity.hidden_from(principal), scope)
        if decision.condition:
            query.filters.append(condition_of(table, decision.condition))
        return query

    async def ids(self, entity: str, text: str, principal: Principal) -> list[str]:
        """The ids of all records that `principal` may read and an expression lets through."""
        table = self.catalog.table(entity)
        query = self.query(table, [('filter', text), ('count', 'none')], principal)
        asked = asked_by(principal, self.catalog, table, query)
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
        return {target: await self.labels_of(target, values, principal) for target, values in wanted.items()}

    async def labels_of(self, entity: str, ids: Iterable[str], principal: Principal) -> dict[str, str]:
        """Id -> label of these records, by what `principal` may see of them."""
        table = self.catalog.table(entity)
        seen = table.entity.without(table.entity.hidden_from(principal))
        key, display = table.reference_column, seen.fields.get(seen.display)
        label = f'{key}::VARCHAR'
        if display and not display.minted:
            column = f'"{display.id}"'
            label = f'coalesce(({display.read(column)})::VARCHAR, {label})'
        sql = f'SELECT {key}::VARCHAR, {label} FROM {table.rows} WHERE {key}::VARCHAR IN (SELECT unnest(?::VARCHAR[]))'
        return dict(await self._log.database.query(sql, [sorted(ids)]))

    async def counts(self, principal: Principal) -> dict[str, int]:
        """How many records of each entity `principal` may read."""
        selects, parameters = list[str](), list[Any]()
        for name, table in self.catalog.tables.items():
            if decide(table.entity.permissions, 'read', principal, name).allowed:
                rows = rows_of(asked_by(principal, self.catalog, table, self.query(table, [], principal)), None)
                selects.append(f"SELECT '{name}', count(*) FROM {rows.sql}")
                parameters += rows.parameters
        return dict(await self._log.database.query(' UNION ALL '.join(selects), parameters)) if selects else {}

    def note(self, events: Sequence[Event]) -> None:
        """Something was committed."""
        super().note(events)
        by_entity: dict[str, list[Event]] = {}
        for event in events:
            by_entity.setdefault(event.stream.partition('/')[0], []).append(event)
        for entity, group in by_entity.items():
            if entity in self._orders:
                self._orders[entity].note(group)
            self.searches.note(entity, group)
            self.copies.note(entity, group)

    def forget(self) -> None:
        """The entities have changed."""
        super().forget()
        self._orders.clear()
        self.searches.forget()
        self.copies.forget()
        self._nearness = Nearness()

    def allow(self, entity: str, action: Action, principal: Principal) -> Decision:
        """What `principal` may do with `entity`, or `Denied` with the reason."""
        decision = decide(self.catalog.table(entity).entity.permissions, action, principal, entity)
        if not decision.allowed:
            raise (NotLoggedIn if principal.anonymous else Denied)(decision.reason)
        return decision


def decide_read(table: Table, principal: Principal) -> bool:
    """Whether all records of a table may be read."""
    decision = decide(table.entity.permissions, 'read', principal, table.entity.resource)
    return decision.allowed and not decision.condition


def _covers(table: Table, decision: Decision, principal: Principal, record: Record) -> bool:
    return covers(
        table, decision, principal, {'id': record.id, '_version': record.version, **record.values}, record.owner
    )


def _why_not(decision: Decision) -> str:
    return 'belongs to someone else' if decision.condition == OWN else 'does not fulfil that'


def _sorted_values(table: Table, order: Iterable[Order], row: tuple[Any, ...]) -> Values:
    columns = ['id', '_version', '_created', '_owner', *(field.id for field in table.entity.readable)]
    return dict(zip([*columns, *(one.column for one in order if one.related)], row, strict=True))
