"""One record, as readers get it."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.crud.table import Table
from app.crud.values import Stored, shown_form
from app.errors import Invalid, Stale
from app.schema import Entity

Values = dict[str, Any]


class Record(NamedTuple):
    """A living record: its values by field name, its version and its owner."""

    id: str
    version: int
    owner: str
    values: Values

    def as_json(self) -> Values:
        """The record as the API shows it."""
        return {'id': self.id, **self.values, '_version': self.version}

    def without(self, names: frozenset[str]) -> Record:
        """The record for somebody who may not see these fields."""
        if not names:
            return self
        return self._replace(values={name: value for name, value in self.values.items() if name not in names})


def record_of(table: Table, row: tuple[Any, ...], as_of: str = '') -> Record:
    """What `Table.select` gave, now or as of a moment."""
    record_id, version, _, owner, *columns = row
    values = {
        field.name: field.from_row(value) if value is not None else None
        for field, value in zip(table.entity.readable, columns, strict=True)
    }
    return Record(record_id, version, owner, with_addresses(table.entity, record_id, values, as_of))


def record_with(table: Table, record_id: str, version: int, owner: str, stored: Stored) -> Record:
    """A record that has these stored values."""
    values = with_addresses(table.entity, record_id, shown_form(table.entity, stored))
    return Record(record_id, version, owner, values)


def with_addresses(entity: Entity, record_id: str, values: Values, as_of: str = '') -> Values:
    """The values by name, and in those that are files the address of each."""
    for field in entity.files:
        if value := values.get(field.name):
            values[field.name] = field.shown(value, f'/api/{entity.resource}/{record_id}', as_of)
    return values


def record_from(table: Table, owner: str, body: bytes) -> Record:
    """What `Record.as_json` gave, encoded."""
    values = table.parse(body)
    return Record(values.pop('id'), values.pop('_version'), owner, values)


def check_id(record: Record, sent: Any) -> None:
    """Refuse a body that names another record."""
    if isinstance(sent, dict) and sent.get('id', record.id) != record.id:
        raise Invalid(errors={'id': f'is {record.id!r} and never changes'})


def check_version(record: Record, version: int | None) -> None:
    """Refuse a change that was based on another version."""
    if version is not None and record.version != version:
        raise Stale(
            f'The record is at version {record.version}; the change was based on version {version}.',
            current=record.as_json(),
        )
