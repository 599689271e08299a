"""What is in memory is never older than what was acknowledged."""

from __future__ import annotations

import asyncio
import random
from array import array
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.crud import memory as memory_module
from app.crud.memory import AnswerMemory, CreationOrder, Kept, RecordMemory
from app.events import Event
from tests.rounds import rounds
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ANN, CUSTOMERS, DOCUMENTS, SELLER, Shop, author


def event(position: int, stream: str, version: int, type_: str = 'changed') -> Event:
    return Event(position, stream, version, type_, '{}', '{}', '', 0, '')


def test_a_record_read_before_a_commit_is_not_kept_after_it() -> None:
    kept = RecordMemory()
    old, new = (Kept(version, '', b'{}') for version in (1, 2))
    kept.put('a/1', old)
    assert kept.get('a/1') is old
    kept.note([event(9, 'a/1', 2)])
    assert kept.get('a/1') is None
    kept.put('a/1', old)
    assert kept.get('a/1') is None
    kept.put('a/1', new)
    assert kept.get('a/1') is new


def test_memory_is_bounded_and_many_changes_at_once_clear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, 'RECORDS', 3)
    kept = RecordMemory()
    for number in range(5):
        kept.put(f'a/{number}', Kept(1, '', b'{}'))
    assert [kept.get(f'a/{number}') is None for number in range(5)] == [True, True, False, False, False]
    monkeypatch.setattr(memory_module, 'BYTES', 10)
    kept.put('a/5', Kept(1, '', b'"12345678"'))
    assert (kept.get('a/4'), kept.get('a/5')) == (None, Kept(1, '', b'"12345678"'))
    kept.note([event(number, f'b/{number}', 1, 'created') for number in range(memory_module.MANY + 1)])
    assert kept.get('a/5')
    kept.note([event(number, f'b/{number}', 2) for number in range(memory_module.MANY + 1)])
    assert kept.get('a/5') is None


def test_what_changes_among_many_new_records_is_forgotten() -> None:
    kept = RecordMemory()
    kept.put('a/1', Kept(1, '', b'{}'))
    kept.put('a/2', Kept(1, '', b'{}'))
    new = [event(number, f'b/{number}', 1, 'created') for number in range(memory_module.MANY + 1)]
    kept.note([event(0, 'a/1', 2), *new])
    assert kept.get('a/1') is None
    assert kept.get('a/2')


def test_the_same_question_is_computed_once_until_the_state_moves_on() -> None:
    async def story() -> None:
        answers, asked = AnswerMemory(), list[str]()

        def compute(word: str) -> Callable[[], Awaitable[bytes]]:
            async def answer() -> bytes:
                asked.append(word)
                await asyncio.sleep(0)
                return word.encode()

            return answer

        together = await asyncio.gather(*(answers.answer(1, 'k', compute('first')) for _ in range(5)))
        assert set(together) == {b'first'}
        assert await answers.answer(1, 'k', compute('again')) == b'first'
        assert await answers.answer(2, 'k', compute('second')) == b'second'
        assert asked == ['first', 'second']

    asyncio.run(story())


def test_an_answer_computed_while_the_state_moved_on_is_not_kept() -> None:
    async def story() -> None:
        answers, go_on = AnswerMemory(), asyncio.Event()

        async def slow() -> bytes:
            await go_on.wait()
            return b'old'

        async def quick() -> bytes:
            return b'new'

        waiting = asyncio.ensure_future(answers.answer(1, 'k', slow))
        await asyncio.sleep(0)
        assert await answers.answer(2, 'k', quick) == b'new'
        go_on.set()
        assert await waiting == b'old'
        assert await answers.answer(2, 'k', slow) == b'new'

    asyncio.run(story())


def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    async def story() -> None:
        answers = AnswerMemory()

        async def fail() -> bytes:
            raise ValueError('once')

        async def work() -> bytes:
            return b'good'

        told = await asyncio.gather(*(answers.answer(1, 'k', fail) for _ in range(2)), return_exceptions=True)
        assert [str(error) for error in told] == ['once', 'once']
        assert await answers.answer(1, 'k', work) == b'good'

    asyncio.run(story())


def test_what_comes_while_the_order_is_read_is_in_it() -> None:
    async def story() -> None:
        order = CreationOrder()

        async def read() -> array[int]:
            order.note([event(8, 'a/8', 1, 'created')])
            return array('q', [3, 5])

        assert list(await order.load(read)) == [3, 5, 8]
        order.note([event(9, 'a/9', 1, 'created'), event(10, 'a/9', 2, 'changed')])
        assert list(await order.load(read)) == [3, 5, 8, 9]
        order.note([event(11, 'a/9', 3, 'deleted')])
        assert list(await order.load(read)) == [3, 5, 8]

    asyncio.run(story())


VERBS = st.lists(
    st.tuples(st.sampled_from(['create', 'delete', 'restore', 'change', 'read', 'page']), st.integers(0, 5))
)


@settings(max_examples=rounds(30), deadline=None)
@given(verbs=VERBS)
def test_lists_and_records_are_as_fresh_as_the_last_write(lasting_shop: Shop, verbs: list[tuple[str, int]]) -> None:
    shop = lasting_shop
    for verb, number in verbs:
        record_id, there = str(number), shop.query('SELECT id FROM records.customers ORDER BY _created DESC')
        ids = [row[0] for row in there]
        if verb == 'create' and not shop.events(f'customers/{record_id}'):
            shop.create('customers', id=record_id, name='N')
        elif verb == 'delete' and record_id in ids:
            shop.delete('customers', record_id)
        elif verb == 'restore' and record_id not in ids and shop.events(f'customers/{record_id}'):
            shop.restore('customers', record_id)
        elif verb == 'change' and record_id in ids:
            name = f'N{random.random()}'
            assert shop.change('customers', record_id, name=name).values['name'] == name
            assert shop.get('customers', record_id).values['name'] == name
        elif verb == 'page':
            page = shop.page('customers', f'limit=2&offset={number}')
            assert ([record.id for record in page.records], page.total) == (ids[number : number + 2], len(ids))
            assert (page.next is not None) == (len(ids) > number + 2)


def test_the_newest_records_are_fetched_into_memory_before_they_are_asked_for(shop: Shop) -> None:
    shop.bring('customers', 'name,extra\n' + '\n'.join(f'N{number},"{{""n"": 1.10}}"' for number in range(30)))
    first, *others = shop.page('customers', 'limit=30').records
    views = shop.data.views

    async def warm() -> None:
        await views.get('customers', first.id, ANN)
        while not all(views.kept('customers', record.id) for record in others):
            await asyncio.sleep(0)

    shop.run(asyncio.wait_for(warm(), 10))
    assert [shop.get('customers', record.id).as_json()['name'] for record in others] == [
        record.values['name'] for record in others
    ]
    assert codec.encode(shop.get('customers', others[0].id).as_json()) == codec.encode(others[0].as_json())


def test_a_record_written_before_the_entity_changed_is_not_kept_in_its_old_shape(shop: Shop) -> None:
    old = shop.catalog.table('customers')
    record = shop.create('customers', name='N')
    shop.configure(DOCUMENTS | {'entities/customers.yaml': CUSTOMERS.replace('since: date', 'until: date')})
    assert 'until' in shop.get('customers', record.id).values
    shop.data.views.keep(old, record)
    assert 'until' in shop.get('customers', record.id).values


def test_a_record_in_memory_is_at_hand_only_for_those_who_may_see_all_of_it(open_shop: OpenShop) -> None:
    people = """
resource: people
fields: {name: string, salary: {type: integer, permissions: {read: [sales]}}}
permissions: {create: authenticated, read: [owner, sales]}
"""
    shop = open_shop({'entities/people.yaml': people})
    record = shop.create('people', SELLER, name='Eve')
    kept = shop.data.views.at_hand('people', record.id, SELLER)
    assert kept and codec.decode(kept.body) == codec.decode(codec.encode(record.as_json()))
    assert shop.data.views.at_hand('people', record.id, ANN) is None


def test_a_page_read_through_a_cursor_follows_on_one_found_by_its_place(shop: Shop) -> None:
    for number in range(7):
        shop.create('customers', id=str(number), name='N')
    first = shop.page('customers', 'limit=3&offset=1')
    second = shop.page('customers', f'limit=3&cursor={first.next}')
    assert [record.id for record in first.records + second.records] == ['5', '4', '3', '2', '1', '0']


def test_writers_at_once_all_read_what_they_wrote(shop: Shop) -> None:
    async def write_and_read(number: int) -> bool:
        records, views = shop.data.records, shop.data.views
        await records.change('customers', 'x', {'credit': number}, author(ANN))
        seen = await views.get('customers', 'x', ANN)
        stored = await shop.log.database.query("SELECT _version FROM records.customers WHERE id = 'x'")
        return seen.version <= int(stored[0][0])

    async def story() -> list[bool]:
        return await asyncio.gather(*(write_and_read(number) for number in range(15)))

    shop.create('customers', id='x', name='X')
    assert all(shop.run(story()))
    assert shop.get('customers', 'x').version == len(shop.events('customers/x'))
