"""The functions of the language, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.expressions.casing import lower, trim, upper
from app.expressions.kinds import BOOLEAN, DATE, EPOCH, TEXT, WHOLE, Kind
from app.expressions.node import DAY, Node, simple

Build = Callable[[list[Node], int], Node]


def _function(kind: Kind, pattern: str, compute: Callable[..., Any]) -> Build:
    return lambda parts, start: simple(kind, pattern, parts, compute, start)


def _part_of_day(name: str) -> Build:
    def compute(days: int) -> Decimal:
        return Decimal(getattr(EPOCH + timedelta(days=days), name))

    def build(parts: list[Node], start: int) -> Node:
        return simple(WHOLE, f'{name}({{}})', [to_date(parts, start)], compute, start)

    return build


def to_date(parts: list[Node], start: int) -> Node:
    """The day of a moment, in UTC."""
    if parts[0].kind is DATE:
        return parts[0]
    return simple(DATE, 'CAST({} AS DATE)', parts, lambda at: at // DAY, start)


def to_text(parts: list[Node], start: int) -> Node:
    """A number or a date as it is written."""
    computes: Mapping[str, Callable[[Any], str]] = {
        'number': lambda value: f'{value:f}',
        'date': lambda days: (EPOCH + timedelta(days=days)).isoformat(),
        'boolean': lambda value: 'true' if value else 'false',
        'text': str,
    }
    return simple(TEXT, 'CAST({} AS VARCHAR)', parts, computes[parts[0].kind.name], start)


T, D = {'text'}, {'date', 'timestamp'}
FUNCTIONS: Mapping[str, tuple[tuple[set[str], ...], Build]] = {
    'lower': ((T,), _function(TEXT, 'lower({})', lower)),
    'upper': ((T,), _function(TEXT, 'upper({})', upper)),
    'trim': ((T,), _function(TEXT, 'trim({})', trim)),
    'length': ((T,), _function(WHOLE, 'length({})', lambda text: Decimal(len(text)))),
    'contains': ((T, T), _function(BOOLEAN, 'contains({}, {})', lambda text, part: part in text)),
    'starts_with': ((T, T), _function(BOOLEAN, 'starts_with({}, {})', str.startswith)),
    'ends_with': ((T, T), _function(BOOLEAN, 'ends_with({}, {})', str.endswith)),
    'year': ((D,), _part_of_day('year')),
    'month': ((D,), _part_of_day('month')),
    'day': ((D,), _part_of_day('day')),
    'date': ((D,), to_date),
    'text': (({'number', 'date', 'boolean', 'text'},), to_text),
}
"""Name -> the kinds that each argument may have, and how the call is built."""
