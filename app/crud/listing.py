"""Reading the rows of a list, now or as they were, and how many there are in all."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.crud.catalog import Catalog
from app.crud.naming import now, user_of
from app.crud.ordering import order_sql
from app.crud.query import Query
from app.crud.sources import readable_at, source_at
from app.crud.table import Table
from app.events.database import Read, Row
from app.events.time_travel import position_at
from app.expressions import Expression, Written
from app.permissions import Principal

DEEP = 5_000
"""Rows to leave out, from which on only what they are sorted by is sorted, not all of their columns."""
FEW = 10_000
"""Values of the first column sorted by, up to which counting them is faster than sorting all rows."""
Joins = dict[str, str]
"""Alias -> the SQL that joins what it stands for."""
LOOKED_AT = 64
"""Positions looked at first for each row of a page of the newest, where nothing was asked for in the same words yet."""
FARTHEST = 1024
"""Positions for each row; where those that match lie farther apart, all positions are looked at."""
PROBES = 2
REMEMBERED = 1000
CREATED = 2
"""Where a row has the position of its creation."""


@dataclass(slots=True)
class Nearness:
    """Where rows lay that were asked for newest first; only speed depends on it."""

    apart: dict[tuple[str, ...], int] = field(default_factory=dict)
    """What was asked for, in which words -> how many positions the rows lay apart that matched."""
    newest: dict[str, int] = field(default_factory=dict)
    """Table -> the position at which its newest row was created, or somewhat earlier."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, of whom, and when: microseconds since 1970."""

    catalog: Catalog
    table: Table
    query: Query
    principal: Principal
    now: int
    brief: bool = False
    """Whether id, version and what the rows are sorted by is all that is wanted of them."""
    nearness: Nearness = field(default_factory=Nearness)

    def write(self, expression: Expression, position: int | None) -> Written:
        """An expression as SQL over the records as they were at a position, or are now."""
        tables = self.catalog.tables
        find = readable_at(tables, position, self.principal) if expression.guarded else source_at(tables, position)
        return expression.sql(user_of(self.principal), self.now, find)

    @property
    def select(self) -> str:
        """The columns of a row, with those of other records that it is sorted by at the end."""
        if self.brief:
            return ', '.join(['t.id', 't._version', *(one.read for one in self.query.order)])
        return ', '.join([self.table.select, *(one.read for one in self.query.order if one.related)])


def asked_by(principal: Principal, catalog: Catalog, table: Table, query: Query) -> Asked:
    """A query as `principal` asks it at this moment."""
    return Asked(catalog, table, query, principal, now())


@dataclass(frozen=True, slots=True)
class Rows:
    """Where the rows come from, and which of them are wanted."""

    source: str
    where: list[str]
    parameters: list[object]

    @property
    def sql(self) -> str:
        """From FROM to the end of WHERE."""
        return f'{self.source}{_where_of(self.where)}'


def read_page(read: Read, asked: Asked) -> tuple[list[Row], int | None]:
    """One row more than the page has, if there are more, and the total if it was asked for."""
    position = position_at(read, asked.query.as_of) if asked.query.as_of else None
    rows = rows_of(asked, position)
    return _page(read, asked, rows, newest=position is None), total_of(read, asked, rows)


def creations(read: Read, table: Table) -> array[int]:
    """When each record was created, as positions of the log, in order."""
    rows = read(f'SELECT list(_created ORDER BY _created) FROM {table.name}', [])
    return array('q', rows[0][0] or [])


def read_between(read: Read, asked: Asked, bounds: tuple[int, int]) -> list[Row]:
    """The newest of the records created between two positions."""
    where = f'WHERE t._created BETWEEN {bounds[0]:d} AND {bounds[1]:d} ORDER BY t._created DESC LIMIT ?'
    sql = f'SELECT {asked.select} FROM {asked.table.rows} AS t {where}'
    return read(sql, [asked.query.limit + 1])


def rows_of(asked: Asked, position: int | None, joined: Joins | None = None) -> Rows:
    """All rows that match, at a position or now; with what is `joined` besides."""
    where, parameters = list(asked.query.where), list[object](asked.query.parameters)
    joins = dict(joined or {})
    for expression in asked.query.filters:
        written = asked.write(expression, position)
        where.append(written.sql)
        parameters += written.parameters
        joins |= written.joins
    table = asked.table.rows if position is None else asked.table.rows_at(position)
    return Rows(f'{_with_related(asked, table, position)} AS t{"".join(joins.values())}', where, parameters)


def total_of(read: Read, asked: Asked, rows: Rows) -> int | None:
    """How many rows there are in all, if that was asked for."""
    if not asked.query.count:
        return None
    total: int = read(f'SELECT count(*) FROM {rows.sql}', rows.parameters)[0][0]
    return total


def _with_related(asked: Asked, table: str, position: int | None) -> str:
    """The table with a column for each value of another record that it is sorted by; `t` in all that follows."""
    columns, joins = '', Joins()
    for one in asked.query.order:
        if one.related:
            written = asked.write(one.related, position)
            columns += f', {written.sql} AS "{one.column}"'
            joins |= written.joins
    return f'(SELECT t.*{columns} FROM {table} AS t{"".join(joins.values())})' if columns else table


def _page(read: Read, asked: Asked, rows: Rows, *, newest: bool) -> list[Row]:
    if not (newest and asked.query.newest_first):
        return _ordered(read, asked, rows)
    return _newest(read, asked, rows)


def _newest(read: Read, asked: Asked, rows: Rows) -> list[Row]:
    """The page, which is mostly found among the newest, so that DuckDB need not look at the others.

    Rows lie in the order of creation, the worst there is for finding the largest: each replaces the one before.
    """
    query, near, table = asked.query, asked.nearness, asked.table.name
    if query.below is None and table not in near.newest:
        near.newest[table] = read(f'SELECT max(_created) FROM {table}', [])[0][0] or 0
    below = near.newest[table] if query.below is None else query.below
    words, wanted = (table, *rows.where), query.limit + query.offset + 1
    apart = near.apart.get(words, LOOKED_AT)
    found: list[Row] = []
    for _ in range(PROBES):
        among = replace(rows, where=[f't._created > {below - apart * wanted:d}', *rows.where])
        found = _ordered(read, asked, among)
        if len(found) > query.limit:
            break
        apart = min(FARTHEST, max(3 * apart, apart * wanted * 3 // (2 * len(found) + 1)))
    else:
        found = _ordered(read, asked, rows)
    _remember(near, words, table, below, wanted, found)
    return found


def _remember(
    near: Nearness, words: tuple[str, ...], table: str, below: int, wanted: int, found: Sequence[Row]
) -> None:
    if len(near.apart) > REMEMBERED:
        near.apart.clear()
    farthest = found[-1][CREATED] if len(found) > 1 else 0
    apart = max((below - farthest) * 5 // (4 * wanted), near.apart.get(words, 0) * 9 // 10, 1)
    near.apart[words] = apart if apart <= FARTHEST else LOOKED_AT
    if found and table in near.newest:
        near.newest[table] = max(near.newest[table], found[0][CREATED])


def _ordered(read: Read, asked: Asked, rows: Rows) -> list[Row]:
    query = asked.query
    rows = replace(rows, where=[*rows.where, *query.beyond], parameters=[*rows.parameters, *query.beyond_parameters])
    order = f'ORDER BY {order_sql(query.order)}'
    if query.offset < DEEP:
        sql = f'SELECT {asked.select} FROM {rows.sql} {order} LIMIT ? OFFSET ?'
        return read(sql, [*rows.parameters, query.limit + 1, query.offset])
    offset = query.offset
    if not query.as_of and query.order[0].column not in {'id', '_created'}:
        rows, offset = _leap(read, query, rows)
    found = f'SELECT t._created FROM {rows.sql} {order} LIMIT ? OFFSET ?'
    sql = f'SELECT {asked.select} FROM {rows.source} WHERE t._created IN ({found}) {order}'
    return read(sql, [*rows.parameters, query.limit + 1, offset])


def _leap(read: Read, query: Query, rows: Rows) -> tuple[Rows, int]:
    """Fewer rows to sort for a deep page, and how many of those to leave out.

    Where the first column has few values, counting each tells with which of them the page begins. The past is too dear
    to be read several times.
    """
    first = query.order[0]
    column, direction = f't."{first.column}"', 'DESC' if first.descending else 'ASC'
    if read(f'SELECT approx_count_distinct({column}) FROM {rows.sql}', rows.parameters)[0][0] > FEW:
        return rows, query.offset
    counts = f'SELECT {column} AS value, count(*) AS many FROM {rows.sql} GROUP BY 1'
    before = f'sum(many) OVER (ORDER BY value {direction} NULLS LAST) - many AS before'
    begins = 'before <= ? AND ? < before + many'
    sql = f'SELECT value, before FROM (SELECT value, many, {before} FROM ({counts})) WHERE {begins}'
    for value, left_out in read(sql, [*rows.parameters, query.offset, query.offset]):
        reached = f'{column} {"<=" if first.descending else ">="} ? OR ' if value is not None else ''
        where, parameters = f'({reached}{column} IS NULL)', [value] if reached else []
        narrowed = replace(rows, where=[*rows.where, where], parameters=[*rows.parameters, *parameters])
        return narrowed, query.offset - int(left_out)
    return rows, query.offset


def _where_of(conditions: list[str]) -> str:
    return f' WHERE {" AND ".join(conditions)}' if conditions else ''
