"""What happens when the log is opened: is everything still there that was promised?"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from app.errors import Unavailable
from app.events.database import Database, first_line
from app.events.event import BEGINNING, Head, chain
from app.events.head_file import HeadFile
from app.lock import FolderInUse

HEAD = 'SELECT position, hash FROM events ORDER BY position DESC LIMIT 1'
PAGE = 20_000


class Damaged(Exception):
    """The files do not hold what they held when they were last written; says which, and what to do."""


@contextmanager
def evidence_kept(path: Path) -> Iterator[None]:
    """Copy the WALs before they are opened, since DuckDB deletes them; when that fails, the database as well."""
    folder = path.parent / 'damaged' / f'{datetime.now(UTC):%Y%m%d-%H%M%S-%f}'
    folder.mkdir(mode=0o700, parents=True)
    for wal in path.parent.glob(f'{path.name}.wal*'):  # a checkpoint that was cut off leaves a second one
        _copy(wal, folder)
    try:
        yield
    except (Damaged, duckdb.Error, Unavailable) as error:
        said = error if isinstance(error, Damaged) else _unreadable(path, error)
        _copy(path, folder)
        raise Damaged(f'{said} The files as found are kept in {folder}.') from error
    except BaseException:
        _forget(folder)
        raise
    _forget(folder)


def open_database(path: Path) -> Database:
    """Open the file, or say that it is damaged."""
    try:
        return Database(path)
    except (duckdb.Error, RuntimeError) as error:
        if 'Could not set lock' in str(error):
            raise FolderInUse(f'{path} is open in another program; close that first. {first_line(error)}') from error
        raise Damaged(_unreadable(path, error)) from error


def check_head(database: Database, head_file: HeadFile) -> None:
    """Compare the database with the head file and bring that up to date; raises `Damaged` when events are missing."""
    try:
        promised = head_file.read() or BEGINNING
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
    rows = database.query_here(HEAD)
    return Head(*rows[0]) if rows else BEGINNING


def _verify_chain(database: Database, start: Head) -> None:
    columns = 'position, stream, version, type, data, meta, event_id::VARCHAR, recorded_at, hash'
    sql = f'SELECT {columns} FROM events WHERE position > ? ORDER BY position LIMIT {PAGE}'
    position, previous = start
    if position and database.query_here('SELECT hash FROM events WHERE position = ?', [position]) != [(previous,)]:
        raise Damaged(f'Event {position} in {database.path} is not the one that was acknowledged. Restore a backup.')
    while rows := database.query_here(sql, [position]):
        for *columns_of_event, digest in rows:
            expected, position = position + 1, columns_of_event[0]
            if position != expected or chain(previous, *columns_of_event) != digest:
                raise Damaged(f'The chain of events in {database.path} breaks at {expected}. Restore a backup.')
            previous = digest


def _unreadable(path: Path, error: Exception) -> str:
    return f'{path} cannot be read: {first_line(error)} Restore the newest backup of it.'


def _copy(file: Path, folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.copy2(file, folder)


def _forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # unless it holds the evidence of an earlier time
