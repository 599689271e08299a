"""The waiting line: who is committed together with whom."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.events import waiting as waiting_module
from app.events.waiting import Empty, Waiting, WaitingLine
from tests.unit.events.asking import all_events, append_together, ask, create, happened, opened


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def somebody(loop: asyncio.AbstractEventLoop, name: int) -> Waiting:
    return Waiting(create(f'c/{name}'), loop.create_future())


def names(group: list[Waiting]) -> list[str]:
    return [one.request.events[0].stream for one in group]


def arrivals(line: WaitingLine, coming: list[Waiting], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let one of those who are `coming` join during each lull; returns the lulls."""
    lulls: list[float] = []

    def sleep(seconds: float) -> None:
        lulls.append(seconds)
        if coming:
            line.join(coming.pop(0))

    monkeypatch.setattr(time, 'sleep', sleep)
    return lulls


def next_group(line: WaitingLine) -> list[Waiting]:
    first = line.first()
    assert first
    return line.group_of(first)


def test_where_many_wrote_together_the_first_wait_until_nobody_else_comes(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = WaitingLine()
    lulls = arrivals(line, [somebody(loop, n) for n in (2, 3)], monkeypatch)
    line.join(somebody(loop, 1))
    line.served(together=5, seconds=60)
    assert names(next_group(line)) == ['c/1', 'c/2', 'c/3']
    assert len(lulls) == 3


def test_nobody_waits_where_few_write(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    line = WaitingLine()
    lulls = arrivals(line, [somebody(loop, 2)], monkeypatch)
    line.join(somebody(loop, 1))
    line.served(together=2, seconds=60)
    assert names(next_group(line)) == ['c/1']
    assert not lulls


def test_nobody_waits_for_longer_than_the_last_commit_took(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = WaitingLine()
    lulls = arrivals(line, [somebody(loop, 2)], monkeypatch)
    line.join(somebody(loop, 1))
    line.served(together=5, seconds=0)
    assert names(next_group(line)) == ['c/1']
    assert not lulls


def test_those_who_wait_when_the_line_is_closed_are_the_last(loop: asyncio.AbstractEventLoop) -> None:
    line = WaitingLine()
    with pytest.raises(Empty):
        line.first(0)
    for n in (1, 2):
        line.join(somebody(loop, n))
    line.close()
    assert names(next_group(line)) == ['c/1', 'c/2']
    assert line.first() is None


def test_more_than_a_group_holds_waits_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_module, 'GROUP', 4)

    async def story() -> None:
        async with opened(tmp_path) as log:
            before = log.writer.statistics()['commits']
            large = ask(*(happened('changed', 'c/large') for _ in range(9)))
            await append_together(log, *(create(f'c/{n}') for n in range(6)), large, create('c/last'))
            assert log.writer.statistics()['commits'] == before + 1 + 3
            assert [event.position for event in await all_events(log)] == list(range(1, 17))

    asyncio.run(story())
