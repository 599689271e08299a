"""The life of a projection: it keeps up, parks, pauses, begins again; nothing counts twice or is lost."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from app.errors import Problem
from app.events import projecting
from app.events import projector as projector_module
from app.events import store as store_module
from app.events.store import EventStore
from tests.unit.events.asking import all_events
from tests.unit.events.test_store import held, opened_store, projection, put, until

SUM = projection(
    'sums',
    "SELECT data ->> '$.k' AS k, count(*) AS n, sum((data ->> '$.n')::INT)::BIGINT AS total FROM events GROUP BY 1",
    key='k',
    merge={'n': 'sum', 'total': 'sum'},
)
WHOLE = projection('whole', SUM.sql, key='k')
BOTH = pytest.mark.parametrize('definition', [SUM, WHOLE], ids=['incremental', 'whole'])


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector_module, 'PAGE', 4)
    monkeypatch.setattr(projector_module, 'REST', 0.0)
    monkeypatch.setattr(store_module, 'WAKE_SECONDS', 0.0)


def number(n: object) -> tuple[str, str, dict[str, Any]]:
    return ('a/1', 'counted', {'k': 'x', 'n': n})


async def rows(store: EventStore, name: str) -> list[tuple[Any, ...]]:
    """What the projection answers: key, number of events, their sum."""
    return [(row['k'], row['n'], row['total']) for row in (await store.projections.rows(name, {}, '', 10, 0))['rows']]


async def remembered(store: EventStore, name: str) -> tuple[Any, ...]:
    """What a restart would find: position, paused, error, position of the error."""
    sql = 'SELECT position, paused, error, error_position FROM derived.projections WHERE name = ?'
    return (await store.log.database.query(sql, [name]))[0]


async def tables(store: EventStore) -> set[str]:
    """The tables of projections that there are, answering or not."""
    sql = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'derived' AND contains(table_name, '__')"
    return {row[0] for row in await store.log.database.query(sql)}


async def waiting(store: EventStore) -> None:
    """Return once a piece of work waits for the thread that is held."""
    await until(lambda: store.derived._thread._work_queue.qsize() > 0)


async def settle() -> None:
    """Let everybody go on who can."""
    for _ in range(20):
        await asyncio.sleep(0)


@BOTH
def test_a_restart_goes_on_where_it_stood(tmp_path: Path, definition: Any) -> None:
    async def story() -> None:
        name = definition.projection
        for round_ in range(1, 4):
            async with opened_store(tmp_path, definition) as store:
                projector = store.projections.get(name)
                assert projector.standing.position == 3 * (round_ - 1)
                await store.projections.wait_for(name, await put(store.log, number(1), number(2), number(3)))
                assert await rows(store, name) == [('x', 3 * round_, 6 * round_)]
                assert await tables(store) == {f'{name}__0'}

    asyncio.run(story())


@BOTH
def test_it_parks_exactly_at_an_event_that_it_cannot_digest(tmp_path: Path, definition: Any, caplog: Any) -> None:
    async def story() -> None:
        name = definition.projection
        async with opened_store(tmp_path, definition) as store:
            events = [number(n) for n in (1, 2, 3, 4, 5, 'six', 7, 8, 9)]
            await put(store.log, *events)
            projector = store.projections.get(name)
            await until(lambda: projector.status == 'parked')
            assert (projector.position, projector.standing.error_position) == (5, 6)
            assert 'six' in projector.standing.error
            assert await rows(store, name) == [('x', 5, 15)]
            assert await put(store.log, number(10)) == 10, 'the writer goes on'
            assert len(await all_events(store.log)) == 10
        async with opened_store(tmp_path, definition) as store:
            projector = store.projections.get(name)
            assert (projector.status, projector.position, projector.standing.error_position) == ('parked', 5, 6)
            assert await rows(store, name) == [('x', 5, 15)]

    asyncio.run(story())
    assert 'is parked at event 6' in caplog.text
    caplog.clear()


def test_skipping_leaves_out_that_event_alone(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await put(store.log, number(1), number('bad'), number(3), number('worse'), number(5))
            projector = store.projections.get('sums')
            for position in (2, 4):
                while projector.standing.error_position != position:
                    await asyncio.sleep(0.002)
                await projector.skip()
            await store.projections.wait_for('sums', 5)
            assert await rows(store, 'sums') == [('x', 3, 9)]
        async with opened_store(tmp_path, SUM) as store:
            assert await rows(store, 'sums') == [('x', 3, 9)]

    asyncio.run(story())


def test_a_projection_that_reads_everything_again_cannot_skip_one_event(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, WHOLE) as store:
            await put(store.log, number(1), number('bad'), number(3))
            projector = store.projections.get('whole')
            await until(lambda: projector.status == 'parked')
            with contextlib.suppress(Problem):
                await projector.skip()
            await until(lambda: projector.status == 'parked')
            assert projector.standing.error_position == 2, 'the event that is bad is the one that is named'
            assert projector.position == 1, 'it never tells of events that its rows do not hold'

    asyncio.run(story())


def test_resuming_tries_the_same_event_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await put(store.log, number(1), number('bad'), number(3))
            projector = store.projections.get('sums')
            await until(lambda: projector.status == 'parked')
            await projector.change(paused=False, error='', error_position=None)
            await until(lambda: projector.status == 'parked')
            assert (projector.position, projector.standing.error_position) == (1, 2)
            assert await rows(store, 'sums') == [('x', 1, 1)]

    asyncio.run(story())


def test_a_failure_that_passes_accuses_no_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advance, failures = projecting.advance, list[int]()

    def fail_once(*arguments: Any) -> None:
        if not failures:
            failures.append(1)
            raise OSError('the disk is full')
        advance(*arguments)

    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            monkeypatch.setattr(projector_module, 'advance', fail_once)
            await put(store.log, number(1), number(2), number(3))
            projector = store.projections.get('sums')
            await until(lambda: projector.status == 'parked' or projector.position == 3)
            assert projector.standing.error_position is None
            assert await rows(store, 'sums') in ([('x', 3, 6)], [])

    asyncio.run(story())


def test_while_paused_the_rows_stand_still(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await store.projections.wait_for('sums', await put(store.log, number(1)))
            await store.projections.get('sums').change(paused=True)
            await put(store.log, number(2))
            await store.derived.transaction(lambda cursor: None)
            assert await rows(store, 'sums') == [('x', 1, 1)]
        async with opened_store(tmp_path, SUM) as store:
            projector = store.projections.get('sums')
            assert (projector.status, await rows(store, 'sums')) == ('paused', [('x', 1, 1)])
            await projector.change(paused=False)
            await store.projections.wait_for('sums', 2)
            assert await rows(store, 'sums') == [('x', 2, 3)]

    asyncio.run(story())


def test_pausing_amid_work_counts_nothing_twice(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            projector = store.projections.get('sums')
            with held(store) as free:
                await put(store.log, number(1), number(2))
                await waiting(store)
                pausing = asyncio.ensure_future(projector.change(paused=True))
                await settle()
                free.set()
                store.derived._thread.submit(int).result()  # all is done before the event loop hears of any of it
                await pausing
            assert await rows(store, 'sums') == [('x', 2, 3)]
            assert (await remembered(store, 'sums'))[:2] == (2, True)
        async with opened_store(tmp_path, SUM) as store:
            await store.projections.get('sums').change(paused=False)
            await store.projections.wait_for('sums', await put(store.log, number(4)))
            assert await rows(store, 'sums') == [('x', 3, 7)]

    asyncio.run(story())


def test_resetting_begins_again_with_an_empty_table(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await put(store.log, number(1), number('bad'), number(3))
            projector = store.projections.get('sums')
            await until(lambda: projector.status == 'parked')
            await projector.change(paused=True)
            await projector.reset()
            assert (await rows(store, 'sums'), projector.position) == ([], 0)
            assert await remembered(store, 'sums') == (0, True, None, None)
            await projector.change(paused=False)
            await until(lambda: projector.status == 'parked')
            assert (await rows(store, 'sums'), projector.standing.error_position) == ([('x', 1, 1)], 2)

    asyncio.run(story())


def test_resetting_amid_work_loses_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await store.projections.wait_for('sums', await put(store.log, number(1), number(2)))
            projector = store.projections.get('sums')
            with held(store) as free:
                resetting = asyncio.ensure_future(projector.reset())
                await waiting(store)
                await put(store.log, number(4))
                await settle()
                free.set()
                await resetting
            await store.projections.wait_for('sums', await put(store.log, number(8)))
            assert await rows(store, 'sums') == [('x', 4, 15)]

    asyncio.run(story())
