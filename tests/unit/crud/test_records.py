"""The verbs, by what they answer and by the events they leave behind: those and no others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import codec
from app.errors import Conflict, Denied, Invalid, Malformed, NotFound, NotLoggedIn, Stale
from app.permissions import ANONYMOUS
from tests.unit.crud.shop import ADMIN, ANN, BOB, Shop, author


def test_a_new_record_is_one_event_that_holds_all_of_it(shop: Shop) -> None:
    with shop.recording() as happened:
        ada = shop.create('customers', id='ada', name='Ada', email='ADA@example.com', extra={'a': 1.5})
    assert happened == ['created customers/ada']
    event = shop.events('customers/ada')[0]
    assert codec.parse(event.data) == {
        'name': 'Ada',
        'email': 'ada@example.com',
        'credit': '5.00',
        'extra': {'a': 1.5},
        'created_at': ada.values['created_at'],
        'updated_at': ada.values['updated_at'],
    }
    assert codec.parse(event.meta) == {'actor': 'ann', 'source': 'rest'}
    assert (ada.version, ada.owner) == (1, 'ann')
    assert shop.get('customers', 'ada')[:3] == ('ada', 1, 'ann')
    assert shop.shown('customers', 'ada') == ada.as_json()


def test_a_record_gets_an_id_unless_it_brings_one(shop: Shop) -> None:
    first, second = shop.create('customers', name='A'), shop.create('customers', name='B', id=None)
    assert first.id != second.id
    assert (len(first.id), first.id[14]) == (36, '7')


def test_the_key_spells_the_id(shop: Shop) -> None:
    shop.create('orders', number='A/1 ~')
    line = shop.create('lines', order_id='A/1 ~', line=3)
    assert (line.id, shop.get('lines', 'A%2F1%20%7E~3').values['line']) == ('A%2F1%20%7E~3', 3)


@pytest.mark.parametrize(
    ('sent', 'errors'),
    [
        ({}, {'name': 'is required'}),
        ({'name': ''}, {'name': 'is required'}),
        ({'nme': 'A'}, {'nme': "is not a field, did you mean 'name'?"}),
        ({'zzzz': 1}, {'zzzz': 'is not a field'}),
        (
            {'email': 'x', 'credit': 'x', 'since': 'x'},
            {
                'name': 'is required',
                'email': 'must be an email address like name@example.com',
                'credit': 'must be a number like 12.50',
                'since': 'must be a day like 2026-05-03',
            },
        ),
        ({'name': 'A', 'id': 'import'}, {'id': "must not be 'import', which is an address of its own"}),
        ({'name': 'A', 'id': ['a']}, {'id': 'must be a text'}),
        ({'name': 'A', 'id': {}}, {'id': 'must be a text'}),
    ],
)
def test_every_mistake_is_named_and_nothing_recorded(
    lasting_shop: Shop, sent: dict[str, Any], errors: dict[str, str]
) -> None:
    with lasting_shop.recording() as happened, pytest.raises(Invalid) as caught:
        lasting_shop.create('customers', **sent)
    assert (caught.value.errors, happened) == (errors, [])


@pytest.mark.parametrize('body', [[], 'name', None, 5])
def test_a_record_is_an_object(lasting_shop: Shop, body: Any) -> None:
    with pytest.raises(Malformed, match='The body must be a JSON object'):
        lasting_shop.run(lasting_shop.data.records.create('customers', body, author(ANN)))


def test_the_moments_of_a_record_are_not_for_clients_to_set(shop: Shop) -> None:
    ada = shop.create('customers', name='Ada', created_at='2001-01-01', updated_at='nonsense')
    assert ada.values['created_at'] > '2026'
    assert shop.change('customers', ada.id, created_at='2001-01-01').version == 1


def test_a_change_records_only_what_is_different(shop: Shop) -> None:
    ada = shop.create('customers', id='ada', name='Ada', credit='1.5')
    with shop.recording() as happened:
        changed = shop.change('customers', 'ada', name='Ada', credit='2.50', since='2026-01-01')
    assert happened == ['changed customers/ada']
    data = codec.parse(shop.events('customers/ada')[-1].data)
    assert data.pop('updated_at') == {'from': ada.values['updated_at'], 'to': changed.values['updated_at']}
    assert data == {'credit': {'from': '1.50', 'to': '2.50'}, 'since': {'from': None, 'to': '2026-01-01'}}
    assert changed.as_json() == shop.shown('customers', 'ada')


def test_a_change_that_changes_nothing_records_nothing(shop: Shop) -> None:
    ada = shop.create('customers', name='Ada', credit='1.50', extra={'b': [1], 'a': None})
    with shop.recording() as happened:
        same = shop.change('customers', ada.id, credit=1.5, extra={'a': None, 'b': [1]}, since='')
    assert (same.version, happened) == (1, [])


@pytest.mark.parametrize(('before', 'after'), [({'a': 1}, {'a': True}), ([0], [False]), (1, True)])
def test_json_values_that_python_calls_equal_are_a_change_all_the_same(
    lasting_shop: Shop, before: Any, after: Any
) -> None:
    ada = lasting_shop.create('customers', name='Ada', extra=before)
    lasting_shop.change('customers', ada.id, extra=after)
    assert codec.encode(lasting_shop.shown('customers', ada.id)['extra']) == codec.encode(after)


def test_a_replaced_record_keeps_nothing_that_was_not_sent(shop: Shop) -> None:
    ada = shop.create('customers', name='Ada', email='a@b.c', active=True)
    replaced = shop.replace('customers', ada.id, name='Ada')
    assert [replaced.values[name] for name in ('name', 'email', 'credit', 'active')] == ['Ada', None, None, None]
    assert replaced.values['created_at'] == ada.values['created_at']
    with pytest.raises(Invalid, match='name is required'):
        shop.replace('customers', ada.id, email='a@b.c')


def test_a_key_never_changes(shop: Shop) -> None:
    shop.create('orders', number='A')
    with shop.recording() as happened, pytest.raises(Invalid, match='number is part of the key, which never changes'):
        shop.change('orders', 'A', number='B')
    assert happened == []
    assert shop.change('orders', 'A', number='A', status='paid').version == 2


def test_a_change_based_on_an_old_version_is_stale_and_shows_the_newest(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.change('customers', 'ada', version=1, name='Ada L.')
    with shop.recording() as happened:
        with pytest.raises(Stale, match='at version 2; the change was based on version 1') as caught:
            shop.change('customers', 'ada', version=1, name='Lady Ada')
        with pytest.raises(Stale):
            shop.delete('customers', 'ada', version=1)
    assert happened == []
    assert caught.value.extra['current']['name'] == 'Ada L.'
    assert shop.delete('customers', 'ada', version=2) == 3


def test_of_two_who_change_the_same_version_at_once_one_wins(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')

    async def race() -> list[Any]:
        change = shop.data.records.change
        both = (change('customers', 'ada', {'name': name}, author(ANN), version=1) for name in ('One', 'Two'))
        return await asyncio.gather(*both, return_exceptions=True)

    answers = shop.run(race())
    assert sorted(type(answer).__name__ for answer in answers) == ['Record', 'Stale']


def test_changes_without_a_version_all_happen(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')

    async def race() -> None:
        fields = [{'name': 'A'}, {'email': 'a@b.c'}, {'credit': 1}, {'active': True}, {'since': '2026-01-01'}]
        await asyncio.gather(*(shop.data.records.change('customers', 'ada', sent, author(ANN)) for sent in fields))

    shop.run(race())
    values = shop.get('customers', 'ada').values
    assert [values[name] for name in ('name', 'email', 'credit', 'active')] == ['A', 'a@b.c', '1.00', True]
    assert [event.version for event in shop.events('customers/ada')] == [1, 2, 3, 4, 5, 6]


def test_a_deleted_record_is_gone_and_comes_back_with_id_and_history(shop: Shop) -> None:
    ada = shop.create('customers', id='ada', name='Ada', email='a@b.c')
    with shop.recording() as happened:
        assert shop.delete('customers', 'ada') == 2
        with pytest.raises(NotFound, match="There is no record 'ada' in customers"):
            shop.get('customers', 'ada')
        back = shop.restore('customers', 'ada', by=BOB)
    assert happened == ['deleted customers/ada', 'restored customers/ada']
    assert (back.id, back.version, back.owner, back.values) == ('ada', 3, 'ann', ada.values)
    assert shop.shown('customers', 'ada') == back.as_json()
    assert [event.type for event in shop.events('customers/ada')] == ['created', 'deleted', 'restored']


def test_only_what_was_deleted_can_be_restored(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    with pytest.raises(Conflict, match='The record is not deleted'):
        shop.restore('customers', 'ada')
    with pytest.raises(NotFound, match="There was never a record 'bob' in customers"):
        shop.restore('customers', 'bob')


def test_a_key_can_be_used_again_after_a_deletion_and_its_stream_goes_on(shop: Shop) -> None:
    shop.create('orders', number='A', status='paid')
    with pytest.raises(Conflict) as caught:
        shop.create('orders', number='A')
    assert caught.value.errors == {'number': 'is already used'}
    shop.delete('orders', 'A')
    again = shop.create('orders', number='A', by=BOB)
    assert (again.version, again.values['status'], again.owner) == (3, 'draft', 'bob')


def test_who_may_not_learns_why_and_nothing_is_recorded(lasting_shop: Shop) -> None:
    with lasting_shop.recording() as happened:
        with pytest.raises(NotLoggedIn, match='create needs a login'):
            lasting_shop.create('customers', by=ANONYMOUS, name='Eve')
        with pytest.raises(NotFound, match="There is no entity 'nothing'"):
            lasting_shop.create('nothing')
    assert happened == []


def test_the_owner_alone_may_do_what_is_for_owners(shop: Shop) -> None:
    shop.create('orders', number='A', by=ANN)
    with shop.recording() as happened:
        for forbidden in (shop.change, shop.delete, shop.get):
            with pytest.raises(NotFound):
                forbidden('orders', 'A', by=BOB)
    assert happened == []
    assert shop.change('orders', 'A', by=ANN, status='paid').owner == 'ann'
    assert shop.change('orders', 'A', by=ADMIN, status='draft').owner == 'ann'
    shop.delete('orders', 'A', by=ANN)
    with pytest.raises(Denied, match='This one belonged to someone else'):
        shop.restore('orders', 'A', by=BOB)
    assert shop.restore('orders', 'A', by=ADMIN).owner == 'ann'
    assert shop.get('orders', 'A', by=ANN).version == 5
