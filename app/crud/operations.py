"""Many changes in one request: a list of operations that happen together or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from app.crud.author import Author
from app.crud.batch import Batch
from app.crud.drafts import check_writable, draft_changes, draft_record
from app.crud.record import Record, check_version
from app.crud.records import Records
from app.crud.table import Table
from app.crud.values import stored_form
from app.crud.views import Views
from app.errors import Conflict, Denied, Invalid, Malformed, NotFound, Problem
from app.events import Taken
from app.identifier import canonical_id
from app.permissions import SYSTEM, Action

MOST = 100_000
SHOWN = 200
"""Records in a preview, at most; the answer says how many there are."""
MOST_LOOKED_AT = 1000
"""Records that are looked at for a preview."""
ACTIONS: Mapping[str, Action] = {'create': 'create', 'update': 'update', 'delete': 'delete', 'upsert': 'update'}


@dataclass(frozen=True, slots=True)
class Operation:
    """One of them."""

    verb: str
    entity: str
    id: str = ''
    values: dict[str, Any] = field(default_factory=dict)
    version: int | None = None
    by: str = ''
    """The unique field that says which record an upsert means; empty for the key."""


async def perform(
    records: Records, operations: Sequence[Operation], author: Author, *, dry_run: bool = False
) -> dict[str, Any]:
    """Do all of it, or with `dry_run` say what it would do; raises and changes nothing if any of it is not possible."""
    if len(operations) > MOST:
        raise Malformed(f'At most {MOST:,} operations come in one request, these are {len(operations):,}.')

    async def attempt() -> dict[str, Any]:
        found = await _find_all(records, operations, author)
        batch = await asyncio.to_thread(_gather, records, operations, author, found)
        await records.complete(batch)
        try:
            if not dry_run:
                return await records.write_all(batch)
            if batch.done:
                await records.write(batch, tentative=True)
        except Conflict as conflict:
            _name_operation(conflict, batch, operations)
            raise
        return await preview(batch, records.views)

    async def work() -> dict[str, Any]:
        return await records.retry(attempt, once=any(one.version is not None for one in operations))

    return await (work() if dry_run else records.once(author, lambda: records.recorded_batch(author), work))


async def preview(batch: Batch, views: Views) -> dict[str, Any]:
    """What a batch would do; what a deletion entails is shown as far as its author may read it."""
    principal, changes = batch.author.principal, list[dict[str, Any]]()
    for one in islice(batch.done.values(), MOST_LOOKED_AT):
        entity = one.table.entity.resource
        if one.stream not in batch.causes or await views.may(entity, batch.record_of(one), principal, 'read'):
            changes.append(one.shown_to(principal))
        if len(changes) == SHOWN:
            break
    return {'dry_run': True, 'changes': changes, 'count': len(batch.done)}


async def _find_all(records: Records, operations: Sequence[Operation], author: Author) -> dict[int, Record | None]:
    """Operation by number -> the record it is about, which its author may change; `None` where it is not there."""
    wanted: dict[tuple[str, str], list[int]] = {}
    for number, one in enumerate(operations):
        if one.verb != 'create':
            wanted.setdefault((one.entity, one.by), []).append(number)
    found: dict[int, Record | None] = {}
    for (entity, by), numbers in wanted.items():
        table = records.catalog.table(entity)
        keys = {number: _key(table, operations[number], by) for number in numbers}
        there = await records.views.find_many(table, by, list(set(filter(None, keys.values()))))
        found |= {number: there.get(key) for number, key in keys.items()}
    return found


def _key(table: Table, one: Operation, by: str) -> str:
    if one.verb != 'upsert':
        return canonical_id(one.id)
    if by:
        field = table.entity.field(by)
        if field is None or not field.unique or field.name in table.entity.key:
            raise Malformed(f'by: must be a unique field of {one.entity}, not {by!r}.')
        value = one.values.get(by)
        return '' if value in (None, '') else str(field.accept(value))
    draft = draft_record(table, one.values, SYSTEM) if table.entity.key else None
    return draft.id if draft else str(one.values.get('id') or '')


def _gather(
    records: Records, operations: Sequence[Operation], author: Author, found: Mapping[int, Record | None]
) -> Batch:
    batch = Batch(records.catalog, author)
    errors: list[dict[str, Any]] = []
    for number, one in enumerate(operations):
        before = len(batch.done)
        try:
            _add(records, batch, one, author, found.get(number))
        except Problem as problem:
            if isinstance(problem, Denied):
                raise
            errors.append({'number': number, 'entity': one.entity, 'id': one.id, **problem.document()})
        batch.numbers |= dict.fromkeys(islice(batch.done, before, None), number)
    if errors:
        first = errors[0]
        status = f'operation {first["number"]}: {first["detail"] or first.get("errors")}'
        raise Invalid(
            f'Nothing was done: {len(errors)} of the operations are not possible; {status}', failed=errors[:SHOWN]
        )
    return batch


def _name_operation(conflict: Conflict, batch: Batch, operations: Sequence[Operation]) -> None:
    """Say which operation wants a unique value that another record has."""
    taken = conflict.__cause__
    if isinstance(taken, Taken) and (number := batch.numbers.get(taken.claim.owner)) is not None:
        where = {'number': number, 'entity': operations[number].entity, 'id': operations[number].id}
        conflict.extra['failed'] = [where | conflict.document()]


def _add(records: Records, batch: Batch, one: Operation, author: Author, record: Record | None) -> None:
    table, principal = records.catalog.table(one.entity), author.principal
    if one.verb == 'upsert' and record and not records.views.readable(table, record, principal):
        record = None  # whoever may not know of it is told that its unique value is taken, as of any other
    if one.verb == 'create' or (one.verb == 'upsert' and record is None):
        records.views.allow(one.entity, 'create', principal)
        check_writable(table.entity, one.values, principal)
        batch.create(table, draft_record(table, one.values, principal))
        return
    if record is None:
        raise NotFound(f'There is no record {one.id!r} in {one.entity}.')
    records.views.check(table, record, principal, ACTIONS[one.verb])
    check_version(record.without(table.entity.hidden_from(principal)), one.version)
    if one.verb == 'delete':
        batch.delete(table, record)
        return
    check_writable(table.entity, one.values, principal)
    values = {name: value for name, value in one.values.items() if name != 'id'}
    before = stored_form(table.entity, record.values)
    if changes := draft_changes(table, before, values, principal):
        batch.change(table, record, changes, before=before)
