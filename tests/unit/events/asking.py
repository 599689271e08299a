"""Short words for what the tests of the log ask of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from app.events import Append, Appended, Claim, DuckDBLog, Event, NewEvent, Unreferred, new_event, open_log
from app.events.log import Apply, Expectation
from app.events.plan import Facts, plan

NOW = 1_790_000_000_000_000
START = Facts(recorded_at=NOW)


def after(*requests: Append) -> Facts:
    """The facts once these requests were accepted, one after the other."""
    facts = START
    for request in requests:
        result = plan(facts, [request], NOW)
        assert isinstance(result.verdicts[0], Appended), result.verdicts
        facts = result.facts
    return facts


def happened(type_: str, stream: str, event_id: str | None = None, **data: object) -> NewEvent:
    """An event that the log has not seen."""
    return new_event(stream, type_, dict(data), {'actor': 'ann'}, event_id)


def ask(
    *events: NewEvent,
    expected: Mapping[str, Expectation] | None = None,
    unchanged: Mapping[str, int] | None = None,
    unreferred: Mapping[str, Unreferred] | None = None,
    claims: Sequence[Claim] = (),
    checked: bool = False,
) -> Append:
    """A request."""
    return Append(
        checked=checked,
        events=events,
        expected=expected or {},
        unchanged=unchanged or {},
        unreferred=unreferred or {},
        claims=claims,
    )


def create(stream: str, expected: Expectation | None = None, event_id: str | None = None, **data: object) -> Append:
    """A request for one `created`."""
    wanted = {} if expected is None else {stream: expected}
    return ask(happened('created', stream, event_id, **data), expected=wanted)


def take(key: str, owner: str) -> Claim:
    """A claim on an email address."""
    return Claim('customers.email', key, owner)


def free(key: str, owner: str) -> Claim:
    """The end of a claim."""
    return Claim('customers.email', key, owner, release=True)


@asynccontextmanager
async def opened(folder: Path, apply: Sequence[Apply] = ()) -> AsyncIterator[DuckDBLog]:
    """The log in `folder`, closed in the end."""
    log = await open_log(folder, apply)
    try:
        yield log
    finally:
        await log.close()


async def append_together(log: DuckDBLog, *requests: Append) -> list[Appended | BaseException]:
    """The answers to requests that the writer finds waiting all at once, so that it decides them as one group."""
    busy, free_again = threading.Event(), threading.Event()

    def keep_busy(_: object) -> None:
        busy.set()
        free_again.wait()

    holding = asyncio.ensure_future(log.append(Append(events=(), alongside=keep_busy)))
    await asyncio.to_thread(busy.wait)
    answers = [asyncio.ensure_future(log.append(request)) for request in requests]
    while log.writer.queued + sum(answer.done() for answer in answers) < len(requests):
        await asyncio.sleep(0)
    free_again.set()
    await holding
    return await asyncio.gather(*answers, return_exceptions=True)


async def all_events(log: DuckDBLog) -> list[Event]:
    """Everything recorded."""
    return await log.read(0, 1_000_000)


async def all_claims(log: DuckDBLog) -> dict[str, str]:
    """Claim -> holder, as stored."""
    return dict(await log.database.query('SELECT claim, owner FROM claims'))
