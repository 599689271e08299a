"""Numbers and moments: exact where they can be, NULL where there is no answer."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.expressions.kinds import DATE, DIGITS, REAL, WHOLE, number
from app.expressions.node import EXACT, Node, converted, simple, within

MOST_SCALE = 18
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {'+': EXACT.add, '-': EXACT.subtract, '*': EXACT.multiply}
REALS: dict[str, Callable[[float, float], float]] = {
    '+': operator.add,
    '-': operator.sub,
    '*': operator.mul,
    '/': operator.truediv,
}


def calculated(sign: str, left: Node, right: Node) -> Node | None:
    """`left sign right` of two numbers; nothing if its exact result would need too many digits after the point."""
    if sign == '/' or REAL in (left.kind, right.kind):
        return _real(sign, left, right)
    scales = left.kind.scale, right.kind.scale
    scale = sum(scales) if sign == '*' else max(scales)
    if scale > MOST_SCALE:
        return None
    kind = number(DIGITS, scale)
    parts = [converted(part, number(DIGITS, part.kind.scale if sign == '*' else scale)) for part in (left, right)]
    operation = OPERATIONS[sign]
    return simple(
        kind,
        f'TRY(CAST({{}} {sign} {{}} AS {kind.column}))',
        parts,
        lambda a, b: within(kind, operation(a, b)),
        left.start,
    )


def rounded(part: Node, places: int) -> Node:
    """Rounded half away from zero."""
    if part.kind is REAL:
        return simple(REAL, f'round({{}}, {places})', [part], lambda value: _round_real(value, places), part.start)
    if places >= part.kind.scale:
        return part
    kind = number(DIGITS, places)
    exact = converted(part, number(DIGITS, part.kind.scale))
    return simple(
        kind,
        f'TRY(CAST(round({{}}, {places}) AS {kind.column}))',
        [exact],
        lambda value: within(kind, value.quantize(Decimal(1).scaleb(-places), 'ROUND_HALF_UP', EXACT)),
        part.start,
    )


def negated(part: Node) -> Node:
    """The number below zero."""
    if part.literal is not None and part.kind.name == 'number':
        value = EXACT.minus(part.literal)
        return Node(part.kind, lambda w: w.bind(str(value), part.kind.column), lambda row: value, part.start, value)
    return simple(part.kind, '(-{})', [part], operator.neg if part.kind is REAL else EXACT.minus, part.start)


def magnitude(part: Node) -> Node:
    """Without its sign."""
    return simple(part.kind, 'abs({})', [part], abs if part.kind is REAL else EXACT.abs, part.start)


def moved(sign: str, moment: Node, amount: int) -> Node:
    """A date or timestamp so many microseconds later or earlier."""
    change = amount if sign == '+' else -amount
    if moment.kind is DATE:
        days = change // 86_400_000_000
        return simple(DATE, f'({{}} + ({days}))', [moment], lambda day: day + days, moment.start)
    interval = f'to_microseconds({change})'
    return simple(moment.kind, f'({{}} + {interval})', [moment], lambda at: at + change, moment.start)


def days_between(left: Node, right: Node) -> Node:
    """How many days the left date is after the right one."""
    return simple(WHOLE, '({} - {})', [left, right], lambda a, b: Decimal(a - b), left.start)


def _real(sign: str, left: Node, right: Node) -> Node:
    parts = [converted(left, REAL), converted(right, REAL)]
    operation = REALS[sign]

    def compute(a: float, b: float) -> float | None:
        if sign == '/' and b == 0:
            return None
        value = operation(a, b)
        return value if math.isfinite(value) else None

    # A lambda keeps the operands from being written, and so computed, twice.
    pattern = f'list_transform([{{}} {sign} {{}}], lambda x: CASE WHEN isfinite(x) THEN x END)[1]'
    return simple(REAL, pattern, parts, compute, left.start)


def _round_real(value: float, places: int) -> float:
    scaled = value * 10.0**places
    whole = float(math.trunc(scaled)) if math.isfinite(scaled) else scaled
    if abs(scaled - whole) >= 0.5:
        whole += math.copysign(1.0, scaled)
    result = whole / 10.0**places
    return result if math.isfinite(result) else value
