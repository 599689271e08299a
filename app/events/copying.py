"""A consistent copy of the log's database while it is written to, and the check that a copy is whole."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb

from app.events.database import Database, Error, first_line
from app.events.event import BEGINNING, GENESIS, Head, chain

PAGE = 20_000
COLUMNS = 'position, stream, version, type, data, meta, event_id::VARCHAR, recorded_at, hash'


class NotWhole(Exception):
    """A copy is damaged, or not what it says it is."""


class Cancelled(Exception):
    """Somebody called it off."""


def copy_database(database: Database, path: Path, cancelled: threading.Event) -> Head:
    """Write the log as it is at one moment to `path`, and return its end; others go on meanwhile. Blocks."""
    staged = database.staging / path.name
    cursor = database.cursor()
    stopper = threading.Thread(target=_interrupt_when, args=[cursor, cancelled, done := threading.Event()])
    stopper.start()
    try:
        cursor.execute(f"ATTACH '{str(staged).replace(chr(39), chr(39) * 2)}' AS copy")
        cursor.execute('BEGIN')
        cursor.execute('COPY FROM DATABASE events TO copy')
        cursor.execute('COMMIT')
        ends = cursor.execute('SELECT position, hash FROM copy.events ORDER BY position DESC LIMIT 1').fetchall()
        cursor.execute('DETACH copy')
        staged.replace(path)
        return Head(*ends[0]) if ends else BEGINNING
    except Error as error:
        if cancelled.is_set():
            raise Cancelled from None
        raise NotWhole(f'{database.path} could not be copied: {first_line(error)}') from error
    finally:
        done.set()
        stopper.join()
        _let_go(cursor)
        database.close_cursor(cursor)
        for file in database.staging.glob(f'{path.name}*'):
            file.unlink()


def verify_copy(path: Path) -> Head:
    """Compute the whole chain of a database that nobody else has open; raises `NotWhole`. Blocks."""
    try:
        with duckdb.connect(str(path), read_only=True, config={'threads': '1'}) as connection:
            position, previous = 0, GENESIS
            sql = f'SELECT {COLUMNS} FROM events WHERE position > ? AND position <= ? ORDER BY position'
            count: int = connection.execute('SELECT count(*) FROM events').fetchall()[0][0]
            while position < count:
                for *columns, digest in connection.execute(sql, [position, position + PAGE]).fetchall():
                    position += 1
                    if columns[0] != position or chain(previous, *columns) != digest:
                        raise NotWhole(f'{path} is damaged at event {position}.')
                    previous = digest
            return Head(position, previous)
    except duckdb.Error as error:
        raise NotWhole(f'{path} cannot be read: {first_line(error)}') from error


def _interrupt_when(cursor: duckdb.DuckDBPyConnection, cancelled: threading.Event, done: threading.Event) -> None:
    while not done.is_set():
        if cancelled.wait(timeout=0.1):
            cursor.interrupt()
            return


def _let_go(cursor: duckdb.DuckDBPyConnection) -> None:
    for statement in ('ROLLBACK', 'DETACH copy'):
        try:
            cursor.execute(statement)
        except Error:
            continue  # there was nothing left to undo
