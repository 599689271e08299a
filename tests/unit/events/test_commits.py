"""Small groups are acknowledged before the database has them; nobody who reads notices, and nothing is ever lost."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app.events import Append, Appended, DuckDBLog, Event, Taken
from app.events import checkpoints as checkpoints_module
from app.events import commits as commits_module
from app.events import writer as writer_module
from app.events.commits import Unpromised
from app.events.database import Row
from app.events.head_file import HeadFile
from tests.unit.events.asking import all_claims, all_events, append_together, ask, free, happened, opened, take

KEY = '4f7c2a54-4f39-4b3f-9d7e-2f1f5f3a9f10'


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that takes in what is promised when somebody reads, or is slow enough to be watched."""
    monkeypatch.setattr(writer_module, 'LULL_SECONDS', 0.3)
    monkeypatch.setattr(commits_module, 'LONGEST_SECONDS', 60.0)


def create(stream: str, key: str = '', event_id: str | None = None) -> Append:
    """A request whose events the read tables are sure to take in."""
    return ask(happened('created', stream, event_id), claims=[take(key, stream)] if key else [], checked=True)


def follow(database: Any, events: Sequence[Event]) -> None:
    """A read table of stream names."""
    database.execute('CREATE TABLE IF NOT EXISTS streams (name VARCHAR)')
    database.execute('INSERT INTO streams SELECT unnest(?)', [[event.stream for event in events]])


def commits(log: DuckDBLog) -> int:
    return int(log.writer.statistics()['commits'])


def behind(log: DuckDBLog) -> bool:
    return log.writer._commits.behind


async def streams(log: DuckDBLog) -> list[Row]:
    return await log.database.query('SELECT name FROM streams ORDER BY rowid')


class Failing:
    """A cursor that fails before or after it has committed, for as long as it is told to."""

    def __init__(self, cursor: Any, *, after: bool) -> None:
        self.cursor, self.after, self.fails = cursor, after, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)

    def execute(self, sql: str, *rest: Any) -> Any:
        fails = self.fails and sql == 'COMMIT'
        if fails and not self.after:
            raise duckdb.IOException('No space left on device')
        result = self.cursor.execute(sql, *rest)
        if fails:
            raise duckdb.IOException('not certain')
        return result


def test_it_is_acknowledged_and_shown_to_followers_first_and_committed_before_anybody_reads(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path, [follow]) as log:
            before = commits(log)
            follower = log.follow(0)
            for number in range(5):
                assert (await log.append(create(f'c/{number}'))).position == number + 1
            assert [event.stream for event in await anext(follower)] == ['c/0', 'c/1', 'c/2', 'c/3', 'c/4']
            assert behind(log)
            assert commits(log) == before
            assert len(await all_events(log)) == 5
            assert await streams(log) == [(f'c/{number}',) for number in range(5)]
            assert commits(log) == before + 1

    asyncio.run(story())


def test_it_is_committed_when_nobody_writes_and_when_there_is_much_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits_module, 'MANY', 3)

    async def story() -> None:
        async with opened(tmp_path) as log:
            for number in range(4):
                await log.append(create(f'c/{number}'))
            async with asyncio.timeout(10):
                while behind(log):
                    await asyncio.sleep(0.01)
            assert commits(log) == 2

    asyncio.run(story())


@pytest.mark.parametrize('checked', [False, True])
def test_after_many_commits_the_wal_is_written_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checked: bool
) -> None:
    monkeypatch.setattr(checkpoints_module, 'COMMITS', 2)
    monkeypatch.setattr(commits_module, 'MANY', 1)

    async def story() -> None:
        async with opened(tmp_path) as log:
            for number in range(4):
                await log.append(ask(happened('created', f'c/{number}'), checked=checked))
            assert len(await all_events(log)) == 4
            assert log.writer.checkpoints.statistics['count'] >= 1

    asyncio.run(story())


def test_after_a_power_cut_everything_acknowledged_is_there_with_its_claims_and_read_tables(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / 'live', [follow]) as log:
            await log.append(ask(happened('created', 'c/0'), claims=[take('a', 'c/0')]))
            await log.append(ask(happened('changed', 'c/0'), claims=[free('a', 'c/0')], checked=True))
            await log.append(create('c/1', 'a'))
            await log.append(create('c/2', 'b'))
            assert behind(log)
            shutil.copytree(tmp_path / 'live', tmp_path / 'cut')
        for _ in range(2):
            async with opened(tmp_path / 'cut', [follow]) as log:
                assert [event.stream for event in await all_events(log)] == ['c/0', 'c/0', 'c/1', 'c/2']
                assert await all_claims(log) == {'customers.email\x1fa': 'c/1', 'customers.email\x1fb': 'c/2'}
                assert await streams(log) == [('c/0',), ('c/0',), ('c/1',), ('c/2',)]
        async with opened(tmp_path / 'cut', [follow]) as log:
            assert (await log.append(create('c/3'))).position == 5

    asyncio.run(story())


def test_a_close_leaves_nothing_to_be_taken_in(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/1'))
        (tmp_path / 'events.promised').unlink()
        async with opened(tmp_path) as log:
            assert len(await all_events(log)) == 1

    asyncio.run(story())


def test_a_claim_that_is_taken_by_what_is_only_promised_is_taken(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/1', 'a'))
            assert behind(log)
            answers = await append_together(log, create('c/2', 'a'), create('c/3', 'b'))
            assert [type(answer) for answer in answers] == [Taken, Appended]
            assert await all_claims(log) == {'customers.email\x1fa': 'c/1', 'customers.email\x1fb': 'c/3'}

    asyncio.run(story())


def test_a_request_with_an_id_of_its_own_is_known_again_while_it_is_only_promised(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/1', event_id=KEY))
            assert behind(log)
            assert (await log.append(create('c/1', event_id=KEY))).duplicate
            assert len(await all_events(log)) == 1

    asyncio.run(story())


def test_what_is_not_sure_to_fit_is_committed_first_behind_what_was_promised(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path, [follow]) as log:
            await log.append(create('c/1'))
            assert (await log.append(ask(happened('created', 'c/2')))).position == 2
            assert not behind(log)
            assert await streams(log) == [('c/1',), ('c/2',)]

    asyncio.run(story())


def test_where_a_commit_may_not_end_well_nothing_is_promised_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits_module, 'why_not', lambda path: 'the disk is full')

    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/1'))
            assert not behind(log)
            assert commits(log) == 1

    asyncio.run(story())


def test_where_nothing_can_be_promised_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/1', 'a'))
            with monkeypatch.context() as patch:
                patch.setattr(HeadFile, 'write', _no_room)
                with pytest.raises(Unpromised, match='No space left on device'):
                    await log.append(create('c/2', 'b'))
                assert log.position == 1
            assert (await log.append(create('c/3', 'b'))).position == 2
            assert [event.stream for event in await all_events(log)] == ['c/1', 'c/3']

    asyncio.run(story())


@pytest.mark.parametrize('after', [False, True])
def test_while_the_database_does_not_take_it_in_reads_go_on_and_writes_are_refused(tmp_path: Path, after: bool) -> None:
    async def story() -> None:
        async with opened(tmp_path, [follow]) as log:
            await log.append(create('c/0'))
            assert len(await all_events(log)) == 1
            cursor = log.writer._commits.cursor = Failing(log.writer._commits.cursor, after=after)
            await log.append(create('c/1', 'a'))
            assert len(await all_events(log)) == (2 if after else 1), 'those who read are not kept waiting'
            if not after:
                with pytest.raises(Unpromised, match=r'cannot be written: .*No space left.* what was acknowledged'):
                    await log.append(create('c/2'))
            cursor.fails = False
            assert (await log.append(create('c/3', 'b'))).position == 3
            assert [event.stream for event in await all_events(log)] == ['c/0', 'c/1', 'c/3']
            assert await streams(log) == [('c/0',), ('c/1',), ('c/3',)]
            assert set(await all_claims(log)) == {'customers.email\x1fa', 'customers.email\x1fb'}

    asyncio.run(story())


def _no_room(*_: object) -> None:
    raise OSError(28, 'No space left on device')
