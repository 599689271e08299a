"""What becomes of the records that refer to one that is deleted: they forbid it, go with it, or let go of it."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from app.crud.batch import Batch, Done
from app.crud.record import Record
from app.crud.references import targets
from app.crud.table import Table
from app.crud.views import Views
from app.errors import Conflict
from app.events import DuckDBLog, Unreferred
from app.fields import Field

MOST_SHOWN = 1000
"""Records that forbid a deletion are counted up to here."""


class Referred(Conflict):
    """Something refers to what is to be deleted, and forbids it."""

    def __init__(self, detail: str, *, errors: dict[str, str], streams: Set[str]) -> None:
        super().__init__(detail, errors=errors)
        self.streams = streams
        """Those of which nobody said that they are entailed by another deletion."""


async def follow_deletes(
    batch: Batch, views: Views, log: DuckDBLog, *, every: bool = False, gently: bool = False
) -> None:
    """Add to `batch` what its deletions entail, or raise `Referred` where something forbids them.

    With `every` that names every record that is forbidden to be deleted; `gently` lets any reference forbid it.
    """
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
                await _follow(batch, views, group, other, field, every, gently)


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


async def _follow(
    batch: Batch, views: Views, deleted: list[Done], other: Table, field: Field, every: bool, gently: bool
) -> None:
    rule = _rule(field, gently)
    most = MOST_SHOWN if rule == 'restrict' and not every else None
    streams = {_referred(one): one.stream for one in deleted}
    records = await views.referring(other, field.id, list(streams), most=most)
    waiting = [record for record in records if _is_left(batch, other, field, record, streams.keys())]
    if waiting and rule == 'restrict':
        place = f'{other.entity.resource}.{field.name}'
        count = f'{len(waiting)}{" or more" if len(records) == most else ""}'
        many, refer, those = ('records', 'refer', 'those') if len(waiting) > 1 else ('record', 'refers', 'that')
        raise Referred(
            f'{count} {many} in {other.entity.title} still {refer} to it ({place}); change or delete {those} first.',
            errors={place: f'{count} {many} {refer} to it'},
            streams=_held(batch, {streams[_value(batch, other, field, record)] for record in waiting}, gently),
        )
    for record in waiting:
        cause = streams[_value(batch, other, field, record)]
        if rule == 'cascade':
            batch.delete(other, record, cause=cause)
        else:
            change: dict[str, Any] = {'from': record.values[field.name], 'to': None}
            batch.change(other, record, {field.id: change}, cause=cause)


def _held(batch: Batch, streams: Set[str], gently: bool) -> Set[str]:
    """What first led to the deletion of these, and what cannot go either as those refer to it.

    The latter would be found one after the other, each by another look at everything.
    """
    held = {_root(batch, stream) for stream in streams}
    waiting = list(held)
    while waiting:
        one = batch.done[waiting.pop()]
        for field, target in targets(batch.catalog, one.table, [one.before or {}]):
            there = batch.done.get(target)
            first = there and there.verb == 'deleted' and target not in batch.causes
            if first and target not in held and _rule(field, gently) == 'restrict':
                held.add(target)
                waiting.append(target)
    return held


def _root(batch: Batch, stream: str) -> str:
    while stream in batch.causes:
        stream = batch.causes[stream]
    return stream


def _rule(field: Field, gently: bool) -> str:
    return 'restrict' if gently else getattr(field, 'on_delete', 'restrict')


def _value(batch: Batch, table: Table, field: Field, record: Record) -> str:
    """What the foreign key of a record will hold, after everything else in the batch."""
    mine = batch.done.get(f'{table.entity.resource}/{record.id}')
    return str(mine.after[field.id] if mine and mine.after else record.values[field.name])


def _referred(one: Done) -> str:
    """What foreign keys to the record hold."""
    key = one.table.entity.key
    return str((one.before or {})[one.table.entity.fields[key[0]].id]) if len(key) == 1 else one.id


def _is_left(batch: Batch, table: Table, field: Field, record: Record, values: Set[str]) -> bool:
    """Whether a record will still refer to what is deleted, after everything else in the batch."""
    mine = batch.done.get(f'{table.entity.resource}/{record.id}')
    return mine is None or (mine.after is not None and mine.after.get(field.id) in values)
