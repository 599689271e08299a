"""The writer: a group of requests is one commit, yet each succeeds or fails for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import duckdb
import pytest

from app.errors import Invalid, Unavailable
from app.events import Append, Appended, DuckDBLog, Event, Expect, Taken, WrongVersion
from app.events import writer as writer_module
from app.events.commits import Unpromised
from app.events.event import Head
from app.events.head_file import HeadFile
from tests.unit.events.asking import all_claims, all_events, append_together, ask, create, free, happened, opened, take


class Table:
    """A read table of stream names that refuses one of them."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem or ValueError('no poison here')

    def apply(self, database: Any, events: Sequence[Event]) -> None:
        database.execute('CREATE TABLE IF NOT EXISTS streams (name VARCHAR)')
        for event in events:
            database.execute('INSERT INTO streams VALUES (?)', [event.stream])
            if event.stream == 'c/poison':
                raise self.problem


class Failing:
    """A cursor that fails before or after it has run one statement."""

    def __init__(self, cursor: Any, before: str = '', after: str = '') -> None:
        self.cursor, self.before, self.after = cursor, before, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)

    def execute(self, sql: str, *rest: Any) -> Any:
        if sql == self.before:
            raise duckdb.TransactionException('not now')
        result = self.cursor.execute(sql, *rest)
        if sql == self.after:
            raise duckdb.TransactionException('not certain')
        return result


async def streams(log: DuckDBLog) -> list[str]:
    return [row[0] for row in await log.database.query('SELECT name FROM streams ORDER BY rowid')]


@pytest.mark.parametrize('place', [0, 3, 5])
def test_a_request_that_its_read_table_refuses_fails_alone(tmp_path: Path, place: int) -> None:
    async def story() -> None:
        requests = [create(f'c/{n}') for n in range(5)]
        requests.insert(place, ask(happened('created', 'c/poison'), claims=[take('p', 'c/poison')]))
        async with opened(tmp_path, [Table().apply]) as log:
            answers = await append_together(log, *requests)
            failure = answers.pop(place)
            assert isinstance(failure, Unavailable)
            assert 'no poison here' in failure.detail
            assert [answer.position for answer in answers] == [1, 2, 3, 4, 5]  # type: ignore[union-attr]
            assert await streams(log) == [event.stream for event in await all_events(log)]
            assert await all_claims(log) == {}
            assert (await log.append(create('c/after'))).position == 6

    asyncio.run(story())


def test_a_read_table_may_refuse_with_a_problem_of_its_own(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path, [Table(Invalid(errors={'name': 'is poison'})).apply]) as log:
            with pytest.raises(Invalid, match='is poison'):
                await log.append(create('c/poison'))
            assert await all_events(log) == []

    asyncio.run(story())


def test_verdicts_in_a_group_are_independent_and_in_order(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(ask(happened('created', 'c/1'), claims=[take('a', 'c/1')]))
            answers = await append_together(
                log,
                ask(happened('created', 'c/2'), claims=[take('a', 'c/2')]),
                ask(happened('changed', 'c/1'), expected={'c/1': 1}, claims=[free('a', 'c/1')]),
                ask(happened('created', 'c/2'), claims=[take('a', 'c/2')]),
                ask(happened('changed', 'c/1'), expected={'c/1': 1}),
                ask(happened('created', 'c/3'), claims=[take('a', 'c/3')]),
            )
            assert [type(answer) for answer in answers] == [Taken, Appended, Appended, WrongVersion, Taken]
            assert [(event.stream, event.version) for event in await all_events(log)] == [
                ('c/1', 1),
                ('c/1', 2),
                ('c/2', 1),
            ]
            assert await all_claims(log) == {'customers.email\x1fa': 'c/2'}

    asyncio.run(story())


def test_a_new_stream_that_claims_what_is_taken_fails_alone_and_is_not_looked_up_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(ask(happened('created', 'c/1'), claims=[take('a', 'c/1')]))
            looked_up = Mock(wraps=log.writer._facts._find_claims)
            monkeypatch.setattr(log.writer._facts, '_find_claims', looked_up)
            new = [
                ask(happened('created', stream), expected={stream: Expect.NEW}, claims=[take(key, stream)])
                for stream, key in (('c/2', 'b'), ('c/3', 'a'), ('c/4', 'b'), ('c/5', 'e'))
            ]
            assert isinstance(await log.append(new.pop()), Appended)
            assert [call.kwargs for call in looked_up.call_args_list] == [{'trusting': True}]
            answers = await append_together(log, *new)
            assert [type(answer) for answer in answers] == [Appended, Taken, Taken]
            assert looked_up.call_args_list[-1].kwargs == {'trusting': False}
            assert [event.stream for event in await all_events(log)] == ['c/1', 'c/5', 'c/2']
            assert await all_claims(log) == {
                f'customers.email\x1f{key}': f'c/{n}' for key, n in zip('aeb', '152', strict=True)
            }

    asyncio.run(story())


def test_a_checkpoint_that_fails_does_not_undo_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            cursor = Failing(log.writer._commits.cursor, before='CHECKPOINT events')
            monkeypatch.setattr(log.writer.checkpoints, '_cursor', cursor)
            request = Append(events=[happened('created', 'c/1')], alongside=lambda database: None)
            assert (await log.append(request)).position == 1
            assert (await log.append(create('c/2'))).position == 2
            assert log.writer.checkpoints.statistics['count'] == 0

    asyncio.run(story())


def test_a_commit_that_succeeded_although_it_failed_is_found_on_disk_and_shown_to_followers(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            follower = log.follow(1)
            await log.append(create('c/1'))
            cursor = log.writer._commits.cursor
            log.writer._commits.cursor = Failing(cursor, after='COMMIT')
            with pytest.raises(Unavailable, match='could not be written'):
                await log.append(ask(happened('changed', 'c/1')))
            log.writer._commits.cursor = cursor
            with pytest.raises(WrongVersion, match='at version 2'):
                await log.append(ask(happened('changed', 'c/1'), expected={'c/1': 1}))
            assert (await log.append(create('c/2'))).position == 3
            assert [(event.position, event.stream) for event in await anext(follower)] == [(2, 'c/1'), (3, 'c/2')]

    asyncio.run(story())


class Disk:
    """A head file on a disk that may be full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        write = HeadFile.write

        def write_if_possible(file: HeadFile, head: Head) -> None:
            if self.full:
                raise OSError(28, 'No space left on device')
            write(file, head)

        monkeypatch.setattr(HeadFile, 'write', write_if_possible)


def test_while_the_head_file_cannot_be_written_nothing_is_acknowledged_or_written_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)

    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/0'))
            disk.full = True
            answers = await append_together(log, create('c/1'), create('c/2', Expect.NONE))
            assert [type(answer) for answer in answers] == [Unpromised, Unpromised]
            with pytest.raises(
                Unpromised, match=r'events\.head cannot be written: No space left on device\. Nothing is'
            ):
                await log.append(create('c/3'))
            disk.full = False
            assert (await log.append(create('c/3'))).position == 4
        async with opened(tmp_path) as log:
            assert [event.stream for event in await all_events(log)] == ['c/0', 'c/1', 'c/2', 'c/3']

    asyncio.run(story())


def test_what_was_committed_before_the_head_file_failed_is_promised_and_shown_when_it_can_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    monkeypatch.setattr(writer_module, 'IDLE_SECONDS', 0.01)
    key = '4f7c2a54-4f39-4b3f-9d7e-2f1f5f3a9f10'

    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/0'))
            follower = log.follow(1)
            disk.full = True
            with pytest.raises(Unpromised, match='send it again'):
                await log.append(create('c/1', event_id=key))
            assert log.position == 1
            disk.full = False
            assert [event.stream for event in await anext(follower)] == ['c/1'], 'also when nobody writes'
            assert (await log.append(create('c/1', event_id=key))).duplicate
            assert (await log.append(create('c/2'))).position == 3
        async with opened(tmp_path) as log:
            assert [event.stream for event in await all_events(log)] == ['c/0', 'c/1', 'c/2']

    asyncio.run(story())


def test_too_many_waiting_requests_are_told_to_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, 'WAITING', 3)

    async def story() -> None:
        async with opened(tmp_path) as log:
            answers = await append_together(log, *(create(f'c/{n}') for n in range(3)), create('c/late'))
            assert [type(answer) for answer in answers] == [Appended, Appended, Appended, Unavailable]
            assert answers[3].headers['Retry-After'] == '1'  # type: ignore[union-attr]

    asyncio.run(story())
