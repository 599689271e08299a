"""Gathers into one batch what takes events back; what cannot be any more is left out, and named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from app.crud.alterations import states_after
from app.crud.author import Author
from app.crud.batch import Batch
from app.crud.cascading import Referred
from app.crud.entailed import cause_of
from app.crud.record import Record
from app.crud.records import Records
from app.crud.refusals import REFERRED, gone, taken
from app.crud.table import Table
from app.crud.taking_back import Undoing
from app.events import Event
from app.events.aggregate import Aggregate


def nothing(batch: Batch) -> None:
    """Begin with an empty batch."""


async def gather(
    records: Records,
    events: Sequence[Event],
    author: Author,
    *,
    force: bool = False,
    begin: Callable[[Batch], None] = nothing,
) -> Undoing:
    """The batch that takes the events back, complete; what `begin` puts into it stays in it in any case."""
    refused: dict[tuple[str, str], str] = {}
    while True:
        batch = Batch(records.catalog, author)
        begin(batch)
        undoing = Undoing(batch, records.views, force, refused, {*batch.done, *(event.stream for event in events)})
        await _take_back(records, undoing, events)
        found = {**await taken(undoing.batch, records.views), **await gone(undoing.batch, records.views)}
        if not found.keys() - refused.keys():
            try:
                await records.complete(undoing.batch, every=True, gently=not force)
            except Referred as referred:
                found = {(stream, ''): REFERRED for stream in referred.streams}
            else:
                return undoing
        refused |= found


async def _take_back(records: Records, undoing: Undoing, events: Sequence[Event]) -> None:
    for level in _levels(events):
        await _take_back_level(records, undoing, level)


def _levels(events: Sequence[Event]) -> list[list[Event]]:
    """What was meant, then what that entailed, and so on: whether something follows depends on its cause."""
    level_of: dict[str, int] = {}
    levels = list[list[Event]]()
    for event in events:
        level = level_of.setdefault(event.stream, level_of.get(cause_of(event), -1) + 1)
        levels += [[] for _ in range(level + 1 - len(levels))]
        levels[level].append(event)
    return levels


async def _take_back_level(records: Records, undoing: Undoing, events: Sequence[Event]) -> None:
    by_entity: dict[str, dict[str, list[Event]]] = {}
    for event in events:
        entity, _, record_id = event.stream.partition('/')
        by_entity.setdefault(entity, {}).setdefault(record_id, []).append(event)
    for entity, streams in by_entity.items():
        table = records.catalog.table(entity)
        there = await records.views.find_many(table, '', list(streams))
        missing = {id_: group for id_, group in streams.items() if id_ not in there}
        states = await records.log.database.read(partial(states_after, entity=entity, streams=missing))
        await asyncio.to_thread(_take_all, undoing, table, streams, there, states)


def _take_all(
    undoing: Undoing,
    table: Table,
    streams: Mapping[str, Sequence[Event]],
    there: Mapping[str, Record],
    states: Mapping[str, Aggregate],
) -> None:
    for record_id, group in streams.items():
        undoing.take_back(table, record_id, group, there.get(record_id), states)
