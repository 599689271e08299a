"""Snapshots change nothing but speed: whichever are taken or deleted, a state is the fold of its stream's events."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import NotFound
from app.events import Event
from app.events import snapshots as snapshots_module
from app.events import store as store_module
from app.events.aggregate import fold
from app.events.snapshots import Snapshots
from app.events.store import EventStore
from app.permissions import ANONYMOUS
from tests.rounds import rounds
from tests.unit.events.asking import all_events
from tests.unit.events.test_store import ANN, AUDITOR, ROOT, Lasting, asked, opened_store, put, until

NUMBERS = itertools.count()
TAKE_SNAPSHOTS = EventStore._take_snapshots
DATA = st.dictionaries(st.sampled_from('ab'), st.none() | st.integers(0, 3) | st.decimals(0, 1, places=3), max_size=2)
EVENTS = st.tuples(st.sampled_from('12'), st.sampled_from(['created', 'changed', 'sent', 'deleted', 'restored']), DATA)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just('append'), st.lists(EVENTS, min_size=1, max_size=5)),
        st.tuples(st.just('due'), st.none()),
        st.tuples(st.just('take'), st.tuples(st.sampled_from('12'), st.integers(1, 12))),
        st.tuples(st.just('delete'), st.sampled_from(['', '1', '2'])),
        st.tuples(st.just('forge'), st.none()),
    ),
    max_size=8,
)


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots are taken when the test says so."""

    async def nothing(_: EventStore) -> None: ...

    monkeypatch.setattr(store_module.EventStore, '_take_snapshots', nothing)


@pytest.fixture(scope='module')
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    patch = pytest.MonkeyPatch()
    patch.setattr(store_module, 'SNAPSHOT_SECONDS', 3600.0)
    lasting = Lasting(tmp_path_factory.mktemp('snapshots'), snapshots_every=lambda: 0)
    yield lasting
    lasting.close()
    patch.undo()


async def act(lasting: Lasting, snapshots: Snapshots, category: str, step: tuple[str, Any]) -> None:
    """One thing that may happen to snapshots, or to what they are of."""
    what, value = step
    if what == 'append':
        await put(lasting.log, *((f'{category}/{name}', kind, data) for name, kind, data in value))
    elif what == 'due':
        await snapshots.take_due()
    elif what == 'take':
        try:
            await snapshots.take(f'{category}/{value[0]}', value[1])
        except NotFound:
            assert len(await lasting.log.read_stream(f'{category}/{value[0]}')) < value[1]
    elif what == 'delete':
        await snapshots.delete(f'{category}/{value}' if value else '')
    else:
        forge = """UPDATE derived.snapshots SET hash = 'forged', state = '{"version":1,"values":{"a":"forged"}}'"""
        await lasting.store.derived.transaction(lambda cursor: cursor.execute(forge))


@given(STEPS, st.integers(0, 4))
@settings(deadline=None, max_examples=rounds(12))
def test_states_are_the_plain_fold_whatever_snapshots_there_are(lasting: Lasting, steps: list[Any], every: int) -> None:
    category = f'c{next(NUMBERS)}'
    snapshots = Snapshots(lasting.log, lasting.store.derived, lambda: every)

    async def story() -> None:
        await put(lasting.log, (f'{category}/1', 'sent', {}))
        for step in steps:
            await act(lasting, snapshots, category, step)
        for name in '12':
            await check_states(snapshots, await lasting.log.read_stream(f'{category}/{name}'))
        with pytest.raises(NotFound):
            await snapshots.state(f'{category}/1', position=lasting.log.position - len(await all_events(lasting.log)))

    lasting.run(story())


async def check_states(snapshots: Snapshots, events: list[Event], most: int = 10**9) -> None:
    """Every version, and the positions around each, give what the events up to there add up to."""
    for number, event in enumerate(events, 1):
        expected = fold(events[:number])
        for asked_for in ({'version': number}, {'position': event.position}, {'version': number, 'position': 2**60}):
            reading = await snapshots.state(event.stream, **asked_for)
            assert reading.aggregate == expected, (asked_for, event.stream)
            assert reading.events_read == number - (reading.snapshot or 0) <= most
        before = snapshots.state(event.stream, position=event.position - 1)
        if number == 1:
            with pytest.raises(NotFound, match='no such version'):
                await before
        else:
            assert (await before).aggregate == fold(events[: number - 1])
    if events:
        with pytest.raises(NotFound, match=f'it ends at {len(events)}'):
            await snapshots.state(events[0].stream, version=len(events) + 1)


@pytest.mark.parametrize('every', [1, 4])
def test_a_state_takes_no_more_events_than_the_policy_says(lasting: Lasting, every: int) -> None:
    category, snapshots = f'c{next(NUMBERS)}', Snapshots(lasting.log, lasting.store.derived, lambda: every)

    async def story() -> None:
        for size in (1, 3, 17, 4):
            await put(lasting.log, *((f'{category}/{n % 3}', 'sent', {'n': n}) for n in range(size)))
            await snapshots.take_due()
            for name in '012':
                await check_states(snapshots, await lasting.log.read_stream(f'{category}/{name}'), most=every)

    lasting.run(story())


def test_the_policy_goes_on_where_it_stood_and_0_is_never(tmp_path: Path) -> None:
    policy = {'every': 2}

    async def story() -> None:
        for round_ in range(3):
            async with opened_store(tmp_path, snapshots_every=lambda: policy['every']) as store:
                policy['every'] = 2 if round_ < 2 else 0
                await put(store.log, *(('a/1', 'sent', {'n': n}) for n in range(3)))
                await store.snapshots.take_due()
                await store.snapshots.take_due()
                taken = [one['version'] for one in await store.snapshots.list('', 100)]
                assert taken == [[2], [6, 4, 2], [6, 4, 2]][round_]
                assert len(await all_events(store.log)) == 3 * round_ + 3, 'taking them writes no events'

    asyncio.run(story())


def test_a_snapshot_of_another_log_is_passed_over(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path) as store:
            await put(store.log, ('a/1', 'sent', {'n': 1}), ('a/1', 'sent', {'n': 2}))
            await store.snapshots.take('a/1')
            assert (await store.snapshots.state('a/1')).snapshot == 2
            ahead = 'UPDATE derived.snapshots SET position = 99'
            await store.derived.transaction(lambda cursor: cursor.execute(ahead))
            reading = await store.snapshots.state('a/1')
            assert (reading.snapshot, reading.events_read, reading.aggregate.values) == (None, 2, {'n': 2})
            await store.snapshots.take('a/1')
            assert (await store.snapshots.state('a/1')).snapshot == 2

    asyncio.run(story())


def test_a_damaged_file_of_snapshots_is_made_anew(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path) as store:
            await put(store.log, ('a/1', 'sent', {'n': 1}))
            await store.snapshots.take('a/1')
        (tmp_path / 'derived.duckdb').write_bytes(b'\0' * 4096)
        async with opened_store(tmp_path) as store:
            assert (await store.snapshots.state('a/1')).aggregate.values == {'n': 1}
            assert await store.snapshots.list('', 10) == []

    asyncio.run(story())


def test_snapshots_that_fail_are_tried_again_with_the_next_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store_module, 'SNAPSHOT_SECONDS', 0.0)

    async def story() -> None:
        async with opened_store(tmp_path, snapshots_every=lambda: 1) as store:
            following = asyncio.ensure_future(TAKE_SNAPSHOTS(store))
            states_of, failures = snapshots_module._states_of, list[str]()

            def fail_once(*arguments: Any) -> list[Any]:
                if not failures:
                    failures.append('once')
                    raise OSError('the disk is full')
                return states_of(*arguments)

            monkeypatch.setattr(snapshots_module, '_states_of', fail_once)
            await put(store.log, ('a/1', 'sent', {}))
            await until(lambda: failures)
            await put(store.log, ('a/2', 'sent', {}))
            await until(lambda: store.snapshots._done == 2)
            following.cancel()
            assert {one['stream'] for one in await store.snapshots.list('', 10)} == {'a/1', 'a/2'}

    asyncio.run(story())
    assert 'tried again' in caplog.text
    caplog.clear()


def test_states_and_snapshots_over_http(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path) as store:
            await put(store.log, *(('a/b/c', 'sent', {'n': n}) for n in range(4)))
            assert (await asked(store, 'GET', '/aggregates/a/b/c?version=2'))[1]['state'] == {'n': 1}
            status, taken = await asked(store, 'POST', '/snapshots', json={'stream': 'a/b/c'})
            assert (status, taken['version'], taken['state']) == (201, 4, {'n': 3})
            seed = {'aggregate_type': 'a', 'aggregate_id': 'b/c'}
            assert (await asked(store, 'POST', '/snapshots', json=seed))[0] == 201
            listed = (await asked(store, 'GET', '/snapshots?stream=a/b/c'))[1]['snapshots']
            assert [(one['version'], one['position']) for one in listed] == [(4, 4)], 'once is enough'
            _, now = await asked(store, 'GET', '/aggregates/a/b/c')
            assert (now['events_read'], now['snapshot'], now['version']) == (0, 4, 4)
            _, then = await asked(store, 'GET', '/aggregates/a/b/c?as_of=3')
            assert (then['events_read'], then['snapshot'], then['version']) == (3, None, 3)
            assert (await asked(store, 'DELETE', '/snapshots'))[1] == {'deleted': 1}
            assert (await asked(store, 'GET', '/aggregates/a/b/c'))[1] == now | {'events_read': 4, 'snapshot': None}

    asyncio.run(story())


def test_who_may_do_what_with_snapshots_and_what_makes_no_sense(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path) as store:
            await put(store.log, ('a/1', 'sent', {}))
            body = {'stream': 'a/1'}
            for who, read, operate in ((ROOT, 200, 201), (AUDITOR, 200, 403), (ANN, 403, 403), (ANONYMOUS, 401, 401)):
                assert (await asked(store, 'GET', '/aggregates/a/1', who))[0] == read
                assert (await asked(store, 'POST', '/snapshots', who, json=body))[0] == operate
                assert (await asked(store, 'DELETE', '/snapshots', who))[0] == (200 if operate == 201 else operate)
            for path, status in (
                ('/aggregates/a/2', 404),
                ('/aggregates/a/1?version=0', 404),
                ('/aggregates/a/1?as_of=0', 404),
                ('/aggregates/a/1?as_of=2026-01-01', 400),
                ('/aggregates/a/1?version=-1', 400),
                ('/aggregates/a/1?at=1', 400),
            ):
                assert (await asked(store, 'GET', path))[0] == status, path
            wrongs: list[Any] = [{}, [], {'stream': 5}, 'a/1']
            for wrong in wrongs:
                assert (await asked(store, 'POST', '/snapshots', json=wrong))[0] == 422

    asyncio.run(story())
