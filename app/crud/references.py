"""What points to what: foreign keys must lead somewhere, and a record stays while something leads to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from app.crud.catalog import Catalog
from app.crud.table import Table
from app.crud.values import Stored
from app.crud.views import Record
from app.errors import Conflict, Invalid, Problem, Stale
from app.events import DuckDBLog, Expect, Taken, WrongVersion
from app.events.log import Expectation
from app.fields import Field


def expected_targets(catalog: Catalog, table: Table, records: Sequence[Stored]) -> dict[str, Expectation]:
    """The streams that the foreign keys of `records` point to, each expected to exist."""
    expected: dict[str, Expectation] = {}
    for _, stream in _targets(catalog, table, records):
        expected[stream] = Expect.EXISTS
    return expected


async def nothing_refers_to(catalog: Catalog, log: DuckDBLog, table: Table, record: Record) -> dict[str, int]:
    """The categories that must not change while `record` is deleted; raises when something points to it now."""
    resource = table.entity.resource
    pointing = [
        (other, field)
        for other in catalog.tables.values()
        for field in other.entity.references
        if getattr(field, 'references', '') == resource
    ]
    unchanged = {other.entity.resource: log.category_position(other.entity.resource) for other, _ in pointing}
    value = str(record.values[table.entity.key[0]]) if len(table.entity.key) == 1 else record.id
    counts = await asyncio.gather(
        *(_count(log, other, field, value, record.id if other is table else '') for other, field in pointing)
    )
    for (other, field), count in zip(pointing, counts, strict=True):
        if count:
            place = f'{other.entity.resource}.{field.name}'
            raise Conflict(
                f'{count} of {other.entity.title.lower()} still refer to it ({place}); change or delete those first.',
                errors={place: f'{count} records refer to it'},
            )
    return unchanged


def explain(catalog: Catalog, table: Table, records: Sequence[Stored], conflict: Problem) -> Problem:
    """What the log's refusal means to someone who knows fields, not streams."""
    if isinstance(conflict, Taken):
        by_scope = {f'{table.entity.resource}.{field.id}': field for field in table.entity.stored}
        name = by_scope[conflict.claim.scope].name
        return Conflict(
            f'{name} {conflict.claim.key!r} is already used by another record.',
            errors={name: f'{conflict.claim.key!r} is already used by another record'},
        )
    if isinstance(conflict, WrongVersion):
        for field, stream in _targets(catalog, table, records):
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


def _targets(catalog: Catalog, table: Table, records: Sequence[Stored]) -> Iterator[tuple[Field, str]]:
    for field in table.entity.references:
        target = getattr(field, 'references', '')
        reference_id = catalog.table(target).reference_id
        for record in records:
            if (value := record.get(field.id)) is not None:
                yield field, f'{target}/{reference_id(value)}'


async def _count(log: DuckDBLog, table: Table, field: Field, value: str, besides: str) -> int:
    sql = f'SELECT count(*) FROM {table.name} WHERE "{field.id}" = ? AND id <> ?'
    count: int = (await log.database.query(sql, [value, besides]))[0][0]
    return count
