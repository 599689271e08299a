"""What a group of events of one record changed, compared with what the record is now."""

from __future__ import annotations

from typing import Any

from app import codec
from app.crud.record import Record
from app.crud.table import Table
from app.crud.values import Stored, stored_form
from app.events import Event
from app.events.aggregate import Aggregate
from app.fields import Field


def is_still(table: Table, record: Record, values: Stored) -> bool:
    """Whether a record has these values, apart from those that fill themselves in."""
    now = stored_form(table.entity, record.values)
    fields = [field for field in table.entity.stored if not field.fills_itself]
    return all(now.get(field.id) == values.get(field.id) for field in fields)


def altered(table: Table, events: list[Event], now: Stored) -> list[tuple[Field, Any, Any]]:
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


def values_before(table: Table, state: Aggregate, events: list[Event]) -> Stored:
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
