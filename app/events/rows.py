"""What one commit writes into the tables of the log."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from app.events.database import parsed
from app.events.event import BEGINNING, Event, Head, NewEvent, record
from app.events.facts import claim_text
from app.events.plan import ClaimKey

INTO = 'INSERT INTO {} SELECT '
INSERT_EVENTS = INTO + ', '.join(['unnest(?)'] * len(Event._fields))
"""The types of the lists follow from their values: casts would cost as much again as the insertion of one event."""
TYPES = ('BIGINT', 'VARCHAR', 'INTEGER', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'UUID', 'BIGINT', 'VARCHAR')
MANY = 500
AT_ONCE = 2_500
"""Values of a column in one statement: each takes a hundred bytes on its way into the database."""
TEXTS = ', '.join(f'unnest(string_split(?, chr(10)))::{kind}' for kind in TYPES)
INSERT_MANY = INTO + TEXTS
RECORD, RECORD_MANY = (parsed(sql.format('events')) for sql in (INSERT_EVENTS, INSERT_MANY))
CLAIM_MANY = parsed('INSERT INTO claims SELECT unnest(string_split(?, chr(10))), unnest(string_split(?, chr(10)))')
CLAIM = parsed('INSERT INTO claims SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])')


def insert_events(cursor: Any, events: Sequence[Event]) -> None:
    """Add them to the end of the log."""
    _insert(cursor, RECORD, RECORD_MANY, events)


def try_out(cursor: Any, new_events: Sequence[NewEvent], table: str) -> None:
    """Do what recording these takes, in a table that is there for that only."""
    cursor.execute(f'CREATE TEMP TABLE {table} AS FROM events LIMIT 0')
    try:
        head, events = BEGINNING, []
        for new in new_events:
            events.append(record(new, head, 1, 0))
            head = Head(events[-1].position, events[-1].hash)
        _insert(cursor, INSERT_EVENTS.format(table), INSERT_MANY.format(table), events)
    finally:
        cursor.execute(f'DROP TABLE {table}')


def change_claims(cursor: Any, claims: Mapping[ClaimKey, str | None], held: Container[ClaimKey]) -> None:
    """Take the claims out that change hands, and put those in that have a holder; those not `held` only go in."""
    old = [claim_text(*key) for key in claims if key in held]
    if old:
        cursor.execute('DELETE FROM claims WHERE claim IN (SELECT unnest(?::VARCHAR[]))', [old])
    taken = ((claim_text(*key), owner) for key, owner in claims.items() if owner is not None)
    _insert(cursor, CLAIM, CLAIM_MANY, taken)


def _insert(cursor: Any, few: Any, many: Any, rows: Iterable[tuple[Any, ...]]) -> None:
    remaining = iter(rows)
    while columns := list(zip(*islice(remaining, AT_ONCE), strict=True)):
        if len(columns[0]) > MANY:  # one long text for each column takes half the time of a list, and no interpreter
            texts = ['\n'.join(map(str, column)) for column in columns]
            if all(text.count('\n') == len(columns[0]) - 1 for text in texts):
                cursor.execute(many, texts)
                continue
        cursor.execute(few, [list(column) for column in columns])
