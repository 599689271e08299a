"""When the WAL is written back into the database: when that is worth it, and only where it is sure to end well.

DuckDB gives up on a database whose checkpoint fails, reads included, until it is opened again; so a full disk must not
let one begin, and DuckDB must begin none by itself.
"""

import logging
import os
import shutil
import time
from pathlib import Path
from typing import Any

from app.events.database import Error, first_line

logger = logging.getLogger(__name__)

WAL_BYTES = 64_000_000
COMMITS = 2000
"""A WAL with more than this is written back at once: replaying it at a start would take seconds."""
IDLE_BYTES = 4_000_000
"""A WAL with more than this is written back when nobody writes."""
SPARE_BYTES = 8_000_000


class Checkpoints:
    """Checkpoints of one database, made through the cursor that writes it."""

    def __init__(self, path: Path, cursor: Any) -> None:
        self._path = path
        self._cursor = cursor
        self._commits = 0
        self.put_off = ''
        """Why the last one was not made; empty once one was."""
        self.statistics = {'count': 0, 'longest_ms': 0.0, 'last_ms': 0.0}

    def after_commit(self) -> None:
        """Count a commit; write back what has become much."""
        self._commits += 1
        if self._commits > COMMITS or _size(_wal(self._path)) > WAL_BYTES:
            self.now()

    def when_idle(self) -> None:
        """Write back what would keep the next start waiting."""
        if _size(_wal(self._path)) > IDLE_BYTES:
            self.now()
        else:
            self.put_off = ''

    def now(self) -> None:
        """Write everything back, or say why that must wait."""
        reason = why_not(self._path)
        if reason and not self.put_off:
            logger.warning('checkpoint put off: %s', reason)
        self.put_off = reason
        if not reason:
            self._make()

    def _make(self) -> None:
        began = time.monotonic()
        try:
            self._cursor.execute(f'CHECKPOINT {self._path.stem}')
        except Error as error:
            logger.warning('checkpoint failed: %s', first_line(error))
            return
        self._commits = 0
        took = round((time.monotonic() - began) * 1000, 1)
        longest = max(took, self.statistics['longest_ms'])
        self.statistics = {'count': self.statistics['count'] + 1, 'longest_ms': longest, 'last_ms': took}


def why_not(path: Path) -> str:
    """What stands against a checkpoint of the database `path` now, in words; empty if nothing does."""
    for place in (path, _wal(path), path.parent):
        if place.exists() and not os.access(place, os.W_OK):
            return f'{place} cannot be written'
    needed, free = 2 * _size(_wal(path)) + _size(path) // 4 + SPARE_BYTES, shutil.disk_usage(path).free
    return f'it may take {needed:,} bytes, and {free:,} are free on the disk of {path}' if free < needed else ''


def _wal(path: Path) -> Path:
    return path.with_name(f'{path.name}.wal')


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
