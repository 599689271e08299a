"""What happens when the log is opened: is everything still there that was promised?"""

import errno
import hashlib
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from app.errors import Unavailable
from app.events.database import Database, first_line
from app.events.event import BEGINNING, Head, chain
from app.events.head_file import HeadFile, sync_folder
from app.events.log import Apply
from app.events.promised_file import PROMISED_FILE, Promised, PromisedFile
from app.events.rows import change_claims, insert_events
from app.lock import FolderInUse

logger = logging.getLogger(__name__)

HEAD = 'SELECT position, hash FROM events ORDER BY position DESC LIMIT 1'
PAGE = 20_000
HEAD_FILE = 'events.head'
REFUSED_BY_DISK = [
    os.strerror(number)
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE)
]
"""What a system says when the files are whole but cannot be written now."""


class Damaged(Exception):
    """The files do not hold what they held when they were last written; says which, and what to do."""


@contextmanager
def evidence_kept(path: Path) -> Iterator[None]:
    """Copy the WALs before they are opened, since DuckDB deletes them; when that fails, the database as well."""
    folder = path.parent / 'damaged' / f'{datetime.now(UTC):%Y%m%d-%H%M%S-%f}'
    try:
        folder.mkdir(mode=0o700, parents=True)
        for wal in _wals(path):  # a checkpoint that was cut off leaves a second one
            shutil.copy2(wal, folder)
        yield
    except (Damaged, duckdb.Error, OSError, Unavailable) as error:
        if _refused_by_disk(error):
            _forget(folder)
            reason = first_line(error.__cause__ or error).rstrip('.')
            raise Unavailable(
                f'{path} cannot be opened: {reason}. Mend that and start again; nothing is lost.'
            ) from error
        said = error if isinstance(error, Damaged) else _unreadable(path, error)
        raise Damaged(f'{said} {_keep(path, folder)}') from error
    except BaseException:
        _forget(folder)
        raise
    _forget(folder)


def open_database(path: Path) -> Database:
    """Open the file, begin it where none was ever promised, or say that it is damaged."""
    if not path.exists():
        _begin(path)
    try:
        return Database(path)
    except (duckdb.Error, RuntimeError) as error:
        if 'Could not set lock' in str(error):
            raise FolderInUse(f'{path} is open in another program; close that first. {first_line(error)}') from error
        raise Damaged(_unreadable(path, error)) from error


def check_head(
    database: Database, head_file: HeadFile, promised_file: PromisedFile, apply: Sequence[Apply] = ()
) -> None:
    """Bring the database and the head file up to date with each other; raises `Damaged` when events are missing.

    What was promised is taken in even where the head file names less: the slot that named it may be damaged.
    """
    promised = _promised(head_file)
    if promised is None:
        raise Damaged(
            f'{head_file.path} is missing. It says which events were acknowledged; without it nothing shows '
            f'whether {database.path} still holds them all. Put it back, or restore the newest backup.'
        )
    actual = database_head(database)
    groups = promised_file.read_after(actual)
    ends = [actual, *(Head(event.position, event.hash) for group in groups for event in group.events)]
    if ends[-1].position < promised.position:
        raise Damaged(
            f'{database.path} ends at event {ends[-1].position}, but {promised.position} were acknowledged: '
            f'{promised.position - ends[-1].position} are missing. Restore the newest backup.'
        )
    if promised not in ends[1:]:
        _verify_chain(database, promised)
    if groups:
        _take_in(database, groups, apply)
    if ends[-1] != promised:
        head_file.write(ends[-1])


def database_head(database: Database) -> Head:
    """The last event in the database."""
    rows = database.query_here(HEAD)
    return Head(*rows[0]) if rows else BEGINNING


def _take_in(database: Database, groups: Sequence[Promised], apply: Sequence[Apply]) -> None:
    """Put what was promised into the log and the tables that follow it, all or nothing."""
    events = [event for group in groups for event in group.events]
    logger.info('taking in %d events that were acknowledged just before the end', len(events))
    cursor = database.cursor()
    cursor.execute('BEGIN')
    for group in groups:
        change_claims(cursor, group.claims, group.claims)
    insert_events(cursor, events)
    for one in apply:
        one(cursor, events)
    cursor.execute('COMMIT')
    database.close_cursor(cursor)


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


def _begin(path: Path) -> None:
    """Make an empty database; the head file comes first, so that a database without one has lost it."""
    with closing(HeadFile(path.with_name(HEAD_FILE))) as head_file:
        promised = _promised(head_file)
        if promised not in {None, BEGINNING} or _wals(path):
            acknowledged = f'{promised.position} events were acknowledged' if promised else 'its WAL is there'
            raise Damaged(f'{path} is missing, but {acknowledged}. Put it back, or restore the newest backup.')
        if promised is None:
            head_file.write(BEGINNING)
    unfinished = path.with_name(f'{path.name}.new')
    for file in path.parent.glob(f'{unfinished.name}*'):
        file.unlink()
    duckdb.connect(str(unfinished)).close()
    unfinished.rename(path)
    sync_folder(path.parent)


def _promised(head_file: HeadFile) -> Head | None:
    try:
        return head_file.read()
    except ValueError as error:
        raise Damaged(f'{error}. Restore the newest backup.') from error


def _wals(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f'{path.name}.wal*'))


def _unreadable(path: Path, error: Exception) -> str:
    return f'{path} cannot be read: {first_line(error)} Restore the newest backup of it.'


def _refused_by_disk(error: BaseException) -> bool:
    said = str(error.__cause__ or error)
    return any(reason in said for reason in REFUSED_BY_DISK)


def _keep(path: Path, folder: Path) -> str:
    """Put the files beside the WALs in `folder`, unless an earlier start has kept the same ones."""
    beside = (path, path.with_name(HEAD_FILE), path.with_name(PROMISED_FILE))
    found = [*folder.glob('*'), *(file for file in beside if file.exists())]
    for earlier in sorted(folder.parent.glob('*')):
        if earlier != folder and _holds(earlier, found):
            _forget(folder)
            return f'The files as found are kept in {earlier}.'
    try:
        for file in found:
            if file.parent != folder:
                shutil.copy2(file, folder)
    except OSError as error:
        return f'The files as found cannot be kept in {folder}: {error.strerror}. Copy {path.parent} before all else.'
    return f'The files as found are kept in {folder}.'


def _holds(folder: Path, files: list[Path]) -> bool:
    kept = {file.name: file for file in folder.glob('*')}
    return kept.keys() == {file.name for file in files} and all(_same(kept[file.name], file) for file in files)


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and _digest(one) == _digest(other)


def _digest(path: Path) -> bytes:
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').digest()


def _forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # unless it holds the evidence of an earlier time
