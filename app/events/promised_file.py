"""What is acknowledged before the database has it: small groups of events, one behind the other, with what they claim.

The head file promises them, this file holds them, and the database takes several of them in at once, a moment later.
Only where the process ends within this moment is the file read: then the database ends before the head, by just these.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from app import codec
from app.events.event import Event, Head, chain
from app.events.head_file import WRITTEN_THROUGH, sync_folder
from app.events.plan import ClaimKey

PROMISED_FILE = 'events.promised'
ROOM = 1024 * 1024
"""Bytes that the file takes on the disk at once, so that no promise needs more room."""
DIGITS = 12
HEADER = DIGITS + 1 + 64 + 1
"""The length of a group, its checksum, and a line end."""


class Promised(NamedTuple):
    """Events to take in, and the claims that change hands with them."""

    events: list[Event]
    claims: dict[ClaimKey, str | None]


class PromisedFile:
    """`write` returns once a group is on disk; `read_after` gives those that a database lacks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None
        self._end = self._before = 0

    def write(self, events: Sequence[Event], claims: Mapping[ClaimKey, str | None]) -> bool:
        """Put a group behind the others and wait for the disk; nothing is written where there is no room for it."""
        body = codec.encode([[tuple(event) for event in events], [[*key, owner] for key, owner in claims.items()]])
        content = f'{len(body):0{DIGITS}d} {hashlib.sha256(body).hexdigest()}\n'.encode() + body
        if self._end + len(content) > ROOM:
            return False
        self._before = self._end
        file = self._opened()
        if os.pwrite(file, content, self._end) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._end += len(content)
        return True

    def take_back(self) -> None:
        """The group that was written last is not promised after all, and is not to be found."""
        self._end = self._before
        with suppress(OSError):
            os.pwrite(self._opened(), bytes(HEADER), self._before)

    def rewind(self) -> None:
        """The database has all of it: what comes next may take its place."""
        self._end = self._before = 0

    def read_after(self, head: Head) -> list[Promised]:
        """The groups that follow a head in an unbroken chain."""
        found = list[Promised]()
        for group in self._groups():
            events = [event for event in group.events if event.position > head.position]
            for event in events:
                if event.position != head.position + 1 or chain(head.hash, *event[:-1]) != event.hash:
                    return found
                head = Head(event.position, event.hash)
            if events:
                found.append(Promised(events, group.claims))
        return found

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, WRITTEN_THROUGH | os.O_CREAT, 0o600)
            os.posix_fallocate(self._file, 0, ROOM)
            os.fsync(self._file)
            sync_folder(self.path.parent)
        return self._file

    def _groups(self) -> Iterator[Promised]:
        """Those that are whole, from the first; behind them may stand what is left of earlier ones."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        start = 0
        while len(header := content[start : start + HEADER].split()) == 2 and header[0].isdigit():
            body = content[start + HEADER : start + HEADER + int(header[0])]
            if hashlib.sha256(body).hexdigest().encode() != header[1]:
                return
            events, claims = codec.parse(body)
            yield Promised([Event(*event) for event in events], {(scope, key): owner for scope, key, owner in claims})
            start += HEADER + len(body)
