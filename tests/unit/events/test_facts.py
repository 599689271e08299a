"""What is remembered is a cache: with it or without, the same is decided."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.events import Append, Appended, Expect, WrongVersion
from app.events import facts as facts_module
from app.events.plan import StreamHead
from tests.unit.events.asking import append_together, ask, create, free, happened, opened, take


class Counting:
    """A cursor that counts the queries."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.queries = 0

    def execute(self, *arguments: Any) -> Any:
        self.queries += 1
        return self.cursor.execute(*arguments)


def change(stream: str, version: int) -> Append:
    return ask(happened('changed', stream), expected={stream: version})


def test_streams_that_were_forgotten_are_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_module, 'CACHED', 3)

    async def story() -> None:
        async with opened(tmp_path) as log:
            for version in range(4):
                await append_together(log, *(change(f'c/{n}', version) for n in range(20)))
            await log.append(ask(happened('deleted', 'c/0')))
            await append_together(log, *(change(f'd/{n}', 0) for n in range(20)))
            assert len(log.writer._facts._streams) <= 2 * 3 + 20
            with pytest.raises(WrongVersion, match='deleted at version 5'):
                await log.append(ask(happened('changed', 'c/0'), expected={'c/0': Expect.EXISTS}))
            assert (await log.append(create('c/0', Expect.NONE))).events[0].version == 6

    asyncio.run(story())


def test_the_most_recent_streams_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_module, 'CACHED', 2)

    async def story() -> None:
        async with opened(tmp_path) as log:
            for n in range(6):
                await log.append(create(f'c/{n}'))
            await log.append(change('c/4', 1))
            await log.append(create('c/6'))
            assert list(log.writer._facts._streams.items())[-2:] == [
                ('c/4', StreamHead(2, False)),
                ('c/6', StreamHead(1, False)),
            ]

    asyncio.run(story())


def test_where_the_whole_log_is_known_nothing_is_looked_up_for_a_new_stream(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/1'))
        async with opened(tmp_path) as log:
            finder = log.writer._facts
            finder._cursor = counting = Counting(finder._cursor)
            await log.append(change('c/1', 1))
            await log.append(create('c/2', Expect.NONE))
            assert counting.queries == 0
            with pytest.raises(WrongVersion):
                await log.append(create('c/1', Expect.NONE))

    asyncio.run(story())


def test_a_group_costs_one_query_of_each_kind_however_large_it_is(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            finder = log.writer._facts
            finder._cursor = counting = Counting(finder._cursor)
            finder._knows_all = False  # as in a log that is longer than what is kept in memory
            await append_together(
                log, *(ask(happened('created', f'c/{n}', ID.format(n)), claims=[take(str(n), 'c')]) for n in range(50))
            )
            assert counting.queries == 3
            await append_together(log, *(change(f'c/{n}', 1) for n in range(50)))
            assert counting.queries == 3, 'known streams cost nothing'
            await append_together(log, *(create(f'new/{n}', Expect.NEW) for n in range(50)))
            assert counting.queries == 3, 'and neither do those with a name made up just now'

    asyncio.run(story())


def test_after_a_failed_commit_everything_is_read_from_disk_again(tmp_path: Path) -> None:
    def refuse(_: Any, events: Any) -> None:
        if any(event.stream == 'c/poison' for event in events):
            raise ValueError('poison')

    async def story() -> None:
        async with opened(tmp_path, [refuse]) as log:
            await log.append(ask(happened('created', 'c/1'), claims=[take('a', 'c/1')]))
            poison = ask(happened('created', 'c/poison'), happened('changed', 'c/1'), claims=[free('a', 'c/1')])
            answers = await append_together(log, change('c/1', 1), poison, change('c/1', 2), create('d/1'))
            assert [isinstance(answer, Appended) for answer in answers] == [True, False, True, True]
            finder = log.writer._facts
            assert finder.head == await log.head()
            assert finder.categories == {'c': 3, 'd': 4}
            assert await log.database.query('SELECT owner FROM claims') == [('c/1',)]

    asyncio.run(story())


ID = '00000000-0000-0000-0000-{:012d}'


def test_a_new_stream_is_looked_up_among_those_remembered_without_walking_through_them(tmp_path: Path) -> None:
    class Unwalkable(dict[str, StreamHead]):
        def __iter__(self) -> Any:
            raise AssertionError('as many steps for each request as there are streams')

        keys = items = values = __iter__

    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/0'))
            log.writer._facts._streams = Unwalkable(log.writer._facts._streams)
            assert (await log.append(create('c/1', Expect.NEW))).events[0].version == 1
            with pytest.raises(WrongVersion):
                await log.append(create('c/0', Expect.NEW))

    asyncio.run(story())
