"""A filtered view is told as it changes: nothing is missed, nothing told twice, and nothing that one may not see."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.errors import Malformed
from tests.rounds import rounds
from tests.unit.crud.shop import ADMIN, ANN, BOB, CUSTOMERS, Shop, author
from tests.unit.crud.watching import heard, poll, watch


def test_a_view_begins_with_what_is_in_it_and_tells_what_enters_changes_and_leaves(shop: Shop) -> None:
    async def story() -> list[dict[str, Any]]:
        records, stream = shop.data.records, watch(shop, 'credit > 10')
        told = [codec.decode(await anext(stream))]
        for record_id, values in (('poor', {'credit': 11}), ('rich', {'name': 'Rich'}), ('rich', {'credit': 1})):
            await records.change('customers', record_id, values, author(ANN))
            told.append(codec.decode(await anext(stream)))
        await records.change('customers', 'rich', {'credit': 2}, author(ANN))
        await records.delete('customers', 'poor', author(ANN))
        told.append(codec.decode(await anext(stream)))
        await records.create('customers', {'id': 'end', 'name': 'E', 'credit': 12}, author(ANN))
        return told + await heard(stream, 'end')

    shop.create('customers', id='poor', name='P', credit=1)
    shop.create('customers', id='rich', name='R', credit=100)
    first, *rest = shop.run(story())
    assert (first['type'], [record['id'] for record in first['records']]) == ('snapshot', ['rich'])
    assert [(one['type'], one['id']) for one in rest] == [
        ('enter', 'poor'), ('update', 'rich'), ('leave', 'rich'), ('leave', 'poor'), ('enter', 'end'),
    ]  # fmt: skip


EDITS = st.lists(st.tuples(st.sampled_from('abc'), st.sampled_from(['set', 'delete']), st.integers(0, 3)), max_size=12)


@settings(max_examples=rounds(20), deadline=None)
@given(before=EDITS, missed=EDITS)
def test_whoever_comes_back_after_a_gap_knows_in_the_end_what_is_there(
    lasting_shop: Shop, before: Any, missed: Any
) -> None:
    shop = lasting_shop
    edit(shop, before)
    position = shop.log.position
    known = {record.id: str(record.values['credit']) for record in shop.page('customers', 'filter=credit >= 2').records}
    edit(shop, missed)
    if 'end' in shop.ids('customers'):
        shop.delete('customers', 'end')
    (shop.restore if shop.events('customers/end') else make_end(shop))('customers', 'end')
    text = "credit >= 2 OR name = 'end'"
    told = shop.run(heard(watch(shop, text, position), 'end'))[1:]
    assert poll(shop, text, position)['changes'] == told
    for message in told:
        if message['type'] == 'leave':
            known.pop(message['id'], None)
        else:
            known[message['id']] = message['record']['credit']
    known.pop('end')
    assert known == {one.id: str(one.values['credit']) for one in shop.page('customers', 'filter=credit >= 2').records}


def make_end(shop: Shop) -> Any:
    return lambda entity, record_id: shop.create(entity, id=record_id, name='end', credit=0)


def edit(shop: Shop, edits: Any) -> None:
    for record_id, verb, number in edits:
        there = record_id in shop.ids('customers')
        if verb == 'delete' and there:
            shop.delete('customers', record_id)
        elif verb == 'set' and there:
            shop.change('customers', record_id, credit=number)
        elif verb == 'set' and shop.events(f'customers/{record_id}'):
            shop.restore('customers', record_id)
        elif verb == 'set':
            shop.create('customers', id=record_id, name='N', credit=number)


def test_rules_and_hidden_fields_hold_for_views_also_when_they_change(shop: Shop) -> None:
    async def story() -> list[dict[str, Any]]:
        stream = watch(shop, by=BOB)
        told = [codec.decode(await anext(stream))]
        await shop.data.records.change('customers', 'b', {'credit': 7}, author(ADMIN))
        await shop.data.records.change('customers', 'a', {'credit': 7}, author(ADMIN))
        await shop.data.records.change('customers', 'b', {'credit': 8}, author(ADMIN))
        told.append(codec.decode(await anext(stream)))  # both changes of b in one message: as it is now
        return told

    secret = 'credit: {type: decimal, precision: 12, scale: 2, default: 5, permissions: {read: boss}}'
    text = CUSTOMERS.replace('read: authenticated', 'read: owner')
    plain = 'credit: {type: decimal, precision: 12, scale: 2, default: 5}'
    shop.configure({'entities/customers.yaml': text.replace(plain, secret)})
    shop.create('customers', id='a', name='A', by=ANN)
    shop.create('customers', id='b', name='B', by=BOB)
    told = shop.run(story())
    assert [record['id'] for record in told[0]['records']] == ['b']
    assert [(one['type'], one['id'], one['record']['_version']) for one in told[1:]] == [('update', 'b', 3)]
    assert 'credit' not in str(told)


@pytest.mark.parametrize(('text', 'message'), [('nme = 1', 'no field'), ('credit', 'must be a boolean')])
def test_a_view_of_nonsense_is_refused_at_once(shop: Shop, text: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        shop.run(heard(watch(shop, text), 'never'))


def test_a_view_through_foreign_keys_changes_with_the_records_that_they_lead_to(shop: Shop) -> None:
    async def story() -> list[dict[str, Any]]:
        records = shop.data.records
        stream = shop.data.watching.watch('orders', "customer.name = 'Ann' AND status = 'paid'", None, ADMIN)
        told = [codec.decode(await anext(stream))]
        for entity, record_id, values in (
            ('customers', 'c', {'name': 'Ann'}),
            ('orders', '1', {'status': 'draft'}),
            ('orders', '1', {'status': 'paid'}),
            ('customers', 'c', {'name': 'Bob'}),
        ):
            await records.change(entity, record_id, values, author(ADMIN))
            told.append(codec.decode(await anext(stream)))
        return told

    shop.create('customers', id='c', name='Bob')
    shop.create('orders', number='1', customer_id='c', status='paid')
    first, *rest = shop.run(story())
    assert (first['type'], first['records']) == ('snapshot', [])
    assert [(one['type'], one['id']) for one in rest] == [
        ('enter', '1'),
        ('leave', '1'),
        ('enter', '1'),
        ('leave', '1'),
    ]


def test_who_polls_gets_the_same_messages(shop: Shop) -> None:
    shop.create('customers', id='a', name='A', credit=20)
    first = poll(shop, 'credit > 10', None)
    assert [(one['type'], [record['id'] for record in one['records']]) for one in first['changes']] == [
        ('snapshot', ['a'])
    ]
    assert poll(shop, 'credit > 10', first['position']) == {'changes': [], 'position': first['position']}
    shop.create('customers', id='b', name='B', credit=30)
    shop.change('customers', 'a', credit=1)
    second = poll(shop, 'credit > 10', first['position'])
    assert [(one['type'], one['id']) for one in second['changes']] == [('enter', 'b'), ('leave', 'a')]
    again = poll(shop, 'credit > 10', first['position'])  # its view is kept no longer, so it is read as of then
    assert again == second


def test_a_poll_that_waits_is_answered_by_the_next_change(shop: Shop) -> None:
    async def story() -> dict[str, Any]:
        waiting = asyncio.ensure_future(shop.data.watching.poll('customers', '', shop.log.position, 30, ADMIN))
        plain = asyncio.ensure_future(shop.data.changes.poll('customers', shop.log.position, 10, 30, ADMIN))
        await asyncio.sleep(0)
        await shop.data.records.create('orders', {'number': '1'}, author(ADMIN))
        await shop.data.records.create('customers', {'id': 'fresh', 'name': 'N'}, author(ADMIN))
        assert codec.decode(codec.encode(await plain))['changes'][0]['id'] == 'fresh'
        return codec.decode(codec.encode(await waiting))  # type: ignore[no-any-return]

    answer = shop.run(story())
    assert [(one['type'], one['id']) for one in answer['changes']] == [('enter', 'fresh')]
    assert answer['position'] == shop.log.position
