"""A slice of the log is what a plain filter in Python gives, whether it is read or followed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message

from app import codec
from app.errors import Malformed
from app.events import Append, Event, new_event, tail
from app.events import slices as slices_module
from app.events.api import EventsApi
from app.events.rest import log as log_module
from app.events.slices import moment, parse_slice
from app.events.store import EventStore
from tests.rounds import rounds
from tests.unit.events.test_store import ROOT, Lasting, opened_store, put, until

NUMBER = 60
META = ('actor', 'correlation', 'cause', 'batch', 'request', 'source')
ODD = ["it's", '"', '', '$.x', '5', 'true', 'ä']


def spread(n: int) -> Any:
    """Event number n: streams, types and metas in many combinations, a few of them odd."""
    streams = ['a/1', 'a/2', 'a/1/x', 'aa/1', 'b/1', "b/it's"]
    meta: dict[str, Any] = {'actor': f'u{n % 3}'} if n % 4 else {}
    if n % 5 == 0:
        meta |= {'batch': ODD[n // 5 % len(ODD)], 'correlation': f'c{n % 2}'}
    return new_event(streams[n % 7 % 6], ['sent', 'lost', 'created'][n % 3], {'n': n}, meta)


@pytest.fixture(scope='module')
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    lasting = Lasting(tmp_path_factory.mktemp('slices'))
    for first in range(0, NUMBER, 10):
        lasting.run(lasting.log.append(Append(events=[spread(n) for n in range(first, first + 10)])))
    yield lasting
    lasting.close()


POSITIONS = st.integers(0, NUMBER + 5)
PARAMETERS: dict[str, st.SearchStrategy[Any]] = {
    'after': POSITIONS,
    'before': POSITIONS,
    'limit': st.integers(0, 12),
    'stream': st.sampled_from(['a/1', 'a/1/x', "b/it's", 'c/1', '']),
    'entity': st.sampled_from(['a', 'aa', 'b', 'c', '%', '']),
    'type': st.sampled_from(['sent', 'lost,created', 'sent,nothing', 'nothing', ['sent', 'lost'], []]),
    'actor': st.sampled_from(['u0', 'u1', 'u9', '']),
    'batch': st.sampled_from(ODD),
    'correlation': st.sampled_from(['c0', 'c1']),
    'since': st.tuples(st.integers(0, NUMBER - 1), st.integers(-1, 1)),
    'until': st.tuples(st.integers(0, NUMBER - 1), st.integers(-1, 1)),
}
ASKED = st.sets(st.sampled_from(sorted(PARAMETERS)), max_size=4).flatmap(
    lambda names: st.fixed_dictionaries({name: PARAMETERS[name] for name in sorted(names)})
)


def plainly(events: list[Event], asked_for: dict[str, Any]) -> list[Event]:
    """What the parameters mean, event by event."""

    def wanted(event: Event) -> bool:
        meta, kinds = codec.parse(event.meta), asked_for.get('type')
        kinds = kinds.split(',') if isinstance(kinds, str) else kinds
        return (
            asked_for.get('after', 0) < event.position < asked_for.get('before', 10**9)
            and asked_for.get('stream', '') in {'', event.stream}
            and asked_for.get('entity', '') in {'', event.stream.split('/')[0]}
            and (not kinds or event.type in kinds)
            and all(meta.get(name) == asked_for[name] for name in META if name in asked_for)
            and ('since' not in asked_for or moment('since', asked_for['since']) <= event.recorded_at)
            and ('until' not in asked_for or moment('until', asked_for['until']) > event.recorded_at)
        )

    found = [event for event in events if wanted(event)]
    return found[::-1] if asked_for.get('order') == 'desc' else found


@given(ASKED, st.sampled_from([3, 20_000]), st.sampled_from(['asc', 'desc']))
@settings(deadline=None, max_examples=rounds(200))
def test_a_slice_is_what_a_plain_filter_gives(
    lasting: Lasting, asked_for: dict[str, Any], looked_at: int, order: str
) -> None:
    asked_for['order'] = order
    events = lasting.run(lasting.log.read(0, 1000))
    for name in {'since', 'until'} & asked_for.keys():
        number, more = asked_for[name]
        exact = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=events[number].recorded_at + more)
        asked_for[name] = exact.isoformat()
    expected, wanted = plainly(events, asked_for), parse_slice(asked_for)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices_module, 'LOOKED_AT', looked_at)
        page = lasting.run(lasting.log.database.read(wanted.read))
    assert page == expected[: max(1, asked_for.get('limit', 100))]
    ends = {'after': 0, 'before': 10**9}
    assert [event for event in events if wanted.matches(event)] == sorted(
        plainly(events, asked_for | ends | {'order': ''})
    )


def test_what_is_read_and_what_is_followed_agree_on_meta_of_every_kind(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path) as store:
            kinds = ['5', 5, True, None, {'x': 1}, [1], '']
            news = [new_event('a/1', 'sent', {}, {'batch': batch}) for batch in kinds]
            events = (await store.log.append(Append(events=news))).events
            for text in ('5', 'true', 'null', '{"x":1}', '[1]', ''):
                wanted = parse_slice({'batch': text})
                read = await store.log.database.read(wanted.read)
                assert read == [event for event in events if wanted.matches(event)], text

    asyncio.run(story())


@pytest.mark.parametrize(
    ('parameters', 'said'),
    [
        ({'actr': 'x'}, "There is no parameter 'actr'; known are actor, after, batch"),
        ({'after': str(2**53 + 1)}, 'after'),
        ({'after': '0' * 18 + '9' * 30}, 'after'),
        ({'limit': '5001'}, 'limit: .* from 0 to 5000'),
        ({'limit': '0' * 18 + '99999'}, 'limit'),
        ({'order': 'up'}, 'order: must be asc or desc'),
        ({'since': '2026-05-03T10:00:00'}, 'since: .* is not a moment with its zone'),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_question_that_makes_no_sense_is_refused_by_name(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(Malformed, match=said):
        parse_slice(parameters)


class Follower:
    """A client of the WebSocket `/ws`; it takes what it is sent as fast as it likes."""

    def __init__(self, store: EventStore, query: str, pace: Callable[[], Awaitable[object]] | None = None) -> None:
        self.heard: list[dict[str, Any]] = []
        self._pace = pace
        self._left = asyncio.Event()
        path = {'path': '/ws', 'raw_path': b'/ws', 'query_string': query.encode(), 'headers': []}
        scope = {'type': 'websocket', 'subprotocols': [], 'state': {'principal': ROOT}, **path}
        self._task = asyncio.ensure_future(EventsApi(store, cast(Any, None)).routes(scope, self._receive, self._send))
        self._first: Message | None = {'type': 'websocket.connect'}

    async def _receive(self) -> Message:
        if self._first:
            first, self._first = self._first, None
            return first
        await self._left.wait()
        return {'type': 'websocket.disconnect', 'code': 1000}

    async def _send(self, message: Message) -> None:
        if message['type'] == 'websocket.send':
            if self._pace and self.heard:
                await self._pace()
            self.heard.append(codec.decode(message['text']))

    async def leave(self) -> None:
        self._left.set()
        await self._task

    @property
    def events(self) -> list[int]:
        """The positions of the events that it was sent."""
        return [one['position'] for one in self.heard if 'stream' in one]

    def has(self, position: int) -> bool:
        return self.events[-1:] == [position]

    def of_type(self, type_: str) -> list[dict[str, Any]]:
        return [one for one in self.heard if one['type'] == type_ and 'stream' not in one]


async def send(store: EventStore, first: int, last: int) -> None:
    """Append events, every third of them `lost`, in commits of seven."""
    for start in range(first, last + 1, 7):
        rows = [('a/1', 'lost' if n % 3 == 0 else 'sent', {'n': n}) for n in range(start, min(start + 7, last + 1))]
        await put(store.log, *rows)


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, 'BEHIND', 20)
    monkeypatch.setattr(tail, 'WINDOW', 10)
    monkeypatch.setattr(tail, 'PAGE', 7)


def test_who_comes_back_hears_of_each_event_that_matches_once(tmp_path: Path) -> None:
    async def story() -> None:
        heard = list[int]()
        for round_ in range(3):
            async with opened_store(tmp_path) as store:
                follower = Follower(store, f'type=lost&after={heard[-1] if heard else 0}')
                await send(store, 30 * round_ + 1, 30 * round_ + 30)
                await until(partial(follower.has, 30 * round_ + 30))
                heard += follower.events
                await follower.leave()
        assert heard == [*range(3, 91, 3)]

    asyncio.run(story())


def test_a_slow_follower_is_told_and_reads_everything_once_and_nothing_piles_up(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path) as store:
            go_on = asyncio.Event()
            slow, quick = Follower(store, 'after=0', go_on.wait), Follower(store, 'after=0')
            await send(store, 1, 400)
            await until(lambda: quick.events == [*range(1, 401)])
            assert (slow.events, len(slow.heard)) == ([], 1)
            assert len(store.log._tail._recent) <= 2 * 10 + 7, 'the writer keeps nothing for the slow one'
            go_on.set()
            await until(lambda: slow.events[-1:] == [400])
            assert slow.events == [*range(1, 401)]
            notices = slow.of_type('behind')
            assert notices and all(one['head'] == 400 and one['events'] > 20 for one in notices)
            assert all(slow.heard[slow.heard.index(n) + 1]['position'] == n['position'] + 1 for n in notices)
            await asyncio.gather(slow.leave(), quick.leave())

    asyncio.run(story())


def test_a_heartbeat_says_how_far_the_log_is_and_costs_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, 'HEARTBEAT_SECONDS', 0.01)

    async def story() -> None:
        async with opened_store(tmp_path) as store:
            follower = Follower(store, 'type=lost')
            await until(lambda: len(follower.of_type('heartbeat')) > 1)
            assert {one['position'] for one in follower.of_type('heartbeat')} == {0}
            await send(store, 1, 31)
            await until(lambda: follower.of_type('heartbeat')[-1]['position'] == 31)
            assert follower.heard[0] == {'type': 'connected', 'position': 0}
            assert follower.events == [*range(3, 31, 3)]
            await follower.leave()

    asyncio.run(story())
