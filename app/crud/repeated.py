"""Requests that were sent before with the same Idempotency-Key, and what they have recorded."""

from __future__ import annotations

from typing import Any

from app import codec
from app.crud.author import Author
from app.crud.record import Record, record_with
from app.crud.table import Table
from app.crud.written import MOST, told_of
from app.events import DuckDBLog, Event
from app.events.aggregate import event_owner, fold
from app.events.duckdb_log import COLUMNS
from app.events.event import derived_id
from app.events.log import IdReused

WRITTEN = f"""
    SELECT {COLUMNS} FROM events WHERE contains(meta, ?) AND NOT contains(meta, '"entailed_by":')
    ORDER BY position LIMIT {MOST}"""


async def recorded_event(log: DuckDBLog, author: Author) -> Event | None:
    """The first event that this very request, sent before, has recorded."""
    known = event_id(author)
    event = await log.find(known) if known else None
    if event is None:
        return None
    meta = codec.parse(event.meta)
    if meta.get('fingerprint') != author.fingerprint:
        raise IdReused('This Idempotency-Key was used before for another request.')
    author.receipt.position, author.receipt.batch = event.position, meta.get('batch', '')
    return event


async def recorded_record(log: DuckDBLog, table: Table, author: Author) -> Record | None:
    """The record as a request, sent before, has left it."""
    event = await recorded_event(log, author)
    if event is None:
        return None
    events = [other for other in await log.read_stream(event.stream) if other.version <= event.version]
    record_id, owner = event.stream.partition('/')[2], event_owner(event)
    return record_with(table, record_id, event.version, owner, fold(events).values)


async def recorded_version(log: DuckDBLog, author: Author) -> int | None:
    """The version that a request, sent before, has left a record at."""
    event = await recorded_event(log, author)
    return event and event.version


async def recorded_batch(log: DuckDBLog, author: Author) -> dict[str, Any] | None:
    """What a request for many changes, sent before, has brought."""
    if await recorded_event(log, author) is None:
        return None
    batch = author.receipt.batch
    sql = 'SELECT count(*), max(position) FROM events WHERE contains(meta, ?)'
    mark = [f'"batch":"{batch}"']
    rows, written = await log.database.query(sql, mark), await log.database.query(WRITTEN, mark)
    changes = told_of(Event(*row) for row in written)
    return {'count': rows[0][0], 'batch': batch, 'position': rows[0][1], 'changes': changes}


def event_id(author: Author, number: int = 0) -> str | None:
    """The id that an event of a request with a key has, so that it is recorded once."""
    if not author.idempotency_key:
        return None
    return derived_id(author.principal.id, author.idempotency_key, str(number))
