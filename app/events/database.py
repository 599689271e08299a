"""The DuckDB files behind the log: one process, one connection, a cursor per reading thread.

`events.duckdb` holds the truth and the tables that follow it in the same commit. `derived.duckdb` is attached as
`derived`; it holds what can be made again from the log at any time, and is made again when it is damaged.
"""

import asyncio
import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from app.errors import Unavailable
from app.events.freshness import Freshness

logger = logging.getLogger(__name__)

READERS = 3
COPIES = 'copies'
"""An attached database in memory, for what only makes reading faster: it needs no disk, and is gone after a restart."""
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    'autoinstall_known_extensions': 'false',
    'autoload_known_extensions': 'false',
    'python_enable_replacements': 'false',
    'checkpoint_threshold': '1TB',  # never by itself: see checkpoints.py
    'threads': '1',
    'dynamic_or_filter_threshold': '500',  # up to so many values sought in a table are looked up by its index
    'late_materialization_max_rows': '1000',  # a sorted page is found first, then its rows alone are read and shaped
    'allocator_background_threads': 'true',  # memory that a large question took is given back
    'preserve_insertion_order': 'true',
}

Row = tuple[Any, ...]
Read = Callable[[str, Sequence[Any]], list[Row]]
Answer = TypeVar('Answer')
Error = duckdb.Error
AlreadyThere = duckdb.ConstraintException
MissingTable = duckdb.CatalogException
MISTAKES = (
    duckdb.ProgrammingError,
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.NotSupportedError,
    duckdb.PermissionException,
    duckdb.DependencyException,
    duckdb.InterruptException,
    duckdb.TransactionException,
)
"""What the question is to blame for; anything else is the file: a corrupt block is a bare `duckdb.Error`."""


class Database:
    """An open file; `query` from the event loop, `cursor` from a thread of one's own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.staging = path.with_name('staging')
        """The one folder that SQL may read and write files in; whatever lies there is on its way out."""
        self._connection = duckdb.connect(str(path), config=SETTINGS)
        try:
            self._attach(path.with_name('derived.duckdb'))
            self._connection.execute(f"ATTACH ':memory:' AS {COPIES}")
            self._lock_down()
        except BaseException:
            self._connection.close()
            raise
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self.freshness = Freshness()
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix='reader')

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for one thread; two threads must never share one."""
        self.freshness.wait()
        cursor = self._connection.cursor()
        self._cursors.append(cursor)
        return cursor

    def close_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Give back what `cursor` gave, before everything is closed."""
        self._cursors.remove(cursor)
        cursor.close()

    async def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of a SELECT, read on a reading thread."""
        return await self.read(lambda read: read(sql, parameters))

    async def read(self, question: Callable[[Read], Answer], *, narrow: bool = False) -> Answer:
        """Whatever `question` makes of one or several SELECTs, asked on one reading thread; `narrow` as below."""
        here = self._query_narrow if narrow else self.query_here
        return await asyncio.get_running_loop().run_in_executor(self._readers, question, here)

    def query_here(self, sql: str, parameters: Sequence[Any] = (), *, narrow: bool = False) -> list[Row]:
        """All rows of a SELECT, read on the calling thread.

        Where only a few columns are wanted, it is faster to take them along than to find the rows of a page first.
        """
        self.freshness.wait()
        try:
            rows: list[Row] = self._own_cursor(narrow=narrow).execute(sql, parameters).fetchall()
        except duckdb.Error as error:
            if isinstance(error, MISTAKES):
                raise
            raise Unavailable(f'{self.path.name} cannot be read: {first_line(error)}') from error
        return rows

    def close(self) -> None:
        """Let running reads finish, then write everything back into the files and let go of them."""
        self._readers.shutdown(wait=True)
        for cursor in self._cursors:
            cursor.close()
        self._cursors.clear()
        self._connection.close()
        self._local = threading.local()
        shutil.rmtree(self.staging, ignore_errors=True)

    def _attach(self, derived: Path) -> None:
        try:
            self._connection.execute(f"ATTACH '{_quoted(derived)}' AS derived")
        except duckdb.Error as error:
            logger.warning('%s is made anew from the log: %s', derived, first_line(error))
            for file in derived.parent.glob(f'{derived.name}*'):
                file.unlink()
            self._connection.execute(f"ATTACH '{_quoted(derived)}' AS derived")

    def _lock_down(self) -> None:
        shutil.rmtree(self.staging, ignore_errors=True)
        self.staging.mkdir(mode=0o700)
        self._connection.execute(f"SET allowed_directories = ['{_quoted(self.staging)}/']")
        self._connection.execute('SET enable_external_access = false')

    def _query_narrow(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self.query_here(sql, parameters, narrow=True)

    def _own_cursor(self, *, narrow: bool) -> duckdb.DuckDBPyConnection:
        name = 'narrow' if narrow else 'wide'
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, name, None)
        if cursor is None:
            cursor = self.cursor()
            if narrow:
                cursor.execute('SET SESSION late_materialization_max_rows = 0')
            setattr(self._local, name, cursor)
        return cursor


@lru_cache(maxsize=512)
def parsed(sql: str) -> Any:
    """A statement to execute again and again, on any cursor, without reading its text each time."""
    return duckdb.extract_statements(sql)[0]


def first_line(error: BaseException) -> str:
    """What an error says, without the pages that may follow."""
    return str(error).partition('\n')[0]


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("'", "''")
