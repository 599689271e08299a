"""The order of a list, and the place in it that a cursor stands for."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import codec
from app.crud.table import Table
from app.errors import Malformed
from app.expressions import Expression, Scope, parse_expression
from app.schema import Entity

SYSTEM = frozenset({'_created', '_version', 'id'})
DIFFERENT = frozenset({'_created', 'id'})
"""What no two records have in common, so nothing can come after it."""
MOST = 20
"""Fields that a list is sorted by: each makes the condition of the next page longer, and is read on the event loop."""
STEPS = 3
"""Records that a path leads over, at most; expressions know no longer ones."""
PATH = re.compile(r'[^\W\d]\w*(\.[^\W\d]\w*)+')


@dataclass(frozen=True, slots=True)
class Order:
    """One column to sort by."""

    column: str
    descending: bool
    read: str
    """SQL of its value as `Field.read` gives it."""
    cast: str
    related: Expression | None = None
    """Where the value is another record's, what leads to it."""


def parse_order(table: Table, entity: Entity, text: str, scope: Scope) -> list[Order]:
    """The columns that `sort` names, such as `-price,customer_id.name`, then creation; raises `Malformed`."""
    order = dict[str, Order]()
    parts = [part for part in (part.strip() for part in text.split(',')) if part]
    if len(parts) > MOST:
        raise Malformed(f'sort: at most {MOST} fields can be named, these are {len(parts):,}.')
    for part in parts:
        one = _order(table, entity, part.removeprefix('-'), scope, descending=part.startswith('-'))
        if one.column in order:
            raise Malformed(f'sort: {part.removeprefix("-")} stands twice.')
        order[one.column] = one
    chosen = [*order.values()]
    for number, one in enumerate(chosen, start=1):
        if one.column in DIFFERENT:
            return chosen[:number]
    return [*chosen, by_creation(descending=chosen[-1].descending if chosen else True)]


def by_creation(*, descending: bool) -> Order:
    """The order in which records were created, or the reverse of it."""
    return Order('_created', descending, 't."_created"', 'BIGINT')


def order_sql(order: Sequence[Order]) -> str:
    """What stands behind ORDER BY."""
    return ', '.join(f't."{one.column}" {"DESC" if one.descending else "ASC"} NULLS LAST' for one in order)


def cursor_of(order: Sequence[Order], row: dict[str, Any]) -> str:
    """The place of a row in its list, for the next page."""
    values = [_spelled(order), *(row[one.column] for one in order)]
    return base64.urlsafe_b64encode(codec.encode(values)).decode().rstrip('=')


def place_of(order: Sequence[Order], cursor: str) -> list[Any]:
    """The values at the place where a cursor stands, one for each column; raises `Malformed`."""
    try:
        values = codec.decode(base64.urlsafe_b64decode(cursor + '=' * (-len(cursor) % 4)))
        if not isinstance(values, list) or values[:1] != [_spelled(order)] or len(values) != len(order) + 1:
            raise ValueError
    except (ValueError, Malformed):
        raise Malformed('cursor: this is not the cursor of a page in this order.') from None
    return values[1:]


def beyond(order: Sequence[Order], place: Sequence[Any]) -> tuple[str, list[Any]]:
    """The condition, with its parameters, on rows that come after a place."""
    condition, parameters = 'false', list[Any]()
    for one, value in reversed(list(zip(order, place, strict=True))):
        condition, parameters = _beyond(one, value, condition, parameters)
    return condition, parameters


def _order(table: Table, entity: Entity, name: str, scope: Scope, *, descending: bool) -> Order:
    if name in SYSTEM:
        return Order(name, descending, f't."{name}"', table.columns[name])
    if PATH.fullmatch(name):
        return _related(table, name, scope, descending=descending)
    field = entity.field(name)
    if field is None or not field.sortable:
        raise Malformed(f'sort: there is no field {name[:60]!r} to sort {entity.resource} by.')
    return Order(field.id, descending, field.read(f't."{field.id}"'), field.column)


def _related(table: Table, name: str, scope: Scope, *, descending: bool) -> Order:
    if name.count('.') > STEPS:
        raise Malformed(f'sort: {name[:60]!r} leads over more than {STEPS} records.')
    try:  # between quotes, as a field may have a name that means something in the language
        expression = parse_expression('.'.join(f'"{part}"' for part in name.split('.')), scope, place='sort')
    except Malformed as problem:
        raise Malformed(problem.detail.replace('"', '')) from None
    path, last = max(expression.related, key=lambda one: len(one[0]))
    field, column = table.led_to(path).entity.field(last), '.'.join([*path, last])
    if field is None or not field.sortable or field.minted:
        raise Malformed(f'sort: {table.entity.resource} cannot be sorted by {name}.')
    return Order(column, descending, field.read(f't."{column}"'), field.column, expression)


def _spelled(order: Sequence[Order]) -> str:
    return ','.join(f'{"-" if one.descending else ""}{one.column}' for one in order)


def _beyond(order: Order, value: Any, rest: str, parameters: list[Any]) -> tuple[str, list[Any]]:
    """Rows after `value` in this column, or level with it and after in the `rest`; NULLs come last either way."""
    column, cast = f't."{order.column}"', f'TRY_CAST(? AS {order.cast})'
    if value is None:
        return f'({column} IS NULL AND ({rest}))', parameters
    comparison = '<' if order.descending else '>'
    text = value if isinstance(value, str) else codec.canonical(value)
    return (
        f'({column} {comparison} {cast} OR {column} IS NULL OR ({column} = {cast} AND ({rest})))',
        [text, text, *parameters],
    )
