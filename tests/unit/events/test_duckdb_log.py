"""The embedded log: what is appended can be read, followed and found, and is there after closing and opening again."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest

from app.errors import Unavailable
from app.events import Append, DuckDBLog, Event, open_log, rows
from app.events.event import GENESIS, chain
from tests.unit.events.asking import all_claims, all_events, append_together, ask, create, happened, opened, take

AWKWARD = [
    'naïve',
    'e\u0301',
    '\u212b',
    '\U0001f600',
    '\x00',
    '\x1f',
    "';--",
    '"',
    '\\',
    '\u2028',
    ' ',
    '%2F~',
    'x' * 5000,
]


def test_an_empty_log_has_no_events_and_the_genesis_hash(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            assert await log.head() == (0, GENESIS)
            assert await all_events(log) == []
            assert await log.read_stream('c/1') == []

    asyncio.run(story())


def test_pages_streams_and_ids_are_read_as_they_were_recorded(tmp_path: Path) -> None:
    async def story() -> None:
        event_id = str(uuid.uuid4())
        async with opened(tmp_path) as log:
            first = await log.append(ask(*(happened('created', f'c/{n % 3}', n=n) for n in range(9))))
            second = await log.append(create('d/1', event_id=event_id))
            events = [*first.events, *second.events]
            assert second.position == 10
            assert await log.read(0) == events
            assert await log.read(4, 3) == events[4:7]
            assert await log.read(10) == []
            assert await log.read_stream('c/1') == [events[1], events[4], events[7]]
            assert await log.read_stream('c/1', 2) == [events[7]]
            assert await log.find(event_id) == events[9]
            assert await log.find(str(uuid.uuid4())) is None
            assert await log.head() == (10, events[9].hash)
            assert (log.category_position('c'), log.category_position('d'), log.category_position('e')) == (9, 10, 0)

    asyncio.run(story())


@pytest.mark.parametrize('text', AWKWARD, ids=lambda text: ascii(text[:9]))
def test_no_text_is_altered_on_its_way_through_the_database(tmp_path: Path, text: str) -> None:
    async def story() -> None:
        request = ask(happened('created', f'c/{text}', name=text), claims=[take(text, f'c/{text}')])
        async with opened(tmp_path) as log:
            recorded = (await log.append(request)).events
            assert tuple(await all_events(log)) == recorded
            assert tuple(await log.read_stream(f'c/{text}')) == recorded
            assert await all_claims(log) == {f'customers.email\x1f{text}': f'c/{text}'}
        async with opened(tmp_path) as log:
            (event,) = await all_events(log)
            assert event.hash == chain(GENESIS, *event[:-1])

    asyncio.run(story())


@pytest.mark.parametrize('at_once', [3, 2500])
def test_many_events_and_claims_at_once_are_recorded_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(rows, 'MANY', 0)
    monkeypatch.setattr(rows, 'AT_ONCE', at_once)
    texts = [text for text in AWKWARD if text != '\x00'] + ['', 'a\nb', '\n', '\r\n', 'null', 'NULL']

    async def story() -> None:
        async with opened(tmp_path) as log:
            requests = [happened('created', f'c/{text}', text=text) for text in texts]
            await log.append(ask(*requests, claims=[take(text, f'c/{text}') for text in texts]))
            events = await all_events(log)
            assert [(one.stream, one.data, one.meta, one.event_id) for one in events] == [
                (one.stream, one.data, one.meta, one.event_id) for one in requests
            ]
            assert await all_claims(log) == {f'customers.email\x1f{text}': f'c/{text}' for text in texts}
            head = GENESIS
            for event in events:
                assert event.hash == (head := chain(head, *event[:-1]))

    asyncio.run(story())


def test_after_closing_nothing_is_left_but_one_database_and_its_head(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/1'))
            await log.head()
        assert sorted(file.name for file in tmp_path.iterdir()) == ['derived.duckdb', 'events.duckdb', 'events.head']

    asyncio.run(story())


def test_a_log_goes_on_where_it_was_closed(tmp_path: Path) -> None:
    async def story() -> None:
        recorded: list[Event] = []
        for number in range(3):
            async with opened(tmp_path) as log:
                assert await all_events(log) == recorded
                recorded += (await log.append(create(f'c/{number}'))).events
                assert recorded[-1].position == number + 1

    asyncio.run(story())


def test_closing_finishes_what_was_asked_for(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        answers = [asyncio.ensure_future(log.append(create(f'c/{n}'))) for n in range(50)]
        await asyncio.sleep(0)
        await log.close()
        assert [(await answer).position for answer in answers] == list(range(1, 51))

    asyncio.run(story())


def test_who_asks_after_closing_is_told_so_and_never_left_waiting(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        closing = asyncio.ensure_future(log.close())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match='stopping'):
            await asyncio.wait_for(log.append(create('c/1')), 10)
        await closing
        with pytest.raises(Unavailable, match='stopping'):
            await asyncio.wait_for(log.append(create('c/1')), 10)

    asyncio.run(story())


def test_followers_see_commits_and_end_with_the_log(tmp_path: Path) -> None:
    async def story() -> list[Event]:
        log = await open_log(tmp_path)
        recorded = list((await log.append(create('c/0'))).events)
        following = asyncio.create_task(follow(log, 0))
        for number in range(1, 40):
            recorded += (await log.append(create(f'c/{number}'))).events
        await log.close()
        seen = await following
        assert seen == recorded[: len(seen)]
        return seen

    assert asyncio.run(story())


def test_an_append_whose_sender_went_away_is_recorded_all_the_same(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            asking = asyncio.create_task(log.append(create('c/1')))
            await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert (await log.append(create('c/2'))).position == 2

    asyncio.run(story())


def test_what_waits_together_is_committed_together(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            before = log.writer.statistics()['commits']
            answers = await append_together(log, *(create(f'c/{n}') for n in range(30)))
            assert [answer.position for answer in answers] == list(range(1, 31))  # type: ignore[union-attr]
            assert log.writer.statistics()['commits'] == before + 2, (
                'one for what kept the writer busy, one for all that waited'
            )

    asyncio.run(story())


def test_a_request_for_nothing_is_answered(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            assert (await log.append(Append(events=()))).position == 0
            assert await log.head() == (0, GENESIS)

    asyncio.run(story())


async def follow(log: DuckDBLog, after: int) -> list[Event]:
    """Everything that a follower sees until the log is closed."""
    return [event async for page in log.follow(after) for event in page]
