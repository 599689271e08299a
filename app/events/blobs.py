"""Blobs: the contents of files, each kept once under the hash of what it holds, beside the log that refers to it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Collection
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from app.errors import Unavailable
from app.events.head_file import sync_folder
from app.fresh import fresh_hex

logger = logging.getLogger(__name__)

HASH = re.compile(r'[0-9a-f]{64}')
HEAD = 1024
"""The first bytes, which tell what a file is."""
CHUNK = 1 << 18
"""Bytes of one file that are in memory at once."""
UNFINISHED = '.partial'


class Blob(NamedTuple):
    """What is stored, and how it begins."""

    sha256: str
    size: int
    head: bytes


class Blobs:
    """A folder of files that are never changed. The work is done on threads; who waits may be on the event loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._placing = threading.Lock()
        """Held while a file gets its name, is to be kept or is removed, so that nothing to be kept is removed."""

    def clear_unfinished(self) -> None:
        """Remove what was on its way in when the program ended; blocks."""
        for path in self.folder.glob(f'*{UNFINISHED}'):
            path.unlink()

    async def put(self, chunks: AsyncIterable[bytes]) -> Blob:
        """Store all of `chunks` durably; whatever they raise leaves nothing behind."""
        incoming = _Incoming(self.folder)
        try:
            buffer = bytearray()
            async for chunk in chunks:
                buffer += chunk
                if len(buffer) >= CHUNK:
                    await asyncio.to_thread(incoming.write, bytes(buffer))
                    buffer.clear()
            return await asyncio.to_thread(self._finish, incoming, bytes(buffer))
        except OSError as error:
            logger.error('a file could not be stored', exc_info=error)
            raise Unavailable(f'The file could not be stored: {error.strerror or error}.') from error
        finally:
            await asyncio.shield(asyncio.to_thread(incoming.discard))

    async def find(self, hashes: Collection[str], *, keep: bool) -> dict[str, Blob]:
        """Those that are stored, by hash; with `keep` the sweep leaves them alone for another day."""
        return await asyncio.to_thread(self._find, hashes, keep) if hashes else {}

    async def read(self, sha256: str, first: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The content from byte `first` on, in pieces; raises `FileNotFoundError` where there is none."""
        file = await asyncio.to_thread(self._open, sha256, first)
        left = length
        try:
            while left is None or left > 0:
                chunk = await asyncio.to_thread(file.read, CHUNK if left is None else min(CHUNK, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk
        finally:
            file.close()

    def path(self, sha256: str) -> Path:
        """Where the blob of this hash is, or would be."""
        if not HASH.fullmatch(sha256):
            raise ValueError(f'{sha256[:80]!r} is not a hash')
        return self.folder / sha256[:2] / sha256

    def modified(self, since: float, until: float) -> set[str]:
        """The hashes of all blobs stored or asked to be kept between two times; blocks."""
        found = set()
        for folder in self.folder.glob('[0-9a-f][0-9a-f]'):
            with os.scandir(folder) as entries:
                found |= {entry.name for entry in entries if since <= entry.stat().st_mtime < until}
        return {name for name in found if HASH.fullmatch(name)}

    def remove(self, sha256: str, until: float) -> bool:
        """Remove a blob unless it was asked to be kept since; blocks."""
        path = self.path(sha256)
        with self._placing, suppress(FileNotFoundError):
            if path.stat().st_mtime < until:
                path.unlink()
                return True
        return False

    def _finish(self, incoming: _Incoming, rest: bytes) -> Blob:
        blob = incoming.finish(rest)
        path = self.path(blob.sha256)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self.folder)
        with self._placing:
            # In the place of one that is there already: it is the same, unless it was damaged.
            incoming.path.replace(path)
        sync_folder(path.parent)
        return blob

    def _find(self, hashes: Collection[str], keep: bool) -> dict[str, Blob]:
        found = {}
        for sha256 in set(hashes):
            path = self.path(sha256)
            with suppress(FileNotFoundError):
                if keep:
                    with self._placing:
                        os.utime(path, (now := time.time(), now))
                with path.open('rb') as file:
                    found[sha256] = Blob(sha256, os.fstat(file.fileno()).st_size, file.read(HEAD))
        return found

    def _open(self, sha256: str, first: int) -> IO[bytes]:
        file = self.path(sha256).open('rb')
        file.seek(first)
        return file


class _Incoming:
    """A file on its way in. A thread may still write when nobody waits for it any more: hence the lock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f'{fresh_hex()}{UNFINISHED}'
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._discarded = False
        self._digest = hashlib.sha256()
        self._size = 0
        self._head = b''

    def write(self, data: bytes) -> None:
        """Add to its end."""
        with self._lock:
            if not self._discarded:
                self._write(data)

    def finish(self, rest: bytes) -> Blob:
        """Add the last bytes and wait for the disk."""
        with self._lock:
            if self._discarded:
                raise FileNotFoundError(2, 'nobody waits for it any more')
            file = self._write(rest)
            file.flush()
            os.fsync(file.fileno())
            return Blob(self._digest.hexdigest(), self._size, self._head)

    def discard(self) -> None:
        """Let go of it; if it has no other name by now, it is gone."""
        with self._lock:
            self._discarded = True
            if self._file:
                with suppress(OSError):  # on a full disk, what was not written yet cannot be written now either
                    self._file.close()
                self.path.unlink(missing_ok=True)

    def _write(self, data: bytes) -> IO[bytes]:
        if self._file is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'wb')
        self._file.write(data)
        self._digest.update(data)
        self._size += len(data)
        self._head += data[: HEAD - len(self._head)]
        return self._file
