"""Changes of the read tables that ride along with an append: in the same commit, or not at all."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app.errors import Unavailable
from app.events import Append, Appended, Expect, WrongVersion
from tests.unit.events.asking import all_claims, all_events, append_together, create, happened, opened, take
from tests.unit.events.test_writer import Table


def test_what_runs_alongside_is_in_the_same_commit_after_the_events_were_applied(tmp_path: Path) -> None:
    async def story() -> None:
        def count(database: Any) -> None:
            database.execute('CREATE TABLE counted AS SELECT count(*) AS n FROM streams')

        async with opened(tmp_path, [Table().apply]) as log:
            await log.append(Append(events=[happened('created', 'c/1')], alongside=count))
            assert await log.database.query('SELECT n FROM counted') == [(1,)]

    asyncio.run(story())


def test_what_follows_a_change_alongside_runs_only_once_that_is_committed(tmp_path: Path) -> None:
    async def story() -> None:
        seen: list[list[tuple[Any, ...]]] = []

        def change(database: Any) -> Callable[[], None]:
            database.execute('CREATE TABLE IF NOT EXISTS changed AS SELECT 1 AS n')
            return lambda: seen.append(log.database.query_here('SELECT n FROM changed'))

        async with opened(tmp_path) as log:
            await log.append(Append(events=[happened('created', 'c/1')], alongside=change))
            with pytest.raises(WrongVersion):
                await log.append(Append(events=(), expected={'c/1': 7}, alongside=change))
        assert seen == [[(1,)]], 'another connection saw the change when the follower ran, and it ran once'

    asyncio.run(story())


def test_what_fails_alongside_changes_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        def fail(database: Any) -> None:
            database.execute('CREATE TABLE half_done (n INTEGER)')
            raise ValueError('cannot go on')

        request = Append(events=[happened('created', 'c/1')], claims=[take('a', 'c/1')], alongside=fail)
        async with opened(tmp_path) as log:
            answers = await append_together(log, create('c/0'), request, create('c/2'))
            assert [type(answer) for answer in answers] == [Appended, Unavailable, Appended]
            assert 'cannot go on' in str(answers[1])
            assert [event.stream for event in await all_events(log)] == ['c/0', 'c/2']
            assert await all_claims(log) == {}
            with pytest.raises(duckdb.CatalogException):
                await log.database.query('SELECT * FROM half_done')

    asyncio.run(story())


def test_a_refused_request_and_a_repeated_one_do_not_run_what_came_alongside(tmp_path: Path) -> None:
    async def story() -> None:
        runs: list[Any] = []
        new = happened('created', 'c/1', str(uuid.uuid4()))
        request = Append(events=[new], expected={'c/1': Expect.NONE}, alongside=runs.append)
        async with opened(tmp_path) as log:
            first, again = await log.append(request), await log.append(request)
            assert (again.duplicate, again.events, len(runs)) == (True, first.events, 1)
            with pytest.raises(WrongVersion):
                await log.append(Append(events=(), expected={'c/1': 7}, alongside=runs.append))
            assert len(runs) == 1

    asyncio.run(story())
