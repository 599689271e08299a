"""Files that are too long for one append: written in parts, and nothing remains of them where anything goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app import codec
from app.crud.importing import work
from app.crud.importing.asked import asked_by
from app.crud.importing.job import Job
from app.crud.importing.upload import Upload
from app.errors import Conflict, Invalid, NotFound, Problem
from app.events import Append, Appended
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, BOB, DOCUMENTS, Shop, author

Between = Callable[[int], Awaitable[None]]
"""Called before each append with the number of appends before it."""


@pytest.fixture(autouse=True)
def _short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, 'CHUNK', 2)
    monkeypatch.setattr(work, 'WHOLE', 4)
    monkeypatch.setattr(work, 'PART', 3)


def lines(count: int, begin: int = 0) -> str:
    """A file of so many customers."""
    return 'id,name,email\n' + ''.join(f'c{n},N{n},m{n}@b.c\n' for n in range(begin, begin + count))


def start(shop: Shop, file: str, by: Any = ANN, **query: str) -> Job:
    """An import that has just begun; on the event loop only."""
    asked = asked_by(shop.catalog.table('customers').entity, 'csv', query)
    return shop.data.imports.start('customers', Upload.of(file.encode()), author(by), asked)


def between(shop: Shop, monkeypatch: pytest.MonkeyPatch, step: Between) -> None:
    """Do something before each append of customers by an import."""
    append, count = shop.log.append, 0

    async def stepped(request: Append) -> Appended:
        nonlocal count
        if '"batch"' in request.events[-1].meta and request.events[-1].type != 'deleted':
            await step(count)
            count += 1
        return await append(request)

    monkeypatch.setattr(shop.log, 'append', stepped)


def test_a_file_of_one_append_has_no_other_events(shop: Shop) -> None:
    with shop.recording() as happened:
        shop.bring('customers', lines(4))
    assert happened == [f'created customers/c{n}' for n in range(4)]


def test_a_longer_file_comes_in_parts_of_one_batch(shop: Shop) -> None:
    with shop.recording() as happened:
        answer = shop.bring('customers', lines(9))
    batch = answer['batch']
    entry = f'imports/{batch}'
    created = [f'created customers/c{n}' for n in range(9)]
    assert happened == [f'began {entry}', *created, f'finished {entry}']
    assert (answer['imported'], answer['position']) == (9, shop.events()[-1].position)
    metas = [codec.parse(event.meta) for event in shop.events() if event.stream.startswith('customers/')]
    assert {meta['batch'] for meta in metas} == {batch}
    shop.run(shop.data.undo.undo(batch, author(ADMIN)))
    assert shop.ids('customers') == []


@pytest.mark.parametrize('count', [5, 7, 8])
def test_every_row_is_written_once_wherever_parts_end(shop: Shop, count: int) -> None:
    assert shop.bring('customers', lines(count))['imported'] == count
    assert sorted(shop.ids('customers')) == [f'c{n}' for n in range(count)]


def test_a_wrong_row_in_a_later_part_takes_back_the_earlier_ones(shop: Shop) -> None:
    file = lines(9) + 'c1,Again,\nx,,\n'
    with shop.recording() as happened, pytest.raises(Invalid, match='2 of the rows') as caught:
        shop.bring('customers', file)
    assert [(one['row'], one['message']) for one in caught.value.extra['row_errors']] == [
        (10, 'is the same as in row 2'),
        (11, 'is required'),
    ]
    assert shop.ids('customers') == []
    created = [f'created customers/c{n}' for n in range(7)]
    deleted = {f'deleted customers/c{n}' for n in range(7)}
    assert (happened[1:8], set(happened[8:-1])) == (created, deleted)
    assert (happened[0].split('/')[0], happened[-1].split('/')[0]) == ('began imports', 'undone imports')
    assert shop.bring('customers', lines(9))['imported'] == 9, 'keys and unique values are free again'


def test_an_import_is_cancelled_between_parts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work_() -> Job:
        job = start(shop, lines(9))

        async def step(number: int) -> None:
            if number == 1:
                job.work.cancelled = True

        between(shop, monkeypatch, step)
        with pytest.raises(Conflict, match='cancelled'):
            await shop.data.imports.wait(job)
        return job

    job = shop.run(work_())
    assert (job.as_json()['state'], shop.ids('customers')) == ('cancelled', [])
    assert shop.run(shop.data.imports.told(job.work.id, ANN))['rows_written'] == 7
    with pytest.raises(NotFound):
        shop.run(shop.data.imports.told(job.work.id, BOB))
    with pytest.raises(Conflict, match='has ended before'):
        shop.run(shop.data.imports.cancel(job))


def test_an_import_is_cancelled_in_the_middle_of_its_only_append(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work_() -> Job:
        job = start(shop, lines(3))

        async def step(number: int) -> None:
            job.work.cancelled = True

        between(shop, monkeypatch, step)
        with pytest.raises(Conflict, match='cancelled'):
            await shop.data.imports.wait(job)
        return job

    assert shop.run(work_()).state == 'cancelled'
    assert shop.ids('customers') == []


def test_a_client_who_goes_away_cancels(shop: Shop) -> None:
    async def work_() -> Job:
        job = start(shop, lines(9))

        async def gone() -> None:
            return

        with pytest.raises(Problem):
            await shop.data.imports.wait(job, gone)
        return job

    assert shop.run(work_()).state == 'cancelled'
    assert shop.ids('customers') == []


def test_a_part_is_checked_again_when_somebody_else_was_faster(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def step(number: int) -> None:
        if number == 1:
            await shop.data.records.create('customers', {'id': 'c5', 'name': 'Mine'}, author(BOB))

    between(shop, monkeypatch, step)
    with pytest.raises(Invalid) as caught:
        shop.bring('customers', lines(9))
    assert caught.value.extra['row_errors'] == [
        {'row': 6, 'line': 7, 'field': 'id', 'message': 'exists already'},
    ]
    assert shop.ids('customers') == ['c5']


def test_a_change_by_somebody_else_in_between_does_not_stop_an_upsert(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def step(number: int) -> None:
        if number == 1:
            await shop.data.records.create('customers', {'id': 'c5', 'name': 'Mine', 'credit': 7}, author(BOB))

    between(shop, monkeypatch, step)
    answer = shop.bring('customers', lines(9), mode='upsert')
    assert [answer[name] for name in ('imported', 'created', 'updated')] == [9, 8, 1]
    values = shop.get('customers', 'c5').values
    assert (values['name'], values['credit']) == ('N5', '7.00')


def test_what_was_changed_since_is_left_when_an_import_is_taken_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def step(number: int) -> None:
        if number == 1:
            await shop.data.records.change('customers', 'c2', {'name': 'Mine'}, author(BOB))

    between(shop, monkeypatch, step)
    with pytest.raises(Invalid) as caught:
        shop.bring('customers', lines(9) + 'x,,\n')
    assert (caught.value.extra['left'], shop.ids('customers')) == (1, ['c2'])


def test_a_repeated_import_in_parts_answers_as_the_first_time(shop: Shop) -> None:
    first = shop.bring('customers', lines(9), key='k')
    with shop.recording() as happened:
        assert shop.bring('customers', lines(9), key='k') == first
    assert happened == []


def test_two_requests_with_the_same_key_are_one_import(shop: Shop) -> None:
    async def work_() -> list[dict[str, Any]]:
        asked = asked_by(shop.catalog.table('customers').entity, 'csv', {})
        jobs = [
            shop.data.imports.start('customers', Upload.of(lines(9).encode()), author(ANN, 'k', 1), asked)
            for _ in range(2)
        ]
        return await asyncio.gather(*map(shop.data.imports.wait, jobs))

    first, second = shop.run(work_())
    assert first == second
    assert len(shop.ids('customers')) == 9


def test_what_a_dead_process_left_is_taken_back_at_the_next_start(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop(DOCUMENTS)
    shop.create('customers', id='old', name='Old')

    async def die(number: int) -> None:
        if number == 2:
            await asyncio.Event().wait()

    async def work_() -> str:
        between(shop, monkeypatch, die)
        job = start(shop, lines(20))
        while job.work.rows_written < 7:
            await asyncio.sleep(0)
        return job.work.id

    batch = shop.run(work_())
    assert len(shop.ids('customers')) == 8
    shop = open_shop(DOCUMENTS)
    assert shop.run(shop.data.imports.recover()) == 1
    assert shop.ids('customers') == ['old']
    assert shop.run(shop.data.imports.told(batch, ANN))['state'] == 'undone'
    assert shop.run(shop.data.imports.recover()) == 0
    assert shop.bring('customers', lines(20))['imported'] == 20
