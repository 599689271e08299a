"""What a group of events of one record changed, compared with what the record is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app import codec
from app.crud.record import Record
from app.crud.table import Table
from app.crud.values import Stored, stored_form
from app.events import Event
from app.events.aggregate import Aggregate, fold
from app.events.database import Read
from app.events.duckdb_log import COLUMNS
from app.fields import Field

AT_ONCE = 10_000
"""Records whose whole lives are in memory at the same time."""
OF_STREAMS = f'SELECT {COLUMNS} FROM events WHERE stream IN (SELECT unnest(?::VARCHAR[])) ORDER BY stream, version'


def is_still(table: Table, record: Record, values: Stored) -> bool:
    """Whether a record has these values, apart from those that fill themselves in."""
    now = stored_form(table.entity, record.values)
    fields = [field for field in table.entity.stored if not field.fills_itself]
    return all(now.get(field.id) == values.get(field.id) for field in fields)


def altered(table: Table, events: Sequence[Event], now: Stored) -> list[tuple[Field, Any, Any]]:
    """Each field that the events changed, what it was before them, and what after them."""
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for event in events:
        data = codec.decode(event.data)
        if event.type == 'changed':
            for id_, change in data.items():
                first.setdefault(id_, change['from'])
                last[id_] = change['to']
        elif event.type == 'restored':
            last |= data
    fields = {field.id: field for field in table.entity.stored}
    return [(fields[id_], before, last.get(id_)) for id_, before in first.items() if id_ in fields]


def values_before(table: Table, state: Aggregate, events: Sequence[Event]) -> Stored:
    """What a record was before the first of the events, which ended by deleting it."""
    values = dict(state.values)
    for changed, before, _ in altered(table, events, values):
        values[changed.id] = before
    known = {field.id for field in table.entity.stored}
    return {id_: value for id_, value in values.items() if id_ in known and value is not None}


def no_longer_fits(field: Field, value: Any) -> str:
    """Why the field of today cannot hold the value of then; empty if it can."""
    try:
        field.accept(value)
    except ValueError as error:
        return f'what it was {error}'
    return ''


def states_after(read: Read, entity: str, streams: Mapping[str, Sequence[Event]]) -> dict[str, Aggregate]:
    """What the records were after these events of theirs, with the version that their stream has now."""
    names = [f'{entity}/{id_}' for id_ in streams]
    found: dict[str, Aggregate] = {}
    for start in range(0, len(names), AT_ONCE):
        lives: dict[str, list[Event]] = {}
        for row in read(OF_STREAMS, [names[start : start + AT_ONCE]]):
            lives.setdefault(row[1].partition('/')[2], []).append(Event(*row))
        for id_, events in lives.items():
            found[id_] = replace(fold(events[: streams[id_][-1].version]), version=events[-1].version)
    return found
