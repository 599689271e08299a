"""The file that was sent, on disk until it is imported: reading it takes no more memory than its longest row."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from app.crud.importing.packed import refuse_packed
from app.errors import TooLarge, Unavailable

LIMIT = 4_000_000_000
LONGEST_ROW = 1_000_000
"""Characters of one row; more of them on one line are never a table."""
WRITTEN_AT_ONCE = 1_000_000


class Upload:
    """A file without a name, which the system forgets as soon as it is closed, whatever happens."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - `close` closes it

    @classmethod
    def of(cls, content: bytes) -> Upload:
        """A file with this content."""
        refuse_packed(content)
        upload = cls()
        upload._file.write(content)
        return upload

    async def receive(self, chunks: AsyncIterator[bytes], *, lines: bool) -> None:
        """Write down what is sent; what cannot be a table is refused before all of it has come.

        `lines` is for files that have a line for each row.
        """
        waiting, size, on_line = bytearray(), 0, 0
        async for chunk in chunks:
            if size < 8:
                refuse_packed(bytes(waiting[:8]) + chunk[:8])
            size += len(chunk)
            if size > LIMIT:
                raise TooLarge(f'The file has more than {LIMIT:,} bytes.')
            last = max(chunk.rfind(b'\n'), chunk.rfind(b'\r'))
            on_line = on_line + len(chunk) if last < 0 else len(chunk) - last
            if lines and on_line > 4 * LONGEST_ROW:
                raise TooLarge(f'A row may have at most {LONGEST_ROW:,} characters; this file has a longer line.')
            waiting += chunk
            if len(waiting) >= WRITTEN_AT_ONCE:
                await asyncio.to_thread(self._write, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(self._write, bytes(waiting))

    def open(self) -> BinaryIO:
        """The file from its beginning; one reader at a time."""
        self._file.flush()
        self._file.seek(0)
        return open(os.dup(self._file.fileno()), 'rb')

    def close(self) -> None:
        """Forget it."""
        self._file.close()

    def _write(self, content: bytes) -> None:
        try:
            self._file.write(content)
        except OSError as error:
            raise Unavailable(f'The file cannot be kept while it is read: {error.strerror}.') from error
