"""States of streams kept for later, so that reading one needs few events. Deleting them changes nothing but speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from app import codec
from app.errors import NotFound
from app.events.aggregate import EMPTY, Aggregate, fold
from app.events.database import Read, Row
from app.events.derived import Cursor, Derived
from app.events.duckdb_log import COLUMNS, DuckDBLog
from app.events.event import Event, rfc3339

FAR = 2**62
AT_ONCE = 1000
"""Snapshots taken together: finding the events of one stream costs as much as finding those of many."""
PAGE = 50_000
"""Positions looked at together."""
DUE = f"""
    SELECT stream, version, position FROM events
    WHERE position > ? AND position <= ? AND version % ? = 0 ORDER BY position LIMIT {AT_ONCE}"""
STARTS = """
    SELECT s.stream, arg_max(s.state, s.version) FROM derived.snapshots AS s
    JOIN (SELECT unnest(?) AS stream, unnest(?) AS version) AS due ON s.stream = due.stream AND s.version < due.version
    WHERE s.hash = (SELECT hash FROM events WHERE position = s.position) GROUP BY s.stream"""
OF_STREAMS = f"""
    SELECT {COLUMNS} FROM events
    WHERE position > ? AND position <= ? AND stream IN (SELECT unnest(?)) ORDER BY position"""
KEEP = """
    INSERT INTO derived.snapshots SELECT n.* FROM (
        SELECT unnest(?) AS stream, unnest(?) AS version, unnest(?), unnest(?), unnest(?), unnest(?)) AS n
    WHERE NOT EXISTS (SELECT 1 FROM derived.snapshots AS s WHERE s.stream = n.stream AND s.version = n.version)"""
NEAREST = """
    SELECT s.version, s.state FROM derived.snapshots AS s
    WHERE s.stream = ? AND s.version <= ? AND s.position <= ?
        AND s.hash = (SELECT hash FROM events WHERE position = s.position)
    ORDER BY s.version DESC LIMIT 1"""
FOLLOWING = f"""
    SELECT {COLUMNS} FROM events
    WHERE stream = ? AND version > ? AND version <= ? AND position > ? AND position <= ? ORDER BY version"""


class Reading(NamedTuple):
    """A state, and what it took to find it."""

    aggregate: Aggregate
    events_read: int
    snapshot: int | None
    """The version of the snapshot that it started from."""
    hash: str


class Snapshots:
    """Reads states through the nearest snapshot; `every` says after how many events of a stream one is taken."""

    def __init__(self, log: DuckDBLog, derived: Derived, every: Callable[[], int]) -> None:
        self._log = log
        self._derived = derived
        self._every = every
        self._done: int | None = None

    async def state(self, stream: str, *, version: int = FAR, position: int = FAR) -> Reading:
        """The state of `stream` at a version or position; raises `NotFound` where nothing had happened yet."""
        reading = await self._log.database.read(lambda read: _read_state(read, stream, version, position))
        if reading.aggregate.version == 0 or (version != FAR and reading.aggregate.version < version):
            there = f'; it ends at {reading.aggregate.version}' if reading.aggregate.version else ''
            raise NotFound(f'The stream {stream!r} has no such version{there}.')
        return reading

    async def take(self, stream: str, version: int = FAR) -> dict[str, Any]:
        """Keep the state of `stream`."""
        reading = await self.state(stream, version=version)
        aggregate, taken_at = reading.aggregate, time.time_ns() // 1000
        if reading.snapshot != aggregate.version:
            row = [stream, aggregate.version, aggregate.position, reading.hash, _packed(aggregate), taken_at]
            await self._derived.transaction(
                lambda cursor: cursor.execute('INSERT INTO derived.snapshots VALUES (?, ?, ?, ?, ?, ?)', row)
            )
        return {'stream': stream, **aggregate.as_json()}

    async def take_due(self) -> None:
        """Take those that the policy asks for, up to the end of the log."""
        every, head = self._every(), self._log.position
        if self._done is None:
            rows = await self._log.database.query("SELECT position FROM derived.progress WHERE name = 'snapshots'")
            self._done = min(rows[0][0], head) if rows else 0
        if every == 0 or self._done >= head:
            return
        while due := await self._log.database.query(DUE, [self._done, head, every]):
            rows = await self._log.database.read(partial(_states_of, due))
            await self._derived.transaction(partial(_keep, rows))
            self._done = due[-1][2]
            if len(due) < AT_ONCE:
                break
        self._done = head
        await self._derived.transaction(lambda cursor: _remember(cursor, head))

    async def list(self, stream: str, limit: int) -> list[dict[str, Any]]:
        """Snapshots, newest first; of one stream or of all."""
        rows = await self._log.database.query(
            'SELECT stream, version, position, taken_at, strlen(state) FROM derived.snapshots '
            "WHERE ? IN ('', stream) ORDER BY position DESC LIMIT ?",
            [stream, limit],
        )
        return [
            {'stream': row[0], 'version': row[1], 'position': row[2], 'taken_at': rfc3339(row[3]), 'bytes': row[4]}
            for row in rows
        ]

    async def delete(self, stream: str = '') -> int:
        """Forget the snapshots of `stream`, or all of them; returns how many."""

        def forget(cursor: Cursor) -> int:
            count: int = cursor.execute("DELETE FROM derived.snapshots WHERE ? IN ('', stream)", [stream]).fetchone()[0]
            return count

        return await self._derived.transaction(forget)


def _read_state(read: Read, stream: str, version: int, position: int) -> Reading:
    found = read(NEAREST, [stream, version, position])
    start, snapshot = (_unpacked(found[0][1]), found[0][0]) if found else (EMPTY, None)
    rows = read(FOLLOWING, [stream, start.version, version, start.position, position])
    events = [Event(*row) for row in rows]
    digest = events[-1].hash if events else ''
    return Reading(fold(events, start), len(events), snapshot, digest)


def _states_of(due: list[Row], read: Read) -> list[Row]:
    """The rows that keep states of many streams, each at its version; `due` is in order of position."""
    first = {stream: version for stream, version, _ in reversed(due)}
    states = {stream: _unpacked(state) for stream, state in read(STARTS, [list(first), list(first.values())])}
    wanted, rows, taken_at = {position for *_, position in due}, list[Row](), time.time_ns() // 1000
    after, end = min(states.get(stream, EMPTY).position for stream in first), due[-1][2]
    while after < end:
        for event in map(Event._make, read(OF_STREAMS, [after, min(after + PAGE, end), list(first)])):
            start = states.get(event.stream, EMPTY)
            if event.version <= start.version:
                continue
            state = states[event.stream] = start.after(event)
            if event.position in wanted:
                rows.append((event.stream, event.version, event.position, event.hash, _packed(state), taken_at))
        after += PAGE
    return rows


def _keep(rows: list[Row], cursor: Cursor) -> None:
    if rows:
        cursor.execute(KEEP, [list(column) for column in zip(*rows, strict=True)])


def _packed(aggregate: Aggregate) -> str:
    names = ('version', 'position', 'changed_at', 'deleted', 'owner', 'values')
    return codec.canonical({name: getattr(aggregate, name) for name in names})


def _unpacked(text: str) -> Aggregate:
    return Aggregate(**codec.decode(text))


def _remember(cursor: Cursor, position: int) -> None:
    cursor.execute("DELETE FROM derived.progress WHERE name = 'snapshots'")
    cursor.execute("INSERT INTO derived.progress VALUES ('snapshots', ?)", [position])
