"""The read table of saved views, and what their events do to it inside the log's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import codec
from app.events import Event
from app.events.aggregate import event_owner, fold, new_values
from app.events.database import Read
from app.events.log import Database

CATEGORY = 'views'
TABLE = 'saved_views'
COLUMNS = 'id, entity, name, shared, owner, version, state'
WRITTEN = 'id, entity, name, shared, state, owner, version'
CREATE = f"""
    CREATE TABLE {TABLE} (id VARCHAR, entity VARCHAR, name VARCHAR, shared BOOLEAN, owner VARCHAR, version INTEGER,
    state VARCHAR)"""
EVENTS = f"""
    SELECT position, stream, version, type, data, meta, event_id::VARCHAR, recorded_at, hash FROM events
    WHERE starts_with(stream, '{CATEGORY}/') ORDER BY position"""


def fit_saved_views(database: Database) -> None:
    """Build the table from the log where there is none."""
    there = database.execute('SELECT count(*) FROM duckdb_tables() WHERE table_name = ?', [TABLE]).fetchone()[0]
    if not there:
        database.execute(CREATE)
        apply_views(database, [Event(*row) for row in database.execute(EVENTS).fetchall()])


def apply_views(database: Database, events: Sequence[Event]) -> None:
    """Bring the table up to date; there are few views, so they are written one by one."""
    for event in events:
        view_id, data = event.stream.partition('/')[2], codec.parse(event.data)
        if event.type in {'created', 'restored'}:
            row = [view_id, *_columns(data).values(), event_owner(event), event.version]
            database.execute(f'INSERT INTO {TABLE} ({WRITTEN}) VALUES (?, ?, ?, ?, ?, ?, ?)', row)
        elif event.type == 'changed':
            new = _columns(new_values('changed', data))
            sets = ', '.join(f'{name} = ?' for name in [*new, 'version'])
            database.execute(f'UPDATE {TABLE} SET {sets} WHERE id = ?', [*new.values(), event.version, view_id])
        else:
            database.execute(f'DELETE FROM {TABLE} WHERE id = ?', [view_id])


def wrong_views(read: Read) -> list[str]:
    """Where the table is not what the log says, in one sentence each."""
    streams: dict[str, list[Event]] = {}
    for row in read(EVENTS, []):
        streams.setdefault(row[1].partition('/')[2], []).append(Event(*row))
    said = {id_: fold(events) for id_, events in streams.items()}
    wanted = {
        id_: (*_columns(state.values).values(), state.owner, state.version)
        for id_, state in said.items()
        if not state.deleted
    }
    there = {row[0]: row[1:] for row in read(f'SELECT {WRITTEN} FROM {TABLE}', [])}
    wrong = sorted(id_ for id_ in wanted.keys() | there.keys() if wanted.get(id_) != there.get(id_))
    return [f'The table of saved views differs from the log, for example in the view {wrong[0]}.'] if wrong else []


def _columns(data: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in ('entity', 'name', 'shared', 'state') if name in data]
    return {name: codec.canonical(data[name]) if name == 'state' else data[name] for name in names}
