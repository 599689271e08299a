"""Comparing, combining and choosing, with three-valued logic: what is unknown stays unknown."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.expressions.casing import like, lower
from app.expressions.kinds import BOOLEAN, TEXT, from_stored
from app.expressions.node import Node, Path, simple
from app.expressions.scope import Named, Writer

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    '=': operator.eq,
    '<>': operator.ne,
    '<': operator.lt,
    '<=': operator.le,
    '>': operator.gt,
    '>=': operator.ge,
    'IS NOT DISTINCT FROM': operator.eq,
    'IS DISTINCT FROM': operator.ne,
}


def compared(sign: str, left: Node, right: Node) -> Node:
    """`left sign right`, which are of one kind."""
    operation = OPERATORS[sign]
    if not sign.startswith('IS'):
        return simple(BOOLEAN, f'({{}} {sign} {{}})', [left, right], operation, left.start)
    return Node(
        BOOLEAN,
        lambda writer: f'({left.write(writer)} {sign} {right.write(writer)})',
        lambda row: operation(left.compute(row), right.compute(row)),
        left.start,
    )


def is_null(part: Node) -> Node:
    """Whether there is no value."""
    return Node(
        BOOLEAN, lambda writer: f'({part.write(writer)} IS NULL)', lambda row: part.compute(row) is None, part.start
    )


def both(left: Node, right: Node) -> Node:
    """AND."""

    def compute(row: Any) -> bool | None:
        values = left.compute(row), right.compute(row)
        return False if False in values else None if None in values else True

    return Node(BOOLEAN, lambda writer: f'({left.write(writer)} AND {right.write(writer)})', compute, left.start)


def either(left: Node, right: Node) -> Node:
    """OR."""

    def compute(row: Any) -> bool | None:
        values = left.compute(row), right.compute(row)
        return True if True in values else None if None in values else False

    return Node(BOOLEAN, lambda writer: f'({left.write(writer)} OR {right.write(writer)})', compute, left.start)


def opposite(part: Node) -> Node:
    """NOT."""
    return simple(BOOLEAN, '(NOT {})', [part], operator.not_, part.start)


def one_of(part: Node, choices: Sequence[Node]) -> Node:
    """IN a list; all are of one kind."""

    def write(writer: Writer) -> str:
        return f'({part.write(writer)} IN ({", ".join(choice.write(writer) for choice in choices)}))'

    def compute(row: Any) -> bool | None:
        value, values = part.compute(row), [choice.compute(row) for choice in choices]
        if value is None:
            return None
        return True if value in values else None if None in values else False

    return Node(BOOLEAN, write, compute, part.start)


def word_of(part: Node, words: Node) -> Node:
    """IN one of the user's lists."""
    return simple(BOOLEAN, 'list_contains({}, {})', [words, part], lambda known, value: value in known, part.start)


def matching(part: Node, pattern: str, *, any_case: bool) -> Node:
    """LIKE, and ILIKE where `any_case`."""
    if any_case:
        part, pattern = simple(TEXT, 'lower({})', [part], lower, part.start), lower(pattern)
    return Node(
        BOOLEAN,
        lambda writer: f'({part.write(writer)} LIKE {writer.bind(pattern, "VARCHAR")})',
        lambda row: None if (text := part.compute(row)) is None else like(text, pattern),
        part.start,
    )


def joined(left: Node, right: Node) -> Node:
    """One text behind the other."""
    return simple(TEXT, '({} || {})', [left, right], operator.add, left.start)


def chosen(conditions: Sequence[Node], values: Sequence[Node], start: int) -> Node:
    """CASE: the value behind the first condition that is true, or the last value; the values are of one kind."""

    def write(writer: Writer) -> str:
        branches = [
            f'WHEN {condition.write(writer)} THEN {value.write(writer)}'
            for condition, value in zip(conditions, values, strict=False)
        ]
        return f'CASE {" ".join(branches)} ELSE {values[-1].write(writer)} END'

    def compute(row: Any) -> Any:
        true = (number for number, condition in enumerate(conditions) if condition.compute(row) is True)
        return values[next(true, -1)].compute(row)

    return Node(values[0].kind, write, compute, start)


def first_of(values: Sequence[Node], start: int) -> Node:
    """COALESCE: the first value that there is; all are of one kind."""

    def compute(row: Any) -> Any:
        return next((found for value in values if (found := value.compute(row)) is not None), None)

    return Node(
        values[0].kind,
        lambda writer: f'coalesce({", ".join(value.write(writer) for value in values)})',
        compute,
        start,
    )


def related(steps: Sequence[Named], named: Named, path: Path, start: int) -> Node:
    """A field of the record that a chain of foreign keys leads to."""

    def write(writer: Writer) -> str:
        return f'"{writer.alias_of(path, steps)}"."{named.column}"'

    def compute(row: Any) -> Any:
        record = row.related.get(path)
        return None if record is None else from_stored(named.kind, record.get(named.name))

    return Node(named.kind, write, compute, start)
