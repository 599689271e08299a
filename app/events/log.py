"""The contract of the log: what can be asked of it, and how it says no. Which log runs is known to `main` alone."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, Protocol

from app.errors import Conflict
from app.events.blobs import Blob
from app.events.event import Event, Head, NewEvent


class Expect(Enum):
    """What an append expects of a stream when it does not name an exact version."""

    ANY = 'any'
    NEW = 'new'
    """Its name was made up for this request just now: no look-up is needed."""
    NONE = 'none'
    """Never written to, or its last event is a deletion."""
    EXISTS = 'exists'
    """Written to, and its last event is not a deletion."""


Expectation = Expect | int


class Unreferred(NamedTuple):
    """Since `position`, no append has expected the stream to exist. Where that is not remembered so far back, none of
    the `categories` from which it is referred to may have changed since."""

    position: int
    categories: tuple[str, ...] = ()


class Claim(NamedTuple):
    """Takes a unique `key` within `scope` for the stream `owner`, or gives it up."""

    scope: str
    key: str
    owner: str
    release: bool = False


Database = Any
"""An open connection inside the append's transaction: `execute(sql, parameters)` and `fetchall()`."""


Alongside = Callable[[Database], Callable[[], None] | None]
"""Runs inside the same transaction, after the events are applied: for changes of the read tables themselves. What it
returns runs once these are committed, before anything else is written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Append:
    """One request to the log: everything in it happens, or nothing."""

    events: Sequence[NewEvent]
    expected: Mapping[str, Expectation] = field(default_factory=dict)
    unchanged: Mapping[str, int] = field(default_factory=dict)
    """Category -> position: nothing may have been appended to that category since."""
    unreferred: Mapping[str, Unreferred] = field(default_factory=dict)
    """Stream -> what must hold of it, so that nothing is left referring to what is deleted."""
    claims: Sequence[Claim] = ()
    alongside: Alongside | None = None
    tentative: bool = False
    """Whether it is only decided, as it would be now, and nothing is recorded."""
    checked: bool = False
    """Whether the read tables are sure to take the events in, so that they may be acknowledged before."""


class Appended(NamedTuple):
    """The durable answer: the events as recorded, and whether an earlier request had recorded them already."""

    events: tuple[Event, ...]
    duplicate: bool = False

    @property
    def position(self) -> int:
        """The position of the last event."""
        return self.events[-1].position if self.events else 0


class WrongVersion(Conflict):
    """A stream is not at the version the append expected."""

    code, title = 'wrong_version', 'Wrong version'

    def __init__(self, stream: str, expected: Expectation, actual: int, *, deleted: bool) -> None:
        wanted = f'version {expected}' if isinstance(expected, int) else _WANTED[expected]
        there = 'does not exist' if not actual else f'is {"deleted" if deleted else "there"} at version {actual}'
        super().__init__(f'{stream} {there}; expected {wanted}.')
        self.stream, self.expected, self.actual, self.deleted = stream, expected, actual, deleted


_WANTED = {
    Expect.NEW: 'a new stream',
    Expect.NONE: 'none',
    Expect.EXISTS: 'an existing one',
    Expect.ANY: 'anything',
}


class Taken(Conflict):
    """A unique key belongs to another stream."""

    code, title = 'taken', 'Already taken'

    def __init__(self, claim: Claim, holder: str) -> None:
        super().__init__(f'{claim.scope} {claim.key!r} already belongs to {holder}.')
        self.claim, self.holder = claim, holder


class IdReused(Conflict):
    """An event id was used before for something else."""

    code, title = 'id_reused', 'Event id used before'


class CategoryChanged(Conflict):
    """Something was appended to a category that the append relied on."""

    code, title = 'category_changed', 'Changed meanwhile'


class Log(Protocol):
    """Append-only: an ordered list of events that is never rewritten."""

    async def append(self, request: Append) -> Appended:
        """Record all of `request` durably, or raise one of the conflicts above and record nothing."""

    async def read(self, after: int, limit: int = 1000) -> list[Event]:
        """Events in order of position, from the one after `after`."""

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Event]:
        """Events of one stream in order of version."""

    def follow(self, after: int, quiet: float | None = None) -> AsyncIterator[Sequence[Event]]:
        """Events after `after`, first those recorded already, then each as it is committed; never ends by itself.

        Where nothing happens for `quiet` seconds, it gives no events, again and again.
        """

    async def head(self) -> Head:
        """The end of the log."""

    async def put_blob(self, chunks: AsyncIterable[bytes]) -> Blob:
        """Store the content of a file, durably and once, under the hash of what it holds."""

    async def find_blobs(self, hashes: Collection[str], *, keep: bool = False) -> dict[str, Blob]:
        """Those that are stored. With `keep` they stay for a day; once an event names `"sha256": "…"`, forever."""

    def get_blob(self, sha256: str, first: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The content from byte `first` on; raises `FileNotFoundError` where there is none."""

    async def close(self) -> None:
        """Finish what was asked for and let go of the files."""


Apply = Callable[[Database, Sequence[Event]], None]
"""Brings a service's read tables up to date with events, inside the log's transaction."""
