"""The head of the log, kept outside the database: what must be there after a restart, or something was lost.

DuckDB opens silently after some damage to its WAL, without the commits behind it; this file notices. Two slots are
written in turn, each with a checksum and in a block of its own, so that a torn write leaves the other one readable.
"""

import hashlib
import os
from pathlib import Path

from app.events.event import Head

SLOT = 128
BLOCK = 4096
"""What a disk may tear at once."""
DIGITS = 20


class HeadFile:
    """`write` returns once the head is on disk; `read` returns the newest readable slot."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._next_slot = 0

    def read(self) -> Head | None:
        """The newest head, or `None` if none was ever written; raises `ValueError` when no slot is readable."""
        slots = [os.pread(self._file, SLOT, start) for start in (0, BLOCK)]
        if not any(slots):
            return None
        heads = [_decode(slot) for slot in slots]
        readable = [(head, slot) for slot, head in enumerate(heads) if head]
        if not readable:
            raise ValueError(f'{self.path} is damaged: neither of its two slots can be read')
        head, slot = max(readable)
        self._next_slot = 1 - slot
        return head

    def write(self, head: Head) -> None:
        """Put `head` into the older slot and wait for the disk."""
        os.pwrite(self._file, _encode(head), self._next_slot * BLOCK)
        os.fdatasync(self._file)
        self._next_slot = 1 - self._next_slot

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _encode(head: Head) -> bytes:
    body = f'{head.position:0{DIGITS}d} {head.hash}'.encode()
    return (body + b' ' + hashlib.sha256(body).hexdigest()[:40].encode()).ljust(SLOT - 1) + b'\n'


def _decode(slot: bytes) -> Head | None:
    body, _, checksum = slot.strip().rpartition(b' ')
    if hashlib.sha256(body).hexdigest()[:40].encode() != checksum:
        return None
    position, _, digest = body.decode().partition(' ')
    return Head(int(position), digest)
