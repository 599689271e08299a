"""All projections together: which there are, how definitions change, how tables are replaced, and who may read them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.errors import NotFound, Unavailable
from app.events import projector as projector_module
from app.events import store as store_module
from app.events.store import EventStore
from app.projection import Projection
from tests.unit.events.asking import all_events
from tests.unit.events.test_projector import SUM, WHOLE, number, remembered, rows, settle, tables, waiting
from tests.unit.events.test_store import defined, held, opened_store, put, until


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector_module, 'PAGE', 4)
    monkeypatch.setattr(projector_module, 'REST', 0.0)
    monkeypatch.setattr(store_module, 'WAKE_SECONDS', 0.0)


def built(store: EventStore, name: str = 'sums') -> Callable[[], bool]:
    """Whether nothing is being built any more."""
    return lambda: store.projections.get(name).building is None


async def count(store: EventStore, numbers: int, name: str = 'sums') -> None:
    """Append `numbers` events and wait for the projection."""
    position = await put(store.log, *(number(1) for _ in range(numbers)))
    await store.projections.wait_for(name, position)


@pytest.mark.parametrize('definition', [SUM, WHOLE], ids=['incremental', 'whole'])
def test_old_rows_answer_until_the_new_ones_replace_them(tmp_path: Path, definition: Projection) -> None:
    async def story() -> None:
        name = definition.projection
        async with opened_store(tmp_path, definition) as store:
            await count(store, 9, name)
            old = store.projections.get(name).standing.table
            await store.derived.transaction(lambda cursor: cursor.execute(f'UPDATE derived."{old}" SET n = 0'))
            with held(store):
                await store.projections.get(name).rebuild()
                await waiting(store)
                assert store.projections.get(name).status == 'rebuilding'
                assert store.projections.get(name).as_json()['building'] == {'position': 0, 'of': 9}
                assert await rows(store, name) == [('x', 0, 9)]
            await until(built(store, name))
            assert await rows(store, name) == [('x', 9, 9)]
            new = store.projections.get(name).standing.table
            assert await tables(store) == {new} and new != old
            await count(store, 1, name)
            assert await rows(store, name) == [('x', 10, 10)]
            assert len(await all_events(store.log)) == 10, 'rebuilding writes no events'
        async with opened_store(tmp_path, definition) as store:
            assert await rows(store, name) == [('x', 10, 10)]

    asyncio.run(story())


def test_events_that_come_while_it_is_rebuilt_are_in_the_new_rows(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await count(store, 9)
            await store.projections.get('sums').rebuild()
            for _ in range(20):
                await put(store.log, number(1))
            await store.projections.wait_for('sums', 29)
            await until(built(store))
            await store.projections.wait_for('sums', 29)
            assert await rows(store, 'sums') == [('x', 29, 29)]

    asyncio.run(story())


def test_a_rebuild_that_is_called_off_leaves_everything_as_it_was(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await count(store, 9)
            with held(store):
                await store.projections.get('sums').rebuild()
                await waiting(store)
                store.projections.get('sums').cancel()
            await count(store, 1)
            assert (await rows(store, 'sums'), store.projections.get('sums').status) == ([('x', 10, 10)], 'running')
            await until_tables(store, {'sums__0'})

    asyncio.run(story())


async def until_tables(store: EventStore, expected: set[str]) -> None:
    """Return once these tables are there and no others."""
    async with asyncio.timeout(10):
        while await tables(store) != expected:
            await asyncio.sleep(0.002)


@pytest.fixture
def during_last_step(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    """What to do while the last step of a rebuild waits for its turn; coroutines go on by themselves."""
    deeds, finish = list[Callable[[], Any]](), projector_module.Projector._finish

    async def finish_late(projector: Any, *arguments: Any) -> None:
        with held(projector):
            finishing = asyncio.ensure_future(finish(projector, *arguments))
            await settle()
            for deed in deeds:
                result = deed()
                tasks.extend([asyncio.ensure_future(result)] if asyncio.iscoroutine(result) else [])
            await settle()
        await finishing

    tasks = list[Any]()
    monkeypatch.setattr(projector_module.Projector, '_finish', finish_late)
    return deeds


def test_calling_off_a_rebuild_whose_last_step_waits_still_works(tmp_path: Path, during_last_step: Any) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await count(store, 3)
            projector = store.projections.get('sums')
            during_last_step.append(projector.cancel)
            await projector.rebuild()
            await until(built(store))
            await count(store, 1)
            assert projector.standing.table == 'sums__0'
            await until_tables(store, {'sums__0'})

    asyncio.run(story())


def test_pausing_while_the_last_step_of_a_rebuild_waits_is_kept(tmp_path: Path, during_last_step: Any) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await count(store, 3)
            projector = store.projections.get('sums')
            during_last_step.append(lambda: projector.change(paused=True))
            await projector.rebuild()
            await until(built(store))
            await until(lambda: projector.status == 'paused')
            assert (projector.status, await rows(store, 'sums')) == ('paused', [('x', 3, 3)])
            assert (await remembered(store, 'sums'))[:2] == (3, True)
        async with opened_store(tmp_path, SUM) as store:
            assert (store.projections.get('sums').status, await rows(store, 'sums')) == ('paused', [('x', 3, 3)])

    asyncio.run(story())


@pytest.mark.parametrize('rebuilding', [False, True])
def test_the_table_of_a_removed_projection_goes(tmp_path: Path, rebuilding: bool) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM, WHOLE) as store:
            await count(store, 3)
            if rebuilding:
                with held(store):
                    await store.projections.get('sums').rebuild()
                    await waiting(store)
                    removing = asyncio.ensure_future(store.projections.activate(defined(WHOLE)))
                    await settle()
                await removing
            else:
                await store.projections.activate(defined(WHOLE))
            assert await tables(store) == {'whole__0'}
            assert await store.log.database.query('SELECT name FROM derived.projections') == [('whole',)]
        async with opened_store(tmp_path) as store:
            assert await tables(store) == set(), 'also when it was removed between two starts'

    asyncio.run(story())


def test_a_rebuild_that_a_stop_cuts_off_leaves_no_table_behind(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await count(store, 3)
            await store.derived.transaction(lambda cursor: cursor.execute('CREATE TABLE derived."sums__17" (k INT)'))
        async with opened_store(tmp_path, SUM) as store:
            assert await tables(store) == {'sums__0'}

    asyncio.run(story())


def test_what_tells_of_another_log_is_made_anew(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await count(store, 3)
            forge = 'UPDATE derived.projections SET position = 99'
            await store.derived.transaction(lambda cursor: cursor.execute(forge))
        async with opened_store(tmp_path, SUM) as store:
            await store.projections.wait_for('sums', 3)
            assert (await rows(store, 'sums'), (await remembered(store, 'sums'))[0]) == ([('x', 3, 3)], 3)

    asyncio.run(story())


def test_who_waits_hears_as_soon_as_the_rows_are_there_or_why_they_will_not_be(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            wait = store.projections.wait_for
            early = asyncio.ensure_future(wait('sums', 2))
            await count(store, 1)
            assert not early.done()
            await count(store, 1)
            await early
            with pytest.raises(Unavailable, match='sums is at 2 only'):
                await wait('sums', 3, 0.01)
            await store.projections.get('sums').change(paused=True)
            with pytest.raises(Unavailable, match='sums is paused at 2'):
                await wait('sums', 3)
            with pytest.raises(NotFound):
                await wait('nobody', 0)

    asyncio.run(story())


@pytest.mark.parametrize('how', ['paused', 'parked', 'removed'])
def test_who_waits_hears_when_the_projection_stops_meanwhile(tmp_path: Path, how: str) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            wait = asyncio.ensure_future(store.projections.wait_for('sums', 5, 5))
            await settle()
            if how == 'parked':
                await put(store.log, number('bad'))
            elif how == 'paused':
                await store.projections.get('sums').change(paused=True)
            else:
                await store.projections.activate({})
            with pytest.raises((Unavailable, NotFound)) as refusal:
                await asyncio.wait_for(wait, 0.3)
            assert how in str(refusal.value) or how == 'removed'

    asyncio.run(story())
