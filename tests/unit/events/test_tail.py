"""Followers see every event once and in order, from any position, however slow they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.events import tail
from app.events.event import GENESIS, Event
from app.events.tail import Tail
from tests.rounds import rounds


class Recorded:
    """A log of nothing but positions; `reads` counts how often it was asked."""

    def __init__(self, last: int = 0) -> None:
        self.last = last
        self.reads = 0
        self.tail = Tail(self.read, last)

    async def read(self, after: int, limit: int) -> list[Event]:
        self.reads += 1
        await asyncio.sleep(0)
        return [event_at(position) for position in range(after + 1, min(after + limit, self.last) + 1)]

    def commit(self, count: int, *, unseen: bool = False) -> None:
        """Record events; `unseen` ones were committed without the tail hearing of them."""
        events = [event_at(self.last + number) for number in range(1, count + 1)]
        self.last += count
        if not unseen:
            self.tail.publish(events)


def event_at(position: int) -> Event:
    return Event(position, 's/1', position, 'changed', '{}', '{}', '', 0, GENESIS)


async def take(follower: AsyncIterator[Sequence[Event]], until: int) -> list[int]:
    """The positions that a follower gets, up to `until`."""
    positions: list[int] = []
    async for page in follower:
        positions += [event.position for event in page]
        if positions[-1] >= until:
            break
    return positions


@pytest.fixture(autouse=True)
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, 'WINDOW', 10)
    monkeypatch.setattr(tail, 'PAGE', 7)


@pytest.mark.parametrize('after', range(61))
def test_a_follower_resumes_from_any_position_across_the_edge_of_the_window(after: int) -> None:
    async def story() -> None:
        recorded = Recorded(20)
        for _ in range(9):
            recorded.commit(5)
        assert await take(recorded.tail.follow(after), 65) == list(range(after + 1, 66))

    asyncio.run(story())


def test_what_is_in_the_window_is_not_read_from_the_log_again() -> None:
    async def story() -> None:
        recorded = Recorded(20)
        recorded.commit(10)
        assert await take(recorded.tail.follow(20), 30) == list(range(21, 31))
        assert recorded.reads == 0
        assert await take(recorded.tail.follow(19), 30) == list(range(20, 31))
        assert recorded.reads > 0

    asyncio.run(story())


def test_a_follower_waits_for_what_comes_next() -> None:
    async def story() -> None:
        recorded = Recorded(3)
        waiting = asyncio.create_task(take(recorded.tail.follow(3), 5))
        await settle()
        assert not waiting.done()
        recorded.commit(1)
        recorded.commit(1)
        assert await waiting == [4, 5]

    asyncio.run(story())


def test_a_follower_may_ask_for_a_position_that_is_yet_to_come() -> None:
    async def story() -> None:
        recorded = Recorded(3)
        waiting = asyncio.create_task(take(recorded.tail.follow(6), 8))
        recorded.commit(2)
        await settle()
        recorded.commit(3)
        assert await waiting == [7, 8]

    asyncio.run(story())


def test_a_slow_follower_misses_nothing_and_holds_nobody_up() -> None:
    async def story() -> None:
        recorded = Recorded()
        slow = recorded.tail.follow(0)
        recorded.commit(1)
        assert [event.position for event in await anext(slow)] == [1]
        for _ in range(20):
            recorded.commit(7)
        assert len(recorded.tail._recent) <= 2 * 10 + 7, 'the slow follower makes nothing pile up'
        assert await take(slow, 141) == list(range(2, 142))

    asyncio.run(story())


def test_events_that_the_tail_never_heard_of_are_read_from_the_log() -> None:
    async def story() -> None:
        recorded = Recorded()
        recorded.commit(2)
        recorded.commit(3, unseen=True)
        recorded.commit(2)
        assert await take(recorded.tail.follow(0), 7) == [1, 2, 3, 4, 5, 6, 7]
        assert await take(recorded.tail.follow(2), 7) == [3, 4, 5, 6, 7]

    asyncio.run(story())


def test_closing_ends_those_who_wait_and_those_who_are_behind() -> None:
    async def story() -> None:
        recorded = Recorded(100)
        behind = recorded.tail.follow(0)
        await anext(behind)
        waiting = asyncio.create_task(take(recorded.tail.follow(100), 101))
        await settle()
        recorded.tail.close()
        assert await waiting == []
        with pytest.raises(StopAsyncIteration):
            await anext(behind)

    asyncio.run(story())


@settings(deadline=None, max_examples=rounds(60))
@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 3), st.booleans()), min_size=1, max_size=12),
    st.lists(st.integers(0, 40), min_size=1, max_size=4),
)
def test_many_followers_at_their_own_pace(commits: list[tuple[int, int, bool]], starts: list[int]) -> None:
    async def story() -> None:
        recorded = Recorded(40)
        last = 40 + sum(count for count, _, _ in commits) + 1
        followers = [asyncio.create_task(take(recorded.tail.follow(start), last)) for start in starts]
        for count, pauses, unseen in commits:
            recorded.commit(count, unseen=unseen)
            for _ in range(pauses):
                await asyncio.sleep(0)
        recorded.commit(1)
        for start, follower in zip(starts, followers, strict=True):
            assert await follower == list(range(start + 1, last + 1))

    asyncio.run(story())


async def settle() -> None:
    """Let everybody go on who can."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_follower_is_told_when_nothing_happens_and_still_misses_nothing() -> None:
    async def story() -> None:
        recorded = Recorded(3)
        follower = recorded.tail.follow(3, quiet=0.001)
        assert [await anext(follower), await anext(follower)] == [(), ()]
        recorded.commit(2)
        assert [event.position for event in await anext(follower)] == [4, 5]
        assert await anext(follower) == ()
        assert asyncio.all_tasks() == {asyncio.current_task()}, 'nobody else waits for it'

    asyncio.run(story())
