"""A data folder belongs to one process at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderInUse(Exception):
    """Another process holds the data folder."""


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Hold `data` for as long as the block runs, or raise `FolderInUse` naming the process that holds it."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data / 'dbbasic.lock'
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(file):
            holder = os.pread(file, 20, 0).decode(errors='replace').strip() or 'unknown'
            raise FolderInUse(f'The data folder {data} is in use by the DBBasic process {holder}. Stop that one first.')
        os.ftruncate(file, 0)
        os.pwrite(file, f'{os.getpid()}\n'.encode(), 0)
        yield
    finally:
        os.close(file)


def _lock(file: int) -> bool:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        lock = getattr(msvcrt, 'locking')  # noqa: B009 - the name exists on Windows only
        try:
            lock(file, getattr(msvcrt, 'LK_NBLCK'), 1)  # noqa: B009
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
