"""Whether an append is accepted and what becomes of it: one pure decision, the same for every log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.errors import Problem
from app.events.event import BEGINNING, Event, Head, NewEvent, record
from app.events.log import (
    Append,
    Appended,
    CategoryChanged,
    Expect,
    Expectation,
    IdReused,
    Taken,
    Unreferred,
    WrongVersion,
)


class StreamHead(NamedTuple):
    """Where a stream stands: its newest version, and whether that is a deletion."""

    version: int
    deleted: bool


ABSENT = StreamHead(0, False)
BEGUN = StreamHead(1, False)
ClaimKey = tuple[str, str]


@dataclass(kw_only=True, slots=True)
class Facts:
    """What the log knows of everything that a group of requests mentions; whatever is missing does not exist."""

    head: Head = BEGINNING
    recorded_at: int = 0
    streams: dict[str, StreamHead] = field(default_factory=dict)
    recorded: dict[str, Event] = field(default_factory=dict)
    """Event id -> event."""
    claims: dict[ClaimKey, str] = field(default_factory=dict)
    """Claim -> the stream that holds it."""
    categories: dict[str, int] = field(default_factory=dict)
    """Category -> position of its newest event."""
    referred: dict[str, int] = field(default_factory=dict)
    """Stream -> position of the newest append that expected it to exist."""
    referred_since: int = 0
    """The position since which such appends are remembered."""


@dataclass(kw_only=True, slots=True)
class Plan:
    """A verdict for each request, the events to write, and the facts as they will be once these are written."""

    verdicts: list[Appended | Problem] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    facts: Facts
    claims: dict[ClaimKey, str | None] = field(default_factory=dict)
    """The claims that change hands; `None` frees one."""


def plan(facts: Facts, requests: Sequence[Append], now: int) -> Plan:
    """Decide `requests` in order, each on its own, at the moment `now` (microseconds since 1970)."""
    result = Plan(facts=_copy(facts, max(now, facts.recorded_at)))
    for request in requests:
        after = result.facts
        trial = Plan(facts=_copy(after, after.recorded_at)) if request.tentative else result
        try:
            result.verdicts.append(_already_recorded(after, request) or _accept(trial, request))
        except Problem as refusal:
            result.verdicts.append(refusal)
    return result


def _copy(facts: Facts, recorded_at: int) -> Facts:
    return Facts(
        head=facts.head,
        recorded_at=recorded_at,
        streams=dict(facts.streams),
        recorded=dict(facts.recorded),
        claims=dict(facts.claims),
        categories=dict(facts.categories),
        referred=dict(facts.referred),
        referred_since=facts.referred_since,
    )


def _already_recorded(facts: Facts, request: Append) -> Appended | None:
    given = [event for event in request.events if not event.minted]
    found = [facts.recorded[event.event_id] for event in given if event.event_id in facts.recorded]
    ids = {event.event_id for event in given}
    if len(ids) < len(given):
        raise IdReused('The same event id stands twice in one request.')
    if not found:
        return None
    if len(found) == len(request.events) and all(_same(*pair) for pair in zip(given, found, strict=True)):
        return Appended(tuple(found), duplicate=True)
    raise IdReused(f'The event id {found[0].event_id} was used before for something else.')


def _same(new: NewEvent, old: Event) -> bool:
    return (new.stream, new.type, new.data) == (old.stream, old.type, old.data)


def _accept(plan: Plan, request: Append) -> Appended:
    facts = plan.facts
    _check_streams(facts, request)
    _check_categories(facts, request.unchanged)
    _check_unreferred(facts, request.unreferred)
    claims = _check_claims(facts, request)
    events = _record_all(facts, request.events)
    for stream, expected in request.expected.items():
        if expected is Expect.EXISTS:
            facts.referred[stream] = facts.head.position
    plan.events += events
    plan.claims = plan.claims | claims if plan.claims else claims
    for key, holder in claims.items():
        if holder is None:
            facts.claims.pop(key, None)
        else:
            facts.claims[key] = holder
    return Appended(tuple(events))


def _record_all(facts: Facts, new_events: Sequence[NewEvent]) -> list[Event]:
    events = []
    head, streams = facts.head, facts.streams
    for new in new_events:
        event = record(new, head, streams.get(new.stream, ABSENT).version + 1, facts.recorded_at)
        head = Head(event.position, event.hash)
        streams[new.stream] = BEGUN if event.version == 1 and new.type == 'created' else _head_after(event)
        facts.categories[category(new.stream)] = event.position
        if not new.minted:
            facts.recorded[new.event_id] = event
        events.append(event)
    facts.head = head
    return events


def _head_after(event: Event) -> StreamHead:
    return StreamHead(event.version, event.type == 'deleted')


def category(stream: str) -> str:
    """What comes before the first slash: `customers` of `customers/0198`."""
    return stream.partition('/')[0]


def _check_streams(facts: Facts, request: Append) -> None:
    created = {event.stream for event in request.events if event.type in {'created', 'restored'}}
    for stream, expected in request.expected.items():
        version, deleted = facts.streams.get(stream, ABSENT)
        if not _met(expected, version, deleted, stream in created):
            raise WrongVersion(stream, expected, version, deleted=deleted)


def _met(expected: Expectation, version: int, deleted: bool, created_here: bool) -> bool:
    if isinstance(expected, int):
        return version == expected
    if expected is Expect.EXISTS:
        return created_here or (version > 0 and not deleted)
    if expected in {Expect.NONE, Expect.NEW}:
        return version == 0 or deleted
    return True


def _check_categories(facts: Facts, unchanged: Mapping[str, int]) -> None:
    for name, position in unchanged.items():
        if facts.categories.get(name, 0) > position:
            raise CategoryChanged(f'{name} changed since position {position}.')


def _check_unreferred(facts: Facts, unreferred: Mapping[str, Unreferred]) -> None:
    for stream, (position, categories) in unreferred.items():
        if position < facts.referred_since:
            _check_categories(facts, dict.fromkeys(categories, position))
        elif facts.referred.get(stream, 0) > position:
            raise CategoryChanged(f'{stream} was referred to after position {position}.')


def _check_claims(facts: Facts, request: Append) -> dict[ClaimKey, str | None]:
    released = {
        (claim.scope, claim.key)
        for claim in request.claims
        if claim.release and facts.claims.get((claim.scope, claim.key)) == claim.owner
    }
    changes: dict[ClaimKey, str | None] = dict.fromkeys(released)  # first of all, so that two may exchange theirs
    for claim in request.claims:
        key = claim.scope, claim.key
        holder = changes[key] if key in changes else facts.claims.get(key)
        if claim.release:
            if holder == claim.owner:
                changes[key] = None
        elif holder is not None and holder != claim.owner:
            raise Taken(claim, holder)
        else:
            changes[key] = claim.owner
    return changes
