"""The head of the log, kept outside the database: what must be there after a restart, or something was lost.

DuckDB opens silently after some damage to its WAL, without the commits behind it; this file notices. Two slots are
written in turn, each with a checksum and in a block of its own, so that a torn write leaves the other one readable.
The file appears whole or not at all, and takes both blocks at once: what follows needs no more room on the disk.
"""

import errno
import hashlib
import os
from pathlib import Path

from app.events.event import Head

SLOT = 128
BLOCK = 4096
"""What a disk may tear at once."""
DIGITS = 20
WRITTEN_THROUGH = os.O_RDWR | os.O_DSYNC
"""Opened like this, a write returns once it is on disk: one call that gives the interpreter away instead of two."""


class HeadFile:
    """`write` returns once the head is on disk; `read` returns the newest readable slot."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None
        self._next_slot = 0

    def read(self) -> Head | None:
        """The newest head, or `None` if there is no such file; raises `ValueError` when no slot is readable."""
        file = self._opened()
        if file is None:
            return None
        heads = [_decode(os.pread(file, SLOT, start)) for start in (0, BLOCK)]
        readable = [(head, slot) for slot, head in enumerate(heads) if head]
        if not readable:
            raise ValueError(f'{self.path} is damaged: neither of its two slots can be read')
        head, slot = max(readable)
        self._next_slot = 1 - slot
        return head

    def write(self, head: Head) -> None:
        """Put `head` into the older slot and wait for the disk; begins the file where there is none."""
        file = self._opened()
        if file is None:
            self._begin(head)
            return
        _write(file, _encode(head), self._next_slot * BLOCK)
        self._next_slot = 1 - self._next_slot

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int | None:
        if self._file is None:
            try:
                self._file = os.open(self.path, WRITTEN_THROUGH)
            except FileNotFoundError:
                return None
        return self._file

    def _begin(self, head: Head) -> None:
        unfinished = self.path.with_name(f'{self.path.name}.new')
        file = os.open(unfinished, WRITTEN_THROUGH | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write(file, _encode(head).ljust(2 * BLOCK), 0)
            os.fsync(file)
            unfinished.replace(self.path)
            sync_folder(self.path.parent)
        except BaseException:
            os.close(file)
            raise
        self._file, self._next_slot = file, 1


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows the names of the files that were made, renamed or removed in `folder`."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _write(file: int, content: bytes, start: int) -> None:
    if os.pwrite(file, content, start) < len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _encode(head: Head) -> bytes:
    body = f'{head.position:0{DIGITS}d} {head.hash}'.encode()
    return (body + b' ' + hashlib.sha256(body).hexdigest()[:40].encode()).ljust(SLOT - 1) + b'\n'


def _decode(slot: bytes) -> Head | None:
    body, _, checksum = slot.strip().rpartition(b' ')
    if hashlib.sha256(body).hexdigest()[:40].encode() != checksum:
        return None
    position, _, digest = body.decode().partition(' ')
    return Head(int(position), digest)
