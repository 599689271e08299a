"""What the deletion of a record has entailed, so that it comes back together with the record."""

from __future__ import annotations

from app import codec
from app.events import DuckDBLog, Event
from app.events.duckdb_log import COLUMNS

FURTHEST = 100_000
"""Events of one append, of which a deletion and what it entails are part."""
FOLLOWING = f'SELECT {COLUMNS} FROM events WHERE position > ? AND position < ? AND contains(meta, ?) ORDER BY position'


def cause_of(event: Event) -> str:
    """The stream whose deletion entailed the event; empty if somebody meant the event itself."""
    if '"entailed_by"' not in event.meta:  # reading it as JSON would take many times as long
        return ''
    cause: str = codec.parse(event.meta).get('entailed_by', '')
    return cause


async def entailed(log: DuckDBLog, deletion: Event) -> list[Event]:
    """What a deletion entailed, and what that entailed in turn; other deletions of the same batch are none of it."""
    batch = codec.parse(deletion.meta).get('batch')
    if deletion.type != 'deleted' or not batch:
        return []
    parameters = [deletion.position, deletion.position + FURTHEST, f'"batch":"{batch}"']
    streams = {deletion.stream}
    found = list[Event]()
    for row in await log.database.query(FOLLOWING, parameters):
        event = Event(*row)
        if cause_of(event) in streams:
            streams.add(event.stream)
            found.append(event)
    return found
