"""Which events somebody asks for: by position, stream, entity, type, actor, correlation, batch and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app import codec
from app.errors import Malformed
from app.events.database import Read
from app.events.duckdb_log import COLUMNS
from app.events.event import Event

META = ('actor', 'correlation', 'cause', 'batch', 'request', 'source')
LARGEST_PAGE = 5000
LOOKED_AT = 20_000
"""Positions looked at for a page of the newest that match, before all of them are."""
SEED_NAMES = {'aggregate_type': 'entity', 'event_type': 'type', 'from': 'since', 'to': 'until'}


@dataclass(frozen=True, slots=True)
class Slice:
    """Conditions on events, how many are wanted, and from which end."""

    after: int = 0
    before: int | None = None
    limit: int = 100
    backward: bool = False
    stream: str = ''
    entity: str = ''
    types: tuple[str, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None

    @property
    def selective(self) -> bool:
        """Whether some events between the first and the last are left out."""
        return bool(self.stream or self.entity or self.types or self.meta)

    @property
    def lasting(self) -> bool:
        """Whether a full page of it is the same for ever: nothing can be added between its ends."""
        return not self.backward or self.before is not None

    def where(self) -> tuple[str, list[Any]]:
        """The SQL condition and its parameters."""
        conditions, parameters = ['position > ?'], list[Any]([self.after])
        for condition, value in (
            ('position < ?', self.before),
            ('stream = ?', self.stream or None),
            ('starts_with(stream, ?)', f'{self.entity}/' if self.entity else None),
            ('type IN (SELECT unnest(?::VARCHAR[]))', list(self.types) or None),
            ('recorded_at >= ?', self.since),
            ('recorded_at < ?', self.until),
            *((f"json_extract_string(meta, '$.{name}') = ?", value) for name, value in self.meta.items()),
        ):
            if value is not None:
                conditions.append(condition)
                parameters.append(value)
        return ' AND '.join(conditions), parameters

    def read(self, read: Read) -> list[Event]:
        """Its events; on a reading thread."""
        if self.backward:
            # From the end backwards DuckDB would sort the whole log to find its last page.
            end = self.before or (read('SELECT max(position) FROM events', [])[0][0] or 0) + 1
            first = max(0, end - 1 - (LOOKED_AT if self.selective else self.limit))
            page = self._read(read, f' AND position > {first:d}')
            if len(page) == self.limit or first <= self.after:
                return page
        return self._read(read)

    def _read(self, read: Read, further: str = '') -> list[Event]:
        where, parameters = self.where()
        direction = 'DESC' if self.backward else 'ASC'
        sql = f'SELECT {COLUMNS} FROM events WHERE {where}{further} ORDER BY position {direction} LIMIT ?'
        return [Event(*row) for row in read(sql, [*parameters, self.limit])]

    def matches(self, event: Event) -> bool:
        """Whether `event` is one of them, wherever it stands."""
        return (
            (not self.stream or event.stream == self.stream)
            and (not self.entity or event.stream.startswith(f'{self.entity}/'))
            and (not self.types or event.type in self.types)
            and (self.since is None or event.recorded_at >= self.since)
            and (self.until is None or event.recorded_at < self.until)
            and (not self.meta or self._matches_meta(codec.parse(event.meta)))
        )

    def _matches_meta(self, meta: dict[str, Any]) -> bool:
        return all(name in meta and _spelled(meta[name]) == value for name, value in self.meta.items())


def _spelled(value: Any) -> str | None:
    """As DuckDB takes a text out of JSON."""
    return value if value is None or isinstance(value, str) else codec.canonical(value)


def parse_slice(parameters: Mapping[str, Any]) -> Slice:
    """The slice that an address or a body spells, or `Malformed` naming the parameter that is wrong."""
    given = {SEED_NAMES.get(name, name): value for name, value in parameters.items() if value is not None}
    if 'aggregate_id' in given:
        given['stream'] = f'{given.pop("entity", "")}/{given.pop("aggregate_id")}'
    known = {'after', 'before', 'limit', 'order', 'stream', 'entity', 'type', 'since', 'until', *META}
    if unknown := sorted(given.keys() - known):
        raise Malformed(f'There is no parameter {unknown[0][:60]!r}; known are {", ".join(sorted(known))}.')
    if given.get('order', 'asc') not in {'asc', 'desc'}:
        raise Malformed('order: must be asc or desc.')
    types = given.get('type', ())
    return Slice(
        after=_number('after', given, 0),
        before=_number('before', given, 0) if 'before' in given else None,
        limit=max(1, _number('limit', given, 100, LARGEST_PAGE)),
        backward=given.get('order') == 'desc',
        stream=_text('stream', given),
        entity=_text('entity', given),
        types=tuple(types.split(',') if isinstance(types, str) else _texts('type', types)),
        meta={name: _text(name, given) for name in META if name in given},
        since=moment('since', given['since']) if 'since' in given else None,
        until=moment('until', given['until']) if 'until' in given else None,
    )


def moment(name: str, text: Any) -> int:
    """Microseconds since 1970 of an RFC 3339 text with its zone."""
    example = f'{name}: {str(text)[:40]!r} is not a moment with its zone, such as 2026-05-03T10:00:00Z.'
    if not isinstance(text, str):
        raise Malformed(example)
    try:
        parsed = datetime.fromisoformat(text.strip().replace(' ', '+'))
        since = parsed - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        raise Malformed(example) from None
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


def _number(name: str, given: Mapping[str, Any], default: int, highest: int = 2**53) -> int:
    text = str(given.get(name, default))
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) > highest:
        raise Malformed(f'{name}: {text[:40]!r} is not a number from 0 to {highest}.')
    return int(text)


def _text(name: str, given: Mapping[str, Any]) -> str:
    value = given.get(name, '')
    if not isinstance(value, str):
        raise Malformed(f'{name}: must be a text.')
    return value


def _texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise Malformed(f'{name}: must be a text or a list of texts.')
    return list(value)
