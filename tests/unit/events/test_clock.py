"""Clocks are set back and jump; the log goes on in order, by position, and its time never runs backwards."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.events import writer
from app.events.event import GENESIS, Event, chain
from app.events.log import Apply
from tests.rounds import rounds
from tests.unit.events.asking import all_events, append_together, create, opened

NOON = 1_750_000_000_000_000
HOUR = 3_600_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the writer takes for the time: `now` is in microseconds since 1970."""
    shown = SimpleNamespace(now=NOON, monotonic=time.monotonic)
    shown.time_ns = lambda: shown.now * 1000
    monkeypatch.setattr(writer, 'time', shown)
    return shown


async def written(folder: Path, clock: SimpleNamespace, *moments: int) -> list[Event]:
    """All events, after one was written at each of these moments since a start."""
    async with opened(folder) as log:
        for moment in moments:
            clock.now = moment
            await log.append(create(f'c/{log.position + 1}'))
        return await all_events(log)


def check(events: list[Event]) -> None:
    """Positions have no gaps, time does not run backwards, and the chain is whole."""
    previous = GENESIS
    for position, event in enumerate(events, 1):
        previous = chain(previous, *event[:-1])
        assert (event.position, event.hash) == (position, previous)
    assert all(one.recorded_at <= other.recorded_at for one, other in itertools.pairwise(events))


def test_while_the_clock_is_behind_time_stands_still(tmp_path: Path, clock: SimpleNamespace) -> None:
    events = asyncio.run(written(tmp_path, clock, NOON, NOON - HOUR, NOON - 1, NOON + 1))
    assert [event.recorded_at - NOON for event in events] == [0, 0, 0, 1]
    check(events)


def test_a_start_with_the_clock_set_back_goes_on_from_the_last_event(tmp_path: Path, clock: SimpleNamespace) -> None:
    asyncio.run(written(tmp_path, clock, NOON))
    asyncio.run(written(tmp_path, clock, NOON - HOUR))
    asyncio.run(written(tmp_path, clock, 0))
    events = asyncio.run(written(tmp_path, clock, NOON + HOUR))
    assert [event.recorded_at - NOON for event in events] == [0, 0, 0, HOUR]
    check(events)


def test_a_clock_that_was_far_ahead_once_stops_nothing(tmp_path: Path, clock: SimpleNamespace) -> None:
    events = asyncio.run(written(tmp_path, clock, NOON + 9000 * HOUR, NOON, NOON + HOUR))
    assert len({event.recorded_at for event in events}) == 1
    check(events)


def test_after_a_write_that_failed_time_goes_on_from_the_last_event_too(tmp_path: Path, clock: SimpleNamespace) -> None:
    def refuse(database: object, events: Sequence[Event]) -> None:
        if events:
            raise ValueError('not these')

    async def story() -> None:
        tables: list[Apply] = []
        async with opened(tmp_path, tables) as log:
            await log.append(create('c/1'))
            tables.append(refuse)
            clock.now = NOON - HOUR
            answers = await append_together(log, create('c/2'), create('c/3'))
            assert all(isinstance(answer, Exception) for answer in answers)
            tables.clear()
            answers = await append_together(log, create('c/2'), create('c/3'))
            assert [answer.events[0].recorded_at for answer in answers] == [NOON, NOON]  # type: ignore[union-attr]
            check(await all_events(log))

    asyncio.run(story())


@settings(deadline=None, max_examples=rounds(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 2 * NOON), max_size=5), min_size=1, max_size=4))
def test_whatever_the_clock_shows_order_is_kept_over_any_number_of_starts(
    tmp_path_factory: pytest.TempPathFactory, clock: SimpleNamespace, starts: list[list[int]]
) -> None:
    folder = tmp_path_factory.mktemp('log')
    for moments in starts:
        events = asyncio.run(written(folder, clock, *moments))
    check(events)
    moments = [moment for start in starts for moment in start]
    assert [event.recorded_at for event in events] == list(itertools.accumulate(moments, max))
