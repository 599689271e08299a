"""What a list in sums is asked for: keys to group by, and what to compute of each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.crud.parameters import whole_number
from app.errors import Malformed
from app.expressions import Expression, Scope, parse_expression

FUNCTIONS = {
    'sum': 'sum({})',
    'avg': 'avg({})',
    'min': 'min({})',
    'max': 'max({})',
    'distinct': 'count(DISTINCT {})',
    'count': 'count({})',
}
TOTALS = frozenset({'*', 'exact', 'none'})
NUMERIC = frozenset({'sum', 'avg'})
MOST = 10_000
WORDS = frozenset({'group_by', *FUNCTIONS} - {'count'})
Parameters = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Grouping:
    """What to group by, and what to compute of each group: pairs of a function's name and its expression."""

    keys: list[Expression] = field(default_factory=list)
    columns: list[tuple[str, Expression]] = field(default_factory=list)
    counts: bool = False
    """Whether to count the records of each group; `count` among the columns counts those with a value."""
    order: list[str] = field(default_factory=list)
    """The places of columns, counted from 1, with DESC for descending: first the count, then keys, then `columns`."""
    limit: int = MOST


def asks_for_groups(parameters: Parameters) -> bool:
    """Whether this asks for groups rather than records."""
    return any(name in WORDS or (name, text) == ('count', '*') for name, text in parameters)


def parse_grouping(parameters: Parameters, scope: Scope) -> tuple[Grouping, list[tuple[str, str]]]:
    """What concerns groups, and all other parameters."""
    grouping, rest, order = Grouping(), list[tuple[str, str]](), ''
    for name, text in parameters:
        if name == 'count' and text in TOTALS:
            grouping.counts = counts(text)
        elif name == 'count' or name in WORDS:
            for part in _parts(text):
                expression = parse_expression(part, scope, place=name)
                _check(name, expression)
                if name == 'group_by':
                    grouping.keys.append(expression)
                else:
                    grouping.columns.append((name, expression))
        elif name == 'sort':
            order = text
        elif name == 'limit':
            grouping.limit = whole_number(name, text, MOST)
        elif name in {'offset', 'cursor', 'labels', 'fields', 'expand'}:
            raise Malformed(f'{name}: groups come all at once; leave it out.')
        else:
            rest.append((name, text))
    places = _places(grouping)
    for part in _parts(order):
        name = part if part in places else part.removeprefix('-')
        if name not in places:
            raise Malformed(
                f'sort: groups can be sorted by {", ".join(places)}; there is no {part[:60]!r} among those.'
            )
        grouping.order.append(f'{places[name]}{"" if name == part else " DESC"}')
    return grouping, rest


def _places(grouping: Grouping) -> dict[str, int]:
    """What groups can be sorted by: `count`, what they are grouped by, and `sum.credit` as it stands in the answer."""
    names = ['count', *(key.text for key in grouping.keys)]
    names += [f'{name}.{expression.text}' for name, expression in grouping.columns]
    places = dict[str, int]()
    for number, name in enumerate(names, start=1):
        places.setdefault(name, number)
    return places


def counts(text: str) -> bool:
    """Whether `count` asks how many there are."""
    if text not in TOTALS:
        raise Malformed(f'count: must be *, exact or none, or a field together with group_by; not {text[:40]!r}.')
    return text != 'none'


def _check(name: str, expression: Expression) -> None:
    kind = expression.kind.name
    if (
        kind == 'null'
        or (name != 'count' and kind in {'opaque', 'words'})
        or (name in NUMERIC and kind not in {'number', 'real'})
    ):
        raise Malformed(f'{name}: {expression.text!r} is no {"number" if name in NUMERIC else "value to compare"}.')


def _parts(text: str) -> list[str]:
    """Names may stand in one parameter, between commas; an expression with commas of its own has one to itself."""
    return (
        [text] if '(' in text or "'" in text else [part for part in (part.strip() for part in text.split(',')) if part]
    )
