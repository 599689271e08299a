"""The kinds of values that expressions know, and how each looks in Python and in DuckDB."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

DIGITS = 38
DECIMAL = re.compile(r'DECIMAL\((\d+),(\d+)\)')
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Kind:
    """`number` is exact, with `precision` digits of which `scale` follow the point; `real` comes from a division."""

    name: str
    precision: int = 0
    scale: int = 0

    @property
    def column(self) -> str:
        """The DuckDB type."""
        return f'DECIMAL({self.precision},{self.scale})' if self.name == 'number' else COLUMNS[self.name]


TEXT, BOOLEAN, DATE, TIMESTAMP, REAL = Kind('text'), Kind('boolean'), Kind('date'), Kind('timestamp'), Kind('real')
TIME, NULL, WORDS, OPAQUE = Kind('time'), Kind('null'), Kind('words'), Kind('opaque')
WHOLE = Kind('number', 19, 0)
COLUMNS = {
    'text': 'VARCHAR',
    'boolean': 'BOOLEAN',
    'date': 'DATE',
    'timestamp': 'TIMESTAMP',
    'time': 'TIME',
    'real': 'DOUBLE',
    'null': 'VARCHAR',
    'words': 'VARCHAR[]',
    'opaque': 'JSON',
}
PLAIN = {kind.column: kind for kind in (TEXT, BOOLEAN, DATE, TIMESTAMP, TIME, REAL, WORDS)}


def number(precision: int, scale: int) -> Kind:
    """An exact number; one that needs more digits than there are keeps those after the point."""
    return Kind('number', min(max(precision, 1), DIGITS), scale)


def kind_of_column(column: str) -> Kind:
    """The kind of the values that a column of this DuckDB type holds."""
    if match := DECIMAL.fullmatch(column.replace(' ', '')):
        return number(int(match[1]), int(match[2]))
    return WHOLE if column in {'BIGINT', 'INTEGER'} else PLAIN.get(column, OPAQUE)


def common(kinds: Sequence[Kind]) -> Kind | None:
    """The kind that values of all these kinds can be compared as, or nothing if there is none."""
    kinds = [kind for kind in kinds if kind is not NULL] or [NULL]
    names = {kind.name for kind in kinds}
    if names == {'number'}:
        scale = max(kind.scale for kind in kinds)
        return number(max(kind.precision - kind.scale for kind in kinds) + scale, scale)
    if names <= {'number', 'real'}:
        return REAL
    if names <= {'date', 'timestamp'}:
        return TIMESTAMP if 'timestamp' in names else DATE
    return kinds[0] if len(names) == 1 and names.isdisjoint({'words', 'opaque'}) else None


def from_stored(kind: Kind, value: Any) -> Any:
    """A value as expressions compute with it: text, Decimal, float, bool, a list of texts, days or microseconds.

    Days and moments count from 1970, a time of day from midnight.
    """
    if value is None:
        return None
    if kind.name == 'number':
        return Decimal(value)
    if kind.name == 'date':
        return (date.fromisoformat(value) - EPOCH).days
    if kind.name == 'timestamp':
        return microseconds(datetime.fromisoformat(value))
    if kind.name == 'time':
        return microseconds_of_day(time.fromisoformat(value))
    return float(value) if kind.name == 'real' else value


def microseconds_of_day(at: time) -> int:
    """Since midnight."""
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


def to_stored(kind: Kind, value: Any) -> Any:
    """The other way round: a computed value as events store it."""
    if value is None:
        return None
    if kind.name == 'number':
        return str(value)
    if kind.name == 'date':
        return (EPOCH + timedelta(days=value)).isoformat()
    if kind.name in {'timestamp', 'time'}:
        moment = datetime(1970, 1, 1) + timedelta(microseconds=value)
        return moment.time().isoformat() if kind.name == 'time' else moment.isoformat(timespec='microseconds') + 'Z'
    return value


def microseconds(moment: datetime) -> int:
    """Since 1970 UTC; a moment without a zone counts as UTC."""
    difference = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return (difference.days * 86_400 + difference.seconds) * 1_000_000 + difference.microseconds
