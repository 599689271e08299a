"""What becomes of the values that records have, when the definition of a field changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, NamedTuple

from app import codec
from app.crud.table import FOREVER, Table
from app.events.database import Read
from app.events.time_travel import records_as_of
from app.fields import Field

SAMPLES = 5
NOTHING = object()
"""What a caller who names no filling fills in."""


class Outcome(NamedTuple):
    """A value that some records have: what it becomes, or the reason why it cannot stay."""

    old: Any
    new: Any
    records: int
    reason: str = ''


class OldValues(NamedTuple):
    """Where SQL finds the values as they are: the rows, called t, and the stored form of the value in them."""

    rows: str
    value: str
    field: Field | None

    def stored(self, value: Any) -> Any:
        """What SQL gave, as the log has it."""
        if value is None:
            return None
        if self.field is None:
            return codec.decode(value)
        found = self.field.from_row(value)
        return codec.decode(codec.encode(found)) if isinstance(found, codec.Raw) else found


@dataclasses.dataclass(slots=True)
class Conversion:
    """All values of one field, each once."""

    field: Field
    source: OldValues
    outcomes: dict[str, Outcome] = dataclasses.field(default_factory=dict)
    """By the canonical text of the old value."""

    @property
    def converted(self) -> list[Outcome]:
        """Those that are stored otherwise from then on."""
        return [one for one in self.outcomes.values() if not one.reason and one.new != one.old]

    @property
    def failed(self) -> list[Outcome]:
        """Those that cannot stay."""
        return [one for one in self.outcomes.values() if one.reason]

    @property
    def restores(self) -> bool:
        """Whether the field was not there, and has values all the same."""
        return self.source.field is None and any(one.old is not None for one in self.outcomes.values())

    @property
    def writes(self) -> bool:
        """Whether the column must be filled anew."""
        retyped = self.source.field is not None and self.source.field.column != self.field.column
        return bool(self.converted) or self.restores or retyped

    def changes(self, read: Read) -> dict[str, dict[str, Any]]:
        """Record id -> {from, to}, for each record whose value is stored otherwise from then on."""
        wanted = {codec.canonical(one.old): {'from': one.old, 'to': one.new} for one in self.converted}
        if not wanted:
            return {}
        rows = read(f'SELECT t.id, {self.source.value} FROM {self.source.rows}', [])
        found = ((row[0], wanted.get(codec.canonical(self.source.stored(row[1])))) for row in rows)
        return {record_id: change for record_id, change in found if change}

    def as_json(self) -> dict[str, Any]:
        """How many values are converted, and some of them."""
        converted = self.converted
        samples = [{'from': one.old, 'to': one.new, 'records': one.records} for one in converted[:SAMPLES]]
        return {'field': self.field.name, 'records': sum(one.records for one in converted), 'samples': samples}


def source_of(table: Table, old: Field | None, new: Field) -> OldValues:
    """The values of a field as it is; of one that is not there, those that it had when it was."""
    if old is not None:
        return OldValues(f'{table.name} AS t', old.read(f't."{old.id}"'), old)
    past = records_as_of(table.entity.resource, {new.id: 'JSON'}, FOREVER)
    return OldValues(f'{past} AS t', f't."{new.id}"::VARCHAR', None)


def convert(read: Read, new: Field, source: OldValues, fill: Any = NOTHING) -> Conversion:
    """Try every value that there is; those that do not fit give way to `fill`, and missing ones to the default."""
    conversion = Conversion(new, source)
    for value, count in read(f'SELECT {source.value}, count(*) FROM {source.rows} GROUP BY 1', []):
        old = source.stored(value)
        conversion.outcomes[codec.canonical(old)] = _outcome(new, old, count, fill)
    return conversion


def duplicates(conversion: Conversion) -> list[tuple[Any, int]]:
    """The values that several records would have."""
    counts: dict[str, tuple[Any, int]] = {}
    for one in conversion.outcomes.values():
        if one.new is not None and not one.reason:
            text = codec.canonical(one.new)
            counts[text] = one.new, counts.get(text, (None, 0))[1] + one.records
    return [(value, count) for value, count in counts.values() if count > 1]


def records_with(read: Read, conversion: Conversion, outcomes: Iterable[Outcome]) -> dict[str, list[str]]:
    """The canonical text of each of these old values -> the ids of some records that have it."""
    found: dict[str, list[str]] = {codec.canonical(one.old): [] for one in outcomes}
    if not found:
        return found
    for record_id, value in read(f'SELECT t.id, {conversion.source.value} FROM {conversion.source.rows}', []):
        ids = found.get(codec.canonical(conversion.source.stored(value)))
        if ids is not None and len(ids) < SAMPLES:
            ids.append(record_id)
    return found


def give_way(new: Field, outcome: Outcome, reason: str, fill: Any) -> Outcome:
    """What becomes of a value that does not fit for this reason: what is to be filled in, if that is said."""
    refused = Outcome(outcome.old, outcome.old, outcome.records, reason)
    if fill is NOTHING:
        return refused
    try:
        return refused._replace(new=new.accept(fill), reason='')
    except ValueError as error:
        return refused._replace(reason=f'{reason}, and what is to be filled in {error}')


def _outcome(new: Field, old: Any, count: int, fill: Any) -> Outcome:
    if new.fills_itself and old is None:
        return Outcome(old, None, count)
    if old is None and new.required and fill is NOTHING and new.default is not None:
        return Outcome(old, new.default, count)
    try:
        return Outcome(old, _accepted(new, old), count)
    except ValueError as error:
        reason = str(error)
    return give_way(new, Outcome(old, old, count), reason, fill)


def _accepted(new: Field, old: Any) -> Any:
    try:
        return new.accept(old)
    except ValueError:
        if old is None or isinstance(old, str):
            raise
        return new.accept(codec.canonical(old))
