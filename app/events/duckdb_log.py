"""The embedded log: one DuckDB file that holds the events and the read tables that follow them in the same commit."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Sequence
from contextlib import ExitStack
from pathlib import Path

from app.events import recovery
from app.events.blobs import Blob, Blobs
from app.events.checkpoints import why_not
from app.events.database import Database, parsed
from app.events.event import BEGINNING, Event, Head
from app.events.head_file import HeadFile
from app.events.log import Append, Appended, Apply
from app.events.promised_file import PROMISED_FILE, PromisedFile
from app.events.tail import Tail
from app.events.writer import Writer

SCHEMA = """
    CREATE TABLE IF NOT EXISTS events (
        position BIGINT PRIMARY KEY,
        stream VARCHAR NOT NULL,
        version INTEGER NOT NULL,
        type VARCHAR NOT NULL,
        data VARCHAR NOT NULL,
        meta VARCHAR NOT NULL,
        event_id UUID NOT NULL UNIQUE,
        recorded_at BIGINT NOT NULL,
        hash VARCHAR NOT NULL
    );
    CREATE TABLE IF NOT EXISTS claims (claim VARCHAR PRIMARY KEY, owner VARCHAR NOT NULL);
"""
COLUMNS = 'position, stream, version, type, data, meta, event_id::VARCHAR, recorded_at, hash'
PAGE = parsed(f'SELECT {COLUMNS} FROM events WHERE position > ? AND position <= ? ORDER BY position')


class DuckDBLog:
    """A `Log` in `data/events.duckdb`; lives on the event loop that opened it."""

    def __init__(
        self, database: Database, head_file: HeadFile, promised_file: PromisedFile, apply: Sequence[Apply]
    ) -> None:
        self.database = database
        self._head_file = head_file
        self._promised_file = promised_file
        self.blobs = Blobs(database.path.with_name('files'))
        self.writer = Writer(database, head_file, promised_file, apply)
        self._tail = Tail(self.read, recovery.database_head(database).position)
        self._listeners: list[Callable[[Sequence[Event]], None]] = []
        self.writer.on_commit = self._publish

    @property
    def position(self) -> int:
        """The position of the newest event that followers may see."""
        return self._tail.position

    async def append(self, request: Append) -> Appended:
        """Record all of `request` durably, or raise and record nothing; it goes on when nobody waits any more."""
        return await self.writer.submit(request)

    async def read(self, after: int, limit: int = 1000) -> list[Event]:
        """Events in order of position, from the one after `after`."""
        return list(map(Event._make, await self.database.query(PAGE, [after, after + limit])))

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Event]:
        """Events of one stream in order of version."""
        sql = f'SELECT {COLUMNS} FROM events WHERE stream = ? AND version > ? ORDER BY version'
        return [Event(*row) for row in await self.database.query(sql, [stream, after_version])]

    async def find(self, event_id: str) -> Event | None:
        """The event with this id, if it was recorded."""
        rows = await self.database.query(f'SELECT {COLUMNS} FROM events WHERE event_id = ?::UUID', [event_id])
        return Event(*rows[0]) if rows else None

    def category_position(self, category: str) -> int:
        """The position of the newest event in streams whose names begin with `category/`; 0 if there is none."""
        return self.writer.category_position(category)

    def follow(self, after: int, quiet: float | None = None) -> AsyncIterator[Sequence[Event]]:
        """Events after `after`, first those recorded already, then each as it is committed; none of them after `quiet`
        seconds in which nothing happened."""
        return self._tail.follow(after, quiet)

    async def beyond(self, position: int) -> None:
        """Return once something was committed after `position`."""
        await self._tail.beyond(position)

    async def moved_on(self, position: int, seconds: float) -> bool:
        """Whether something was committed after `position`, within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self.beyond(position)
        except TimeoutError:
            return False
        return self.position > position

    async def head(self) -> Head:
        """The end of the log."""
        rows = await self.database.query(recovery.HEAD)
        return Head(*rows[0]) if rows else BEGINNING

    async def put_blob(self, chunks: AsyncIterable[bytes]) -> Blob:
        """Store the content of a file, durably and once, under the hash of what it holds."""
        return await self.blobs.put(chunks)

    async def find_blobs(self, hashes: Collection[str], *, keep: bool = False) -> dict[str, Blob]:
        """Those that are stored. With `keep` they stay for a day; once an event names `"sha256": "…"`, forever."""
        return await self.blobs.find(hashes, keep=keep)

    def get_blob(self, sha256: str, first: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The content from byte `first` on; raises `FileNotFoundError` where there is none."""
        return self.blobs.read(sha256, first, length)

    def listen(self, listener: Callable[[Sequence[Event]], None]) -> None:
        """Call `listener` on the event loop with what was committed, before anybody is told that his write is done."""
        self._listeners.append(listener)

    def _publish(self, events: Sequence[Event]) -> None:
        for listener in self._listeners:
            listener(events)
        self._tail.publish(events)

    async def close(self) -> None:
        """Write what is queued, then let go of the files."""
        self._tail.close()
        await self.writer.stop()
        await asyncio.to_thread(self.database.close)
        self._head_file.close()
        self._promised_file.close()


async def open_log(data: Path, apply: Sequence[Apply] = (), recover: Sequence[Apply] = ()) -> DuckDBLog:
    """Open (or begin) the log in the folder `data`; raises `recovery.Damaged` rather than answer with lost data.

    `apply` may still be added to until the log's first append. What was acknowledged when the process ended, but not in
    the database yet, is brought into the read tables by `recover`, or by `apply` where that is the same.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data / 'events.duckdb'
    with ExitStack() as undo, recovery.evidence_kept(path):
        head_file = HeadFile(data / 'events.head')
        undo.callback(head_file.close)
        promised_file = PromisedFile(data / PROMISED_FILE)
        undo.callback(promised_file.close)
        database = await asyncio.to_thread(recovery.open_database, path)
        undo.callback(database.close)
        await asyncio.to_thread(_prepare, database, head_file, promised_file, recover or apply)
        log = DuckDBLog(database, head_file, promised_file, apply)
        await asyncio.to_thread(log.blobs.clear_unfinished)
        undo.pop_all()
    log.writer.start()
    return log


def _prepare(database: Database, head_file: HeadFile, promised_file: PromisedFile, recover: Sequence[Apply]) -> None:
    cursor = database.cursor()
    cursor.execute(SCHEMA)
    recovery.check_head(database, head_file, promised_file, recover)
    if not why_not(database.path):
        cursor.execute('CHECKPOINT')
    cursor.close()
