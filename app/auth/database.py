"""The service's own DuckDB file: one connection behind one lock, readable by its owner only."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
  id VARCHAR PRIMARY KEY, username VARCHAR NOT NULL, username_key VARCHAR NOT NULL UNIQUE,
  email VARCHAR NOT NULL UNIQUE, password_hash VARCHAR NOT NULL, roles VARCHAR NOT NULL,
  disabled BOOLEAN NOT NULL, created_at BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS api_keys (
  id VARCHAR PRIMARY KEY, user_id VARCHAR NOT NULL, name VARCHAR NOT NULL, secret_hash VARCHAR NOT NULL,
  scopes VARCHAR NOT NULL, created_at DOUBLE NOT NULL, expires_at DOUBLE, last_used DOUBLE
);
CREATE TABLE IF NOT EXISTS reset_links (hash VARCHAR PRIMARY KEY, user_id VARCHAR NOT NULL, expires_at DOUBLE NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (
  id VARCHAR PRIMARY KEY, user_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, secret_hash VARCHAR NOT NULL,
  created_at DOUBLE NOT NULL, last_seen DOUBLE NOT NULL, address VARCHAR NOT NULL, agent VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS refresh_tokens (
  hash VARCHAR PRIMARY KEY, session_id VARCHAR NOT NULL, issued_at DOUBLE NOT NULL, used_at DOUBLE
);
CREATE TABLE IF NOT EXISTS security_events (
  id BIGINT PRIMARY KEY, recorded_at BIGINT NOT NULL, type VARCHAR NOT NULL, user_id VARCHAR, session_id VARCHAR,
  address VARCHAR NOT NULL, request_id VARCHAR NOT NULL
);
ALTER TABLE users ADD COLUMN IF NOT EXISTS time_zone VARCHAR DEFAULT 'UTC';
ALTER TABLE users ADD COLUMN IF NOT EXISTS language VARCHAR DEFAULT 'en';
ALTER TABLE security_events ADD COLUMN IF NOT EXISTS actor VARCHAR;
ALTER TABLE security_events ADD COLUMN IF NOT EXISTS detail VARCHAR;
"""
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    'threads': 1,
    # Replaying a log after a crash costs 0.3 ms per commit; this keeps a start after one under half a second.
    'wal_autocheckpoint_entries': 1000,
    'memory_limit': '256MB',
    'autoinstall_known_extensions': False,
    'autoload_known_extensions': False,
}

Row = tuple[Any, ...]


class Transaction:
    """Statements that are committed together, and what must follow in memory once they are."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.followers: list[Callable[[], object]] = []

    def run(self, sql: str, *values: object) -> list[Row]:
        """Run one statement."""
        rows: list[Row] = self._connection.execute(sql, list(values)).fetchall()
        return rows

    def then(self, follower: Callable[[], object]) -> None:
        """Run `follower` after the commit, before any other transaction begins."""
        self.followers.append(follower)


class Unreadable(Exception):
    """The file is no database, or a damaged one."""


class Database:
    """Opens the file, and makes it where there is none."""

    def __init__(self, path: Path) -> None:
        self._wal = path.with_name(path.name + '.wal')
        self._lock = threading.RLock()
        try:
            with _private_files():
                self._connection = duckdb.connect(str(path), config=SETTINGS)
                self._prepare()
        except (duckdb.Error, RuntimeError) as error:
            raise Unreadable(f'{path} cannot be opened: {_reason(error)}') from error
        path.chmod(0o600)

    def _prepare(self) -> None:
        for statement in filter(str.strip, SCHEMA.split(';')):
            self._connection.execute(statement).fetchall()
        # DuckDB can lose a log that mixes changes of tables and of data, so they never meet in one.
        self._connection.execute('CHECKPOINT').fetchall()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All or nothing, and one at a time."""
        with self._lock:
            self._connection.execute('BEGIN').fetchall()
            transaction = Transaction(self._connection)
            try:
                yield transaction
                self._commit()
            except BaseException:
                self._roll_back()
                raise
            for follower in transaction.followers:
                follower()

    def copy_to(self, path: Path) -> None:
        """Write a copy of the file as it is now."""
        quoted = str(path).replace("'", "''")
        with self._lock, _private_files():
            for statement in (f"ATTACH '{quoted}' AS copy", 'COPY FROM DATABASE auth TO copy', 'DETACH copy'):
                self._connection.execute(statement).fetchall()

    def close(self) -> None:
        """Write everything into the file and let go of it."""
        with self._lock, _private_files():
            with suppress(duckdb.Error):  # on a full disk what is in the WAL stays there, and the next start reads it
                self._connection.execute('CHECKPOINT').fetchall()
            self._connection.close()

    def _commit(self) -> None:
        if self._wal.exists():
            self._connection.execute('COMMIT').fetchall()
            return
        with _private_files():
            self._connection.execute('COMMIT').fetchall()

    def _roll_back(self) -> None:
        try:
            self._connection.execute('ROLLBACK').fetchall()
        except duckdb.TransactionException:
            # A failed COMMIT has ended the transaction already.
            return


def count_rows(path: Path) -> dict[str, int]:
    """Table -> number of rows, having read every column of them; for a file that nobody else has open."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = [row[0] for row in connection.execute('SELECT table_name FROM duckdb_tables()').fetchall()]
            counts = {}
            for table in sorted(tables):
                sql = f'SELECT count(*), bit_xor(hash(t)) FROM "{table}" AS t'
                counts[table] = connection.execute(sql).fetchall()[0][0]
            return counts
    except (duckdb.Error, RuntimeError) as error:
        raise Unreadable(f'{path} cannot be opened: {_reason(error)}') from error


def _reason(error: Exception) -> str:
    said = str(error).partition('\n')[0]
    if 'lock' in said:
        return f'is another process using it? {said}'
    return f'{said} Restore the newest backup of it.'


@contextmanager
def _private_files() -> Iterator[None]:
    """DuckDB makes its files with the mode that the process allows; these hold password hashes."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
