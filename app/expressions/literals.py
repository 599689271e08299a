"""What stands in the text as it is: literals, `@user`, `@now` and `@today`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, DecimalException

from app.expressions.arithmetic import MOST_SCALE
from app.expressions.kinds import (
    BOOLEAN,
    DATE,
    DIGITS,
    EPOCH,
    TEXT,
    TIME,
    TIMESTAMP,
    WORDS,
    Kind,
    common,
    microseconds,
    microseconds_of_day,
    number,
)
from app.expressions.node import DAY, Node, constant, converted

SPANS: Mapping[str, int] = {
    'WEEK': 7 * DAY,
    'DAY': DAY,
    'HOUR': 3_600_000_000,
    'MINUTE': 60_000_000,
    'SECOND': 1_000_000,
}

AT_WORDS = ('@user.id', '@user.name', '@user.roles', '@now', '@today')


def number_constant(text: str, start: int) -> Node | None:
    """A number with all the digits it was written with; nothing if there are too many."""
    try:
        value = Decimal(text)
    except DecimalException:
        return None
    exponent = int(value.as_tuple().exponent)
    value = value.quantize(Decimal(1)) if exponent > 0 and value.adjusted() < DIGITS else value
    scale = max(0, -int(value.as_tuple().exponent))
    digits = max(value.adjusted() + 1, 0) + scale
    if not value.is_finite() or digits > DIGITS or scale > MOST_SCALE:
        return None
    return constant(number(digits, scale), value, str(value), start)


def text_constant(text: str, start: int) -> Node:
    """A text."""
    return constant(TEXT, text, text, start)


def boolean_constant(value: bool, start: int) -> Node:
    """True or false."""
    return constant(BOOLEAN, value, value, start)


def as_kind(node: Node, kind: Kind) -> Node | None:
    """The node as a value of this kind; a text that was spelled out may spell a date, a moment or a number."""
    if node.kind is TEXT and isinstance(node.literal, str) and kind is not TEXT:
        return _spelled(node.literal.strip(), kind, node.start)
    return converted(node, kind) if common([node.kind, kind]) else None


def word(parts: Sequence[str], start: int) -> Node | None:
    """`@now`, `@today`, `@user.id`, `@user.name`, `@user.roles`; the reader has made `_` of each `@`."""
    match list(parts):
        case ['_now']:
            return Node(TIMESTAMP, lambda w: f'make_timestamp({int(w.now)})', lambda row: row.now, start)
        case ['_today']:
            return Node(
                DATE, lambda w: f"(DATE '1970-01-01' + ({int(w.now) // DAY}))", lambda row: row.now // DAY, start
            )
        case ['_user', 'id']:
            return Node(TEXT, lambda w: w.bind(w.user.id, 'VARCHAR'), lambda row: row.user.id, start)
        case ['_user', 'name']:
            return Node(TEXT, lambda w: w.bind(w.user.name, 'VARCHAR'), lambda row: row.user.name, start)
        case ['_user', 'roles']:
            return Node(WORDS, lambda w: w.bind(list(w.user.roles), 'VARCHAR[]'), lambda row: row.user.roles, start)
    return None


def _spelled(text: str, kind: Kind, start: int) -> Node | None:
    if kind.name in {'number', 'real'}:
        return number_constant(text, start)
    if kind is BOOLEAN and text.lower() in {'true', 'false'}:
        return boolean_constant(text.lower() == 'true', start)
    try:
        if kind is DATE and 'T' not in text and ' ' not in text:
            day = date.fromisoformat(text)
            return constant(DATE, (day - EPOCH).days, day.isoformat(), start)
        if kind is TIME and ':' in text and (clock := time.fromisoformat(text)).tzinfo is None:
            return constant(TIME, microseconds_of_day(clock), clock.isoformat(), start)
        if kind in (DATE, TIMESTAMP):
            at = microseconds(datetime.fromisoformat(text))
            return Node(TIMESTAMP, lambda writer: f'make_timestamp({at})', lambda row: at, start, at)
    except (ValueError, OverflowError):
        pass
    return None
