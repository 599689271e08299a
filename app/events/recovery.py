"""What happens when the log is opened: is everything still there that was promised?"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from app.events.database import Database, first_line
from app.events.event import GENESIS, Head, chain
from app.events.head_file import HeadFile

PAGE = 20_000


class Damaged(Exception):
    """The files do not hold what they held when they were last written; says which, and what to do."""


@contextmanager
def evidence_kept(path: Path) -> Iterator[None]:
    """Copy the WAL before it is opened, since DuckDB deletes it; when opening fails, copy the database too."""
    wal = path.with_name(path.name + '.wal')
    folder = path.parent / 'damaged' / f'{datetime.now(UTC):%Y%m%d-%H%M%S-%f}'
    if wal.exists():
        folder.mkdir(parents=True)
        shutil.copy2(wal, folder)
    try:
        yield
    except Damaged as damage:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, folder)
        raise Damaged(f'{damage} The files as found are kept in {folder}.') from damage
    shutil.rmtree(folder, ignore_errors=True)


def open_database(path: Path) -> Database:
    """Open the file, or say that it is damaged."""
    try:
        return Database(path)
    except (duckdb.Error, RuntimeError) as error:
        raise Damaged(f'{path} cannot be opened: {first_line(error)} Restore the newest backup of it.') from error


def check_head(database: Database, head_file: HeadFile) -> None:
    """Compare the database with the head file and bring the file up to date; raises `Damaged` when events are missing."""
    try:
        promised = head_file.read() or Head(0, GENESIS)
    except ValueError as error:
        raise Damaged(f'{error}. Restore the newest backup.') from error
    actual = database_head(database)
    if actual.position < promised.position:
        raise Damaged(
            f'{database.path} ends at event {actual.position}, but {promised.position} were acknowledged: '
            f'{promised.position - actual.position} are missing. Restore the newest backup.'
        )
    _verify_chain(database, promised)
    if actual != promised:
        head_file.write(actual)


def database_head(database: Database) -> Head:
    """The last event in the database."""
    rows = database.query_here('SELECT position, hash FROM events ORDER BY position DESC LIMIT 1')
    return Head(*rows[0]) if rows else Head(0, GENESIS)


def _verify_chain(database: Database, start: Head) -> None:
    columns = 'position, stream, version, type, data, meta, event_id::VARCHAR, recorded_at, hash'
    sql = f'SELECT {columns} FROM events WHERE position >= ? AND position < ? ORDER BY position'
    position, previous = start
    if position and database.query_here('SELECT hash FROM events WHERE position = ?', [position]) != [(previous,)]:
        raise Damaged(f'Event {position} in {database.path} is not the one that was acknowledged. Restore a backup.')
    while rows := database.query_here(sql, [position + 1, position + 1 + PAGE]):
        for *columns_of_event, digest in rows:
            expected, position = position + 1, columns_of_event[0]
            if position != expected or chain(previous, *columns_of_event) != digest:
                raise Damaged(f'The chain of events in {database.path} breaks at {expected}. Restore a backup.')
            previous = digest
