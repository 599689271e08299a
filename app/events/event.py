"""The one thing DBBasic remembers: events. An event is a fact, named in the past tense, never changed."""

import hashlib
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from app import codec
from app.errors import Malformed
from app.fresh import fresh_uuid

GENESIS = '0' * 64


class NewEvent(NamedTuple):
    """What happened, before the log has given it a place. `data` and `meta` are canonical JSON texts."""

    stream: str
    type: str
    data: str
    meta: str
    event_id: str
    minted: bool = False
    """Whether `event_id` was made up for this request just now, so that nobody can have used it before."""


class Event(NamedTuple):
    """A recorded fact: `position` counts the whole log, `version` its stream, both from 1 without gaps."""

    position: int
    stream: str
    version: int
    type: str
    data: str
    meta: str
    event_id: str
    recorded_at: int
    """Microseconds since 1970 UTC; never decreasing along the log."""
    hash: str

    def as_json(self) -> dict[str, Any]:
        """The event as the API shows it."""
        return {
            'position': self.position,
            'stream': self.stream,
            'version': self.version,
            'type': self.type,
            'data': codec.Raw(self.data),
            'meta': codec.Raw(self.meta),
            'event_id': self.event_id,
            'recorded_at': rfc3339(self.recorded_at),
            'hash': self.hash,
        }


class Head(NamedTuple):
    """The end of the log: how many events there are and the hash of the last one."""

    position: int
    hash: str


BEGINNING = Head(0, GENESIS)


def record(new: NewEvent, head: Head, version: int, recorded_at: int) -> Event:
    """`new` as the event that follows `head`."""
    position = head.position + 1
    digest = chain(head.hash, position, new.stream, version, new.type, new.data, new.meta, new.event_id, recorded_at)
    return Event(position, new.stream, version, new.type, new.data, new.meta, new.event_id, recorded_at, digest)


def chain(previous: str, *columns: Any) -> str:
    """sha256 of the previous hash and the event's columns, in the order of `Event`, as one JSON array."""
    return hashlib.sha256(previous.encode() + codec.encode(columns)).hexdigest()


def new_event(
    stream: str, type_: str, data: dict[str, Any], meta: dict[str, Any] | str, event_id: str | None = None
) -> NewEvent:
    """An event to append; `meta` may be a canonical text already. Without an `event_id` it gets a fresh one."""
    texts = codec.canonical(data), meta if isinstance(meta, str) else codec.canonical(meta)
    if event_id is None:
        return NewEvent(stream, type_, *texts, fresh_uuid(), minted=True)
    try:
        spelled = str(uuid.UUID(event_id))  # as the database will spell it, because the hash covers it
    except ValueError:
        raise Malformed(f'The event id {event_id[:80]!r} is not a UUID.') from None
    return NewEvent(stream, type_, *texts, spelled)


def derived_id(*parts: str) -> str:
    """The event id that the same parts always give: what is sent again with the same key is recorded once."""
    return str(uuid.uuid5(uuid.UUID('5b0c2a3e-5d0f-4f0b-9c70-6b1f6a1f7c11'), '\x1f'.join(parts)))


def rfc3339(microseconds: int) -> str:
    """A moment as text, in UTC, to the microsecond."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f'{_second(seconds)}.{rest:06d}Z'


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    """Those who come one after the other mostly share it."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
