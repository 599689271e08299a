"""The parts of an expression: each knows its kind, how it is written and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException
from typing import Any

from app.expressions.kinds import DIGITS, NULL, REAL, TIMESTAMP, Kind, from_stored
from app.expressions.scope import Writer

EXACT = Context(prec=2 * DIGITS + 2)
DAY = 86_400_000_000

Path = tuple[str, ...]
Compute = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Node:
    """`start` is the character of the text where it begins; `literal` its value if it was spelled out there."""

    kind: Kind
    write: Callable[[Writer], str]
    compute: Compute
    start: int = 0
    literal: Any = None


def constant(kind: Kind, value: Any, bound: Any, start: int) -> Node:
    """A value that stands in the text; `bound` is what DuckDB gets."""
    return Node(kind, lambda writer: writer.bind(bound, kind.column), lambda row: value, start, value)


def null(start: int) -> Node:
    """No value."""
    return Node(NULL, lambda writer: 'NULL', lambda row: None, start)


def field(name: str, column: str, kind: Kind, start: int) -> Node:
    """A field of the record itself."""
    return Node(
        kind, lambda writer: f'{writer.alias}."{column}"', lambda row: from_stored(kind, row.values.get(name)), start
    )


def simple(kind: Kind, pattern: str, parts: Sequence[Node], compute: Callable[..., Any], start: int) -> Node:
    """A function of its parts that is NULL when one of them is; `pattern` has a `{}` for each, in order."""

    def write(writer: Writer) -> str:
        return pattern.format(*(part.write(writer) for part in parts))

    def value(row: Any) -> Any:
        values = [part.compute(row) for part in parts]
        return None if any(one is None for one in values) else compute(*values)

    return Node(kind, write, value, start)


def converted(part: Node, kind: Kind) -> Node:
    """The same value as another kind that `common` found for it."""
    if part.kind == kind:
        return part
    if part.kind is NULL:
        return Node(kind, lambda writer: f'NULL::{kind.column}', part.compute, part.start)
    if kind is REAL:
        return simple(REAL, 'CAST(CAST({} AS VARCHAR) AS DOUBLE)', [part], float, part.start)
    if kind is TIMESTAMP:
        return simple(TIMESTAMP, 'CAST({} AS TIMESTAMP)', [part], lambda days: days * DAY, part.start)
    return simple(kind, f'TRY(CAST({{}} AS {kind.column}))', [part], lambda number: within(kind, number), part.start)


def within(kind: Kind, number: Decimal) -> Decimal | None:
    """The number with the scale of the kind, or nothing if it has too many digits."""
    try:
        scaled = number.quantize(Decimal(1).scaleb(-kind.scale), context=EXACT)
    except DecimalException:
        return None
    if not scaled:
        return scaled.copy_abs()  # DuckDB knows no zero below zero
    return scaled if scaled.copy_abs() < Decimal(10) ** (kind.precision - kind.scale) else None
