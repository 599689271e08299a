"""Foreign keys lead somewhere, unique values belong to one record, and what is referred to stays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.crud.record import Record
from app.errors import Conflict, Invalid, Problem
from tests.unit.crud.shop import ADMIN, ANN, SELLER, Shop, author


def test_a_unique_value_belongs_to_one_record(shop: Shop) -> None:
    shop.create('customers', name='Ada', email='a@b.c')
    bob = shop.create('customers', name='Bob', email='b@b.c')
    with shop.recording() as happened:
        with pytest.raises(Conflict, match=r"email 'a@b\.c' is already used by another record") as caught:
            shop.create('customers', name='Eve', email='A@B.C')
        with pytest.raises(Conflict):
            shop.change('customers', bob.id, email='a@b.c')
    assert happened == []
    assert caught.value.errors == {'email': "'a@b.c' is already used by another record"}


def test_many_records_may_have_no_value_where_values_are_unique(lasting_shop: Shop) -> None:
    assert {lasting_shop.create('customers', name=name).values['email'] for name in 'AB'} == {None}


def test_a_unique_value_is_free_again_once_nobody_has_it(shop: Shop) -> None:
    ada = shop.create('customers', name='Ada', email='a@b.c')
    shop.change('customers', ada.id, email='new@b.c')
    bob = shop.create('customers', name='Bob', email='a@b.c')
    shop.delete('customers', bob.id)
    shop.change('customers', ada.id, email='a@b.c')
    with shop.recording() as happened, pytest.raises(Conflict, match=r"email 'a@b\.c' is already used"):
        shop.restore('customers', bob.id)
    assert happened == []
    shop.change('customers', ada.id, email=None)
    assert shop.restore('customers', bob.id).values['email'] == 'a@b.c'


def test_of_two_who_take_a_value_at_once_one_gets_it(shop: Shop) -> None:
    async def race() -> list[Any]:
        create = shop.data.records.create
        both = (create('customers', {'name': name, 'email': 'a@b.c'}, author(ANN)) for name in 'AB')
        return await asyncio.gather(*both, return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in shop.run(race())) == ['Conflict', 'Record']


@pytest.mark.parametrize(
    ('entity', 'values', 'message'),
    [
        ('orders', {'number': 'A', 'customer_id': 'nobody'}, "customer_id there is no record 'nobody' in customers"),
        ('lines', {'order_id': 'B/1', 'line': 1}, "order_id there is no record 'B%2F1' in orders"),
        ('staff', {'line_id': 'X~1'}, "line_id there is no record 'X~1' in lines"),
    ],
)
def test_a_foreign_key_to_nowhere_is_refused(
    lasting_shop: Shop, entity: str, values: dict[str, Any], message: str
) -> None:
    with lasting_shop.recording() as happened, pytest.raises(Invalid, match=message):
        lasting_shop.create(entity, **values)
    assert happened == []


def test_a_foreign_key_cannot_be_changed_to_nowhere(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.create('orders', number='A', customer_id='ada')
    with shop.recording() as happened, pytest.raises(Invalid, match="there is no record 'bob' in customers"):
        shop.change('orders', 'A', customer_id='bob')
    assert happened == []


def test_a_reference_is_spelled_as_the_id_it_means_so_that_nothing_slips_past_a_deletion(shop: Shop) -> None:
    shop.create('orders', number='A')
    shop.create('lines', order_id='A', line=1)
    with pytest.raises(Invalid, match="there is no record '%41~1' in lines"):
        shop.create('staff', line_id='%41~1')
    shop.create('staff', line_id='A~1')
    with pytest.raises(Conflict):
        shop.delete('lines', '%41~1')


def test_what_is_referred_to_cannot_be_deleted_and_the_place_is_named(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    for number in 'AB':
        shop.create('orders', number=number, customer_id='ada')
    with shop.recording() as happened, pytest.raises(Conflict, match='2 records in Orders still refer to it') as caught:
        shop.delete('customers', 'ada')
    assert (happened, caught.value.errors) == ([], {'orders.customer_id': '2 records refer to it'})
    shop.delete('orders', 'A')
    shop.change('orders', 'B', customer_id=None)
    assert shop.delete('customers', 'ada') == 2


def test_a_record_with_a_natural_key_stays_while_it_is_referred_to_by_that_key(shop: Shop) -> None:
    shop.create('orders', number='A/1')
    shop.create('lines', order_id='A/1', line=1)
    with pytest.raises(Conflict, match=r'lines\.order_id'):
        shop.delete('orders', 'A%2F1')


def test_a_record_that_refers_to_itself_does_not_stand_in_its_own_way(shop: Shop) -> None:
    shop.create('staff', id='boss', boss_id='boss')
    shop.create('staff', id='clerk', boss_id='boss')
    with pytest.raises(Conflict, match='1 record in Staff still refers to it'):
        shop.delete('staff', 'boss')
    shop.delete('staff', 'clerk')
    assert shop.delete('staff', 'boss') == 2
    assert shop.restore('staff', 'boss').values['boss_id'] == 'boss'


def test_a_record_cannot_come_back_to_something_that_has_gone(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.create('orders', number='A', customer_id='ada')
    shop.delete('orders', 'A')
    shop.delete('customers', 'ada')
    with shop.recording() as happened, pytest.raises(Invalid, match="there is no record 'ada' in customers"):
        shop.restore('orders', 'A')
    assert happened == []


def test_nothing_is_left_hanging_when_one_deletes_what_another_is_about_to_refer_to(shop: Shop) -> None:
    async def race() -> list[Any]:
        records = shop.data.records
        return await asyncio.gather(
            *(records.create('orders', {'number': str(n), 'customer_id': 'ada'}, author(ANN)) for n in range(5)),
            records.delete('customers', 'ada', author(ANN)),
            *(records.create('orders', {'number': f'b{n}', 'customer_id': 'ada'}, author(ANN)) for n in range(5)),
            return_exceptions=True,
        )

    shop.create('customers', id='ada', name='Ada')
    answers = shop.run(race())
    assert all(isinstance(answer, Problem) or not isinstance(answer, BaseException) for answer in answers)
    hanging = 'SELECT count(*) FROM records.orders WHERE customer_id NOT IN (SELECT id FROM records.customers)'
    assert shop.query(hanging) == [(0,)]


def test_a_reference_that_comes_between_looking_and_deleting_saves_the_record(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = shop.data.views.referring

    async def look_and_be_overtaken(*asked: Any, **more: Any) -> list[Record]:
        found = await look(*asked, **more)
        monkeypatch.setattr(shop.data.views, 'referring', look)
        await shop.data.records.create('orders', {'number': 'A', 'customer_id': 'ada'}, author(ANN))
        return found

    shop.create('customers', id='ada', name='Ada')
    monkeypatch.setattr(shop.data.views, 'referring', look_and_be_overtaken)
    with shop.recording() as happened, pytest.raises(Conflict, match='1 record in Orders still refers to it'):
        shop.delete('customers', 'ada')
    assert happened == ['created orders/A']


def test_labels_say_in_words_what_a_page_points_to(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.create('orders', number='A/1', customer_id='ada')
    shop.create('lines', order_id='A/1', line=1, text='Tea')
    shop.create('staff', id='x', line_id='A%2F1~1')
    shop.create('staff', id='y', name='Y', boss_id='x')
    assert shop.page('orders', 'labels=true').labels == {'customers': {'ada': 'Ada'}}
    assert shop.page('staff', 'labels=true').labels == {'staff': {'x': 'x'}, 'lines': {'A%2F1~1': 'A/1'}}
    assert shop.page('lines', 'labels=true', by=ADMIN).labels == {'orders': {'A/1': 'A/1'}}
    assert shop.page('lines', 'labels=true', by=SELLER).labels == {'orders': {'A/1': 'A/1'}}
    assert shop.page('lines', 'labels=true', by=ANN).labels == {}  # who may read only some is told of none
    assert shop.page('orders').labels is None
