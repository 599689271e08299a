"""Which pieces of SQL the language has besides names, signs and functions, and what each means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from app.expressions import arithmetic, logic
from app.expressions.kinds import DATE, NULL, TEXT, TIMESTAMP, WHOLE, WORDS
from app.expressions.literals import as_kind, boolean_constant, number_constant, text_constant
from app.expressions.node import Node, converted, null

if TYPE_CHECKING:
    from app.expressions.reading import Reading

MOST_CHOICES = 1000
TYPES = {
    exp.DType.DATE: DATE,
    exp.DType.TIMESTAMP: TIMESTAMP,
    exp.DType.TIMESTAMPNTZ: TIMESTAMP,
    exp.DType.TIMESTAMPTZ: TIMESTAMP,
}


def _literal(reading: Reading, tree: Any) -> Node:
    if tree.is_string:
        if '\x00' in tree.name:
            reading.refuse('a text must not hold a zero character', reading.start)
        return text_constant(tree.name, reading.start)
    return number_constant(tree.name, reading.start) or reading.refuse('this number has too many digits', reading.start)


def _boolean(reading: Reading, tree: Any) -> Node:
    return boolean_constant(bool(tree.this), reading.start)


def _null(reading: Reading, tree: Any) -> Node:
    return null(reading.start)


def _inner(reading: Reading, tree: Any) -> Node:
    return reading.node(tree.this)


def _both(reading: Reading, tree: Any) -> Node:
    return logic.both(reading.boolean(tree.this), reading.boolean(tree.expression))


def _either(reading: Reading, tree: Any) -> Node:
    return logic.either(reading.boolean(tree.this), reading.boolean(tree.expression))


def _opposite(reading: Reading, tree: Any) -> Node:
    return logic.opposite(reading.boolean(tree.this))


def _is(reading: Reading, tree: Any) -> Node:
    if isinstance(tree.expression, exp.Null):
        return logic.is_null(reading.node(tree.this))
    if not isinstance(tree.expression, exp.Boolean):
        reading.refuse('IS is followed by NULL, TRUE or FALSE', reading.start)
    return logic.compared('IS NOT DISTINCT FROM', reading.boolean(tree.this), _boolean(reading, tree.expression))


def _between(reading: Reading, tree: Any) -> Node:
    if tree.args.get('symmetric'):
        reading.refuse('BETWEEN has no SYMMETRIC here', reading.start)
    part, low, high = reading.alike(reading.nodes(tree.this, tree.args['low'], tree.args['high']))
    return logic.both(logic.compared('>=', part, low), logic.compared('<=', part, high))


def _in(reading: Reading, tree: Any) -> Node:
    part = reading.node(tree.this)
    choices = [tree.args['field']] if tree.args.get('field') is not None else tree.expressions
    if not choices or len(choices) > MOST_CHOICES:
        reading.refuse(f'IN is followed by 1 to {MOST_CHOICES:,} values in brackets', part.start)
    nodes = reading.nodes(*choices)
    if nodes[0].kind is WORDS and len(nodes) == 1:
        if part.kind.name not in {'text', 'null'}:
            reading.refuse('only texts are in a list', part.start)
        return logic.word_of(converted(part, TEXT), nodes[0])
    part, *nodes = reading.alike([part, *nodes])
    return logic.one_of(part, nodes)


def _like(reading: Reading, tree: Any) -> Node:
    part, pattern = reading.nodes(tree.this, tree.expression)
    if part.kind.name not in {'text', 'null'} or not isinstance(pattern.literal, str):
        reading.refuse('LIKE compares a text with a pattern that is spelled out', pattern.start)
    return logic.matching(converted(part, TEXT), pattern.literal, any_case=isinstance(tree, exp.ILike))


def _case(reading: Reading, tree: Any) -> Node:
    start, branches = reading.start, tree.args['ifs']
    if tree.this is None:
        conditions = [reading.boolean(branch.this) for branch in branches]
    else:
        conditions = []
        for branch in branches:
            left, right = reading.alike(reading.nodes(tree.this, branch.this))
            conditions.append(logic.compared('=', left, right))
    otherwise = reading.node(tree.args['default']) if tree.args.get('default') is not None else null(start)
    values = reading.alike([*reading.nodes(*(branch.args['true'] for branch in branches)), otherwise])
    return logic.chosen(conditions, values, start)


def _if(reading: Reading, tree: Any) -> Node:
    start, condition = reading.start, reading.boolean(tree.this)
    otherwise = reading.node(tree.args['false']) if tree.args.get('false') is not None else null(start)
    return logic.chosen([condition], reading.alike([reading.node(tree.args['true']), otherwise]), start)


def _coalesce(reading: Reading, tree: Any) -> Node:
    start = reading.start
    return logic.first_of(reading.alike(reading.nodes(tree.this, *tree.expressions)), start)


def _joined(reading: Reading, tree: Any) -> Node:
    parts = reading.nodes(tree.this, tree.expression)
    for part in parts:
        if part.kind.name not in {'text', 'null'}:
            reading.refuse('|| joins texts; text() makes one of a number or a date', part.start)
    return logic.joined(*(converted(part, TEXT) for part in parts))


def _number(build: Callable[[Node], Node]) -> Callable[[Reading, Any], Node]:
    def read(reading: Reading, tree: Any) -> Node:
        part = reading.node(tree.this)
        if part.kind is NULL:
            part = converted(part, WHOLE)
        if part.kind.name not in {'number', 'real'}:
            reading.refuse('this is not a number', part.start)
        return build(part)

    return read


def _round(reading: Reading, tree: Any) -> Node:
    places = tree.args.get('decimals')
    if places is not None and not (isinstance(places, exp.Literal) and places.name.isdigit() and int(places.name) < 19):
        reading.refuse('round takes a number of digits from 0 to 18', reading.start)
    digits = int(places.name) if places is not None else 0
    return _number(lambda part: arithmetic.rounded(part, digits))(reading, tree)


def _cast(reading: Reading, tree: Any) -> Node:
    kind = TYPES.get(tree.to.this)
    part = reading.node(tree.this)
    if kind is None or not isinstance(part.literal, str):
        reading.refuse("only DATE '…' and TIMESTAMP '…' name a type", part.start)
    return as_kind(part, kind) or reading.refuse(f'this is not a {kind.name}', part.start)


def _call(reading: Reading, tree: Any) -> Node:
    return reading.call(tree, str(tree.this).lower())


READERS: Mapping[type, Callable[[Reading, Any], Node]] = {
    exp.Column: lambda reading, tree: reading.column(tree),
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.Paren: _inner,
    exp.And: _both,
    exp.Or: _either,
    exp.Not: _opposite,
    exp.Is: _is,
    exp.Between: _between,
    exp.In: _in,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Case: _case,
    exp.If: _if,
    exp.Coalesce: _coalesce,
    exp.DPipe: _joined,
    exp.Neg: _number(arithmetic.negated),
    exp.Abs: _number(arithmetic.magnitude),
    exp.Round: _round,
    exp.Cast: _cast,
    exp.Anonymous: _call,
}
"""What sqlglot found -> what it means."""
