"""What becomes of the records that refer to one that is deleted: they forbid it, go with it, or let go of it."""

from __future__ import annotations

from typing import Any

from app.crud.batch import Batch, Done
from app.crud.record import Record
from app.crud.table import Table
from app.crud.views import Views
from app.errors import Conflict
from app.events import DuckDBLog, Unreferred
from app.fields import Field

MOST_SHOWN = 1000
"""Records that forbid a deletion are counted up to here."""


async def follow_deletes(batch: Batch, views: Views, log: DuckDBLog) -> None:
    """Add to `batch` what its deletions entail, or raise `Conflict` where something forbids them."""
    followed: set[str] = set()
    while deleted := [one for one in batch.done.values() if one.verb == 'deleted' and one.stream not in followed]:
        followed |= {one.stream for one in deleted}
        by_entity: dict[str, list[Done]] = {}
        for one in deleted:
            by_entity.setdefault(one.table.entity.resource, []).append(one)
        for entity, group in by_entity.items():
            pointing = _pointing(batch, entity)
            _rely_on_nobody_new(batch, group, log.position, pointing)
            for other, field in pointing:
                await _follow(batch, views, group, other, field)


def _pointing(batch: Batch, entity: str) -> list[tuple[Table, Field]]:
    return [
        (table, field)
        for table in batch.catalog.tables.values()
        for field in table.entity.references
        if getattr(field, 'references', '') == entity
    ]


def _rely_on_nobody_new(batch: Batch, deleted: list[Done], position: int, pointing: list[tuple[Table, Field]]) -> None:
    """Whoever comes to refer to what is deleted, from the moment on at which one looks, refuses the batch."""
    categories = tuple({table.entity.resource for table, _ in pointing})
    if categories:
        batch.unreferred |= {one.stream: Unreferred(position, categories) for one in deleted}


async def _follow(batch: Batch, views: Views, deleted: list[Done], other: Table, field: Field) -> None:
    values = [_referred(one) for one in deleted]
    rule = getattr(field, 'on_delete', 'restrict')
    records = await views.referring(other, field.id, values, most=MOST_SHOWN if rule == 'restrict' else None)
    waiting = [record for record in records if _is_left(batch, other, field, record, set(values))]
    if waiting and rule == 'restrict':
        count = f'{len(waiting)}{" or more" if len(records) == MOST_SHOWN else ""}'
        place = f'{other.entity.resource}.{field.name}'
        raise Conflict(
            f'{count} of {other.entity.title.lower()} still refer to it ({place}); change or delete those first.',
            errors={place: f'{count} records refer to it'},
        )
    for record in waiting:
        if rule == 'cascade':
            batch.delete(other, record)
        else:
            change: dict[str, Any] = {'from': record.values[field.name], 'to': None}
            batch.change(other, record, {field.id: change}, entailed=True)


def _referred(one: Done) -> str:
    """What foreign keys to the record hold."""
    key = one.table.entity.key
    return str((one.before or {})[one.table.entity.fields[key[0]].id]) if len(key) == 1 else one.id


def _is_left(batch: Batch, table: Table, field: Field, record: Record, values: set[str]) -> bool:
    """Whether a record will still refer to what is deleted, after everything else in the batch."""
    mine = batch.done.get(f'{table.entity.resource}/{record.id}')
    return mine is None or (mine.after is not None and mine.after.get(field.id) in values)
