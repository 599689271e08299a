"""A deleted record comes back, and with it what its deletion has entailed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.crud.author import Author
from app.crud.batch import Batch
from app.crud.covering import covers
from app.crud.entailed import entailed
from app.crud.gathering import gather
from app.crud.record import Record, record_with
from app.crud.records import Records
from app.crud.table import Table
from app.crud.values import shown_form
from app.errors import Conflict, Denied, NotFound
from app.events import Event
from app.events.aggregate import Aggregate, fold
from app.identifier import canonical_id


async def restore(records: Records, entity: str, record_id: str, author: Author) -> Record:
    """Bring a deleted record back as it last was, with its id and its history.

    What went with it comes back too, as far as its author may and nobody has changed it since.
    """
    table = records.catalog.table(entity)
    stream = f'{entity}/{canonical_id(record_id)}'

    async def attempt() -> Record:
        records.views.allow(entity, 'delete', author.principal)
        events = await records.log.read_stream(stream)
        if not events:
            raise NotFound(f'There was never a record {record_id!r} in {entity}.')
        deleted = _deleted(records, table, events, author)
        id_ = stream.partition('/')[2]

        def begin(batch: Batch) -> None:
            batch.restore(table, id_, deleted.version, deleted.owner, deleted.values)

        undoing = await gather(records, await entailed(records.log, events[-1]), author, begin=begin)
        event = (await records.write(undoing.batch)).events[0]
        return record_with(table, id_, event.version, deleted.owner, deleted.values)

    return await records.once(
        author, lambda: records.recorded_record(entity, author), lambda: records.retry(attempt, once=False)
    )


def _deleted(records: Records, table: Table, events: Sequence[Event], author: Author) -> Aggregate:
    """What the record was, within the fields of today, if its author may bring it back."""
    state = fold(events)
    if events[-1].type != 'deleted':
        record_id = events[-1].stream.partition('/')[2]
        there = record_with(table, record_id, state.version, state.owner, state.values)
        if records.views.readable(table, there, author.principal):
            raise Conflict('The record is not deleted.')
        raise NotFound(f'There was never a record {record_id!r} in {table.entity.resource}.')
    known = {field.id for field in table.entity.stored}
    values = {id_: value for id_, value in state.values.items() if id_ in known and value is not None}
    decision = records.views.allow(table.entity.resource, 'delete', author.principal)
    if not covers(table, decision, author.principal, shown_form(table.entity, values), state.owner):
        raise Denied(f'{decision.reason} This one belonged to someone else.')
    return replace(state, values=values)
