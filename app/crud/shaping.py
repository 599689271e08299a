"""What of a record is shown: some `fields=`, and with `expand=` the records that it leads to and that lead to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from app.crud.listing import Asked, asked_by, rows_of
from app.crud.ordering import by_creation
from app.crud.record import Record, record_of
from app.crud.table import Table
from app.crud.views import Views
from app.errors import Malformed
from app.events import DuckDBLog
from app.events.database import Read, Row
from app.events.time_travel import position_at
from app.permissions import Principal

DEEPEST = 3
MOST = 100
"""Records that one record shows of those that lead to it."""
Tree = dict[str, 'Tree']


@dataclass(frozen=True, slots=True)
class Shape:
    """Names of fields, empty for all, and a tree of names to expand."""

    fields: frozenset[str] = frozenset()
    expand: Tree = field(default_factory=dict)
    count_of: tuple[str, ...] = ()
    """Names of lists whose length is shown."""


WHOLE = Shape()


def parse_shape(parameters: Iterable[tuple[str, str]]) -> tuple[Shape, list[tuple[str, str]]]:
    """The shape that is asked for, and all other parameters."""
    names: list[str] = []
    counted: list[str] = []
    tree: Tree = {}
    rest = []
    for name, text in parameters:
        if name in {'fields', 'count_of'}:
            (names if name == 'fields' else counted).extend(filter(None, map(str.strip, text.split(','))))
        elif name == 'expand':
            for path in filter(None, (part.strip() for part in text.split(','))):
                _grow(tree, path)
        else:
            rest.append((name, text))
    return Shape(frozenset(names), tree, tuple(dict.fromkeys(counted))), rest


class Shaping:
    """Shows only what whoever asks may read of the other entities too."""

    def __init__(self, views: Views, log: DuckDBLog) -> None:
        self._views = views
        self._log = log

    async def show(
        self, entity: str, records: Sequence[Record], shape: Shape, principal: Principal, as_of: str = ''
    ) -> list[dict[str, Any]]:
        """The records as JSON; those expanded stand under `_expand`."""
        table = self._views.catalog.table(entity)
        shown = [record.as_json() for record in records]
        await self._expand(table, list(zip(records, shown, strict=True)), shape.expand, principal, as_of)
        for name in shape.count_of:
            await self._count(table, list(zip(records, shown, strict=True)), name, principal, as_of)
        if not shape.fields:
            return shown
        visible = table.entity.without(table.entity.hidden_from(principal))
        if unknown := shape.fields - visible.fields.keys() - visible.aliases.keys() - {'id', '_version'}:
            raise Malformed(f'fields: there is no field {sorted(unknown)[0]!r} in {entity}.')
        kept = shape.fields | {'id', '_version', '_expand', '_count'}
        former = {name: visible.aliases[name] for name in shape.fields & visible.aliases.keys()}
        return [
            {name: value for name, value in one.items() if name in kept}
            | {name: one[now] for name, now in former.items()}
            for one in shown
        ]

    async def _expand(
        self, table: Table, pairs: list[tuple[Record, dict[str, Any]]], tree: Tree, principal: Principal, as_of: str
    ) -> None:
        for name, further in tree.items():
            other, column, keys, label, many = self._followed(table, pairs, name, principal)
            wanted = sorted({key for key in keys if key is not None})
            found = await self._read(other, column, wanted, principal, as_of) if wanted else []
            hidden = other.entity.hidden_from(principal)
            below = [(record.without(hidden), record.without(hidden).as_json()) for record in found]
            by_key: dict[str, list[dict[str, Any]]] = {}
            for record, (_, one) in zip(found, below, strict=True):
                by_key.setdefault(_value(other, record, column), []).append(one)
            for (_, shown), key in zip(pairs, keys, strict=True):
                there = by_key.get(key or '', [])
                shown.setdefault('_expand', {})[label] = there[:MOST] if many else (there[0] if there else None)
            await self._expand(other, below, further, principal, as_of)

    def _followed(
        self, table: Table, pairs: list[tuple[Record, dict[str, Any]]], name: str, principal: Principal
    ) -> tuple[Table, str, list[str | None], str, bool]:
        """Where a name leads: the table, the column to look in, each record's key there, the label, one or many."""
        fields = table.entity.without(table.entity.hidden_from(principal)).fields
        forward = fields.get(name) or fields.get(f'{name}_id')
        target = getattr(forward, 'references', '')
        if forward and target:
            other = self._views.catalog.table(target)
            keys = [record.values.get(forward.name) for record, _ in pairs]
            return other, other.reference_column.strip('"'), keys, forward.name, False
        declared = table.entity.reverse.get(name)
        entity, _, wanted = (declared.references, '', declared.by) if declared else name.partition('/')
        tables = self._views.catalog.tables
        other_entity = tables[entity].entity if entity in tables else None
        shown = other_entity.without(other_entity.hidden_from(principal)).references if other_entity else ()
        back = [one for one in shown if _leads_to(one, table)]
        back = [one for one in back if not wanted or one.name == wanted]
        if len(back) != 1:
            raise Malformed(
                f'expand: {table.entity.resource} leads nowhere by {name!r}{_choices(table, tables, back)}.'
            )
        own = [unquote(record.id) if len(table.entity.key) == 1 else record.id for record, _ in pairs]
        return tables[entity], back[0].id, list(own), name, True

    async def _count(
        self, table: Table, pairs: list[tuple[Record, dict[str, Any]]], name: str, principal: Principal, as_of: str
    ) -> None:
        other, column, keys, label, many = self._followed(table, pairs, name, principal)
        if not many:
            raise Malformed(f'count_of: {name!r} is one record, not a list.')
        asked = self._asked(other, column, [key for key in keys if key is not None], principal)

        def count_all(read: Read) -> list[Row]:
            rows = rows_of(asked, position_at(read, as_of) if as_of else None)
            return read(f'SELECT t."{column}", count(*) FROM {rows.sql} GROUP BY 1', rows.parameters)

        counts = {str(key): count for key, count in await self._log.database.read(count_all)}
        for (_, shown), key in zip(pairs, keys, strict=True):
            shown.setdefault('_count', {})[label] = counts.get(str(key), 0)

    async def _read(self, table: Table, column: str, keys: list[str], principal: Principal, as_of: str) -> list[Record]:
        asked = self._asked(table, column, keys, principal)

        def read_all(read: Read) -> list[Row]:
            rows = rows_of(asked, position_at(read, as_of) if as_of else None)
            ranked = f'QUALIFY row_number() OVER (PARTITION BY t."{column}" ORDER BY t._created) <= {MOST}'
            return read(f'SELECT {table.select} FROM {rows.sql} {ranked} ORDER BY t._created', rows.parameters)

        return [record_of(table, row, as_of) for row in await self._log.database.read(read_all)]

    def _asked(self, table: Table, column: str, keys: list[str], principal: Principal) -> Asked:
        query = self._views.query(table, [('count', 'none')], principal)
        query.add(f't."{column}" IN (SELECT unnest(?::VARCHAR[]))', keys)
        query.order = [by_creation(descending=False)]
        return asked_by(principal, self._views.catalog, table, query)


def _grow(tree: Tree, path: str) -> None:
    names = path.split('.')
    if len(names) > DEEPEST:
        raise Malformed(f'expand: {path!r} is more than {DEEPEST} steps deep.')
    for name in names:
        tree = tree.setdefault(name, {})


def _leads_to(foreign_key: Any, table: Table) -> bool:
    return bool(getattr(foreign_key, 'references', '') == table.entity.resource)


def _choices(table: Table, tables: dict[str, Table], several: Sequence[Any]) -> str:
    if several:
        return f'; say which of {", ".join(f"{table.entity.resource}/{one.name}" for one in several)}'
    back = [name for name, other in tables.items() if any(_leads_to(one, table) for one in other.entity.references)]
    known = [*(one.name for one in table.entity.references), *back]
    return f'; it leads by {", ".join(known)}' if known else ''


def _value(table: Table, record: Record, column: str) -> str:
    if column == 'id':
        return record.id
    return str(record.values[table.fields[column].name])
