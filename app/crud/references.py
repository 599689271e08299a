"""What points to what: foreign keys must lead somewhere, and a record stays while something leads to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.crud.catalog import Catalog
from app.crud.table import Table
from app.crud.uniqueness import BETWEEN, uniques
from app.crud.values import Stored
from app.errors import Conflict, Invalid, Problem, Stale
from app.events import Expect, Taken, WrongVersion
from app.events.log import Expectation
from app.fields import Field


def expected_targets(catalog: Catalog, table: Table, records: Sequence[Stored]) -> dict[str, Expectation]:
    """The streams that the foreign keys of `records` point to, each expected to exist."""
    expected: dict[str, Expectation] = {}
    for _, stream in targets(catalog, table, records):
        expected[stream] = Expect.EXISTS
    return expected


def explain(catalog: Catalog, table: Table, records: Sequence[Stored], conflict: Problem) -> Problem:
    """What the log's refusal means to someone who knows fields, not streams."""
    if isinstance(conflict, Taken):
        unique = next(one for one in uniques(table.entity) if one.scope == conflict.claim.scope)
        value = conflict.claim.key.replace(BETWEEN, ', ')
        errors = dict.fromkeys((field.name for field in unique.fields), f'{value!r} is already used by another record')
        return Conflict(f'{unique.names} {value!r} is already used by another record.', errors=errors)
    if isinstance(conflict, WrongVersion):
        for field, stream in targets(catalog, table, records):
            if stream == conflict.stream and conflict.expected is Expect.EXISTS:
                target, _, record_id = stream.partition('/')
                return Invalid(errors={field.name: f'there is no record {record_id!r} in {target}'})
        if conflict.expected in {Expect.NONE, Expect.NEW}:
            record_id = conflict.stream.partition('/')[2]
            message = f'There is already a record {record_id!r} in {table.entity.resource}.'
            return Conflict(
                message, errors=dict.fromkeys(table.entity.key, 'is already used') or {'id': 'is already used'}
            )
        return Stale('The record was changed meanwhile. Read it again and repeat the change.')
    return conflict


def targets(catalog: Catalog, table: Table, records: Sequence[Stored]) -> Iterator[tuple[Field, str]]:
    """Each foreign key of the records that is not empty, and the stream that it points to."""
    for field in table.entity.references:
        target = getattr(field, 'references', '')
        reference_id = catalog.table(target).reference_id
        for record in records:
            if (value := record.get(field.id)) is not None:
                yield field, f'{target}/{reference_id(value)}'
