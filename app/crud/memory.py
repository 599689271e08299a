"""What is kept in memory of the records, always as fresh as what was acknowledged: everything here lives on the event
loop, where each commit is announced before anybody is told that his write is done."""

from __future__ import annotations

import asyncio
from array import array
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import NamedTuple

from app.events import Event

RECORDS = 100_000
BYTES = 64_000_000
ANSWERS = 512
LARGEST_ANSWER = 256 * 1024
MANY = 2_000
"""Events in one commit, from which it is cheaper to forget everything than to look at each."""


class Kept(NamedTuple):
    """A record in memory as the API shows it; or, without a body, only the version it must have at least to be kept."""

    version: int
    owner: str = ''
    body: bytes = b''


class RecordMemory:
    """Records asked for lately, by stream; as bytes, which take half the room of values."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._bytes = 0
        self.cleared = 0
        """How often everything was forgotten; who reads the database compares before and after."""
        self.lacking = 0
        """Grows whenever something is not in memory that may have been before."""

    @property
    def full(self) -> bool:
        """Whether something must go before something else can come."""
        return len(self._kept) >= RECORDS or self._bytes >= BYTES

    def note(self, events: Sequence[Event]) -> None:
        """Something was committed."""
        if len(events) > MANY:
            self.lacking += 1
            events = [event for event in events if event.version > 1]  # nobody can have read the others before
            if len(events) > MANY:
                self.clear()
        for event in events[-MANY:]:
            self._keep(event.stream, Kept(event.version))

    def get(self, stream: str) -> Kept | None:
        """The record, if it is there."""
        kept = self._kept.get(stream)
        if kept is None or not kept.body:
            return None
        self._kept.move_to_end(stream)
        return kept

    def put(self, stream: str, kept: Kept) -> None:
        """Keep a record that was read or written, unless a newer version is known of."""
        known = self._kept.get(stream)
        if known is None or kept.version >= known.version:
            self._keep(stream, kept)

    def clear(self) -> None:
        """Forget everything; the entities have changed."""
        self._kept.clear()
        self._bytes = 0
        self.cleared += 1
        self.lacking += 1

    def _keep(self, stream: str, kept: Kept) -> None:
        before = self._kept.get(stream)
        self._bytes += len(kept.body) - (len(before.body) if before else 0)
        self._kept[stream] = kept
        self._kept.move_to_end(stream)
        while len(self._kept) > RECORDS or self._bytes > BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1].body)
            self.lacking += 1


class AnswerMemory:
    """Whole answers, good until the log moves on; those who ask the same at the same time share one."""

    def __init__(self) -> None:
        self._of: Hashable = None
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._under_way: dict[Hashable, asyncio.Future[bytes]] = {}

    async def answer(self, of: Hashable, key: Hashable, compute: Callable[[], Awaitable[bytes]]) -> bytes:
        """The answer to `key` in the state `of` the log and the config."""
        if of != self._of:
            self._of = of
            self._answers.clear()
            self._under_way = {}
        if (kept := self._answers.get(key)) is not None:
            self._answers.move_to_end(key)
            return kept
        waiting = self._under_way.get(key)
        if waiting is None:
            waiting = asyncio.ensure_future(compute())
            self._under_way[key] = waiting
            waiting.add_done_callback(lambda done: self._finish(of, key, done))
        return await asyncio.shield(waiting)

    def _finish(self, of: Hashable, key: Hashable, done: asyncio.Future[bytes]) -> None:
        if of != self._of:
            return
        self._under_way.pop(key, None)
        if not done.cancelled() and done.exception() is None and len(done.result()) <= LARGEST_ANSWER:
            self._answers[key] = bytes(memoryview(done.result()))  # without the room to grow that orjson leaves
            if len(self._answers) > ANSWERS:
                self._answers.popitem(last=False)


class CreationOrder:
    """The creation positions of an entity's living records in order: where a page begins, and how many there are."""

    def __init__(self) -> None:
        self._positions: array[int] | None = None
        self._meanwhile: list[Event] | None = None

    def note(self, events: Sequence[Event]) -> None:
        """Records have come or gone."""
        if self._meanwhile is not None:
            self._meanwhile += events
        if self._positions is not None and not _added(self._positions, events):
            self._positions = None

    async def load(self, read: Callable[[], Awaitable[array[int]]]) -> array[int]:
        """The positions, read with `read` if they are not known."""
        while self._positions is None:
            if self._meanwhile is not None:  # somebody else reads; it takes milliseconds
                return await read()
            self._meanwhile = []
            try:
                positions = await read()
                if not _added(positions, self._meanwhile):
                    return positions
                self._positions = positions
            finally:
                self._meanwhile = None
        return self._positions


def _added(positions: array[int], events: Sequence[Event]) -> bool:
    """Add the records that have come; whether none has gone, which would need another look."""
    for event in events:
        if event.type == 'deleted':
            return False
        if event.type in {'created', 'restored'} and (not positions or event.position > positions[-1]):
            positions.append(event.position)
    return True
