"""Pages put together from memory are those that the database gives, or there are none.

`Shop.page` compares the two for every list that any test asks for.
"""

from __future__ import annotations

import asyncio

import pytest

from app import codec
from app.crud import memory as memory_module
from app.crud.memory import Kept
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, DOCUMENTS, SELLER, Shop


async def at_hand(shop: Shop, entity: str, query: list[tuple[str, str]]) -> list[str] | None:
    """The ids of a page at hand, once memory has had the time to hold all records that it has room for."""
    while not (shop.data.views.holds_all(entity) or shop.data.views.memory.full):
        shop.data.views.warm_up(entity)
        await asyncio.sleep(0)
    content = await shop.data.at_hand.page(entity, query, ADMIN)
    return None if content is None else [record['id'] for record in codec.decode(content)['records']]


def settle(shop: Shop) -> Shop:
    for number in range(4):
        shop.create('customers', id=f'c{number}', name=f'N{number}')
    return shop


def test_a_page_comes_from_memory_once_all_records_are_there(shop: Shop) -> None:
    settle(shop)
    assert shop.run(shop.data.at_hand.page('customers', [], ADMIN)) is None
    assert shop.run(at_hand(shop, 'customers', [('sort', '-name'), ('limit', '2')])) == ['c3', 'c2']


def test_a_record_that_left_memory_by_a_change_is_fetched_again(shop: Shop) -> None:
    settle(shop)
    assert shop.run(at_hand(shop, 'customers', []))
    shop.change('customers', 'c1', name='Other')
    shop.data.views.memory.note([shop.events('customers/c1')[-1]._replace(version=2)])
    assert not shop.data.views.kept('customers', 'c1')
    assert [record.values['name'] for record in shop.page('customers', 'sort=id').records] == [
        'N0',
        'Other',
        'N2',
        'N3',
    ]
    assert shop.data.views.kept('customers', 'c1')


def test_a_record_that_changes_while_the_page_is_put_together_sends_it_back_to_the_database(shop: Shop) -> None:
    settle(shop)
    assert shop.run(at_hand(shop, 'customers', [('name', 'N1')])) == ['c1']
    shop.data.views.memory.put('customers/c1', Kept(2, 'ann', b'{"name": "meanwhile"}'))
    assert shop.run(at_hand(shop, 'customers', [('name', 'N1')])) is None


def test_what_is_hidden_and_what_is_past_is_left_to_the_database(open_shop: OpenShop) -> None:
    secret = DOCUMENTS['entities/customers.yaml'].replace(
        'since: date', 'since: {type: date, permissions: {read: admin}}'
    )
    shop = settle(open_shop(DOCUMENTS | {'entities/customers.yaml': secret}))
    assert shop.run(at_hand(shop, 'customers', [])) == ['c3', 'c2', 'c1', 'c0']
    assert shop.run(at_hand(shop, 'customers', [('as_of', '5')])) is None
    assert shop.run(shop.data.at_hand.page('customers', [], ANN)) is None


def test_labels_stand_beside_the_records(shop: Shop) -> None:
    settle(shop)
    shop.create('orders', number='A', customer_id='c1')
    assert shop.page('orders', 'labels=true').labels == {'customers': {'c1': 'N1'}}
    assert shop.page('orders', 'labels=true', SELLER).labels == {'customers': {'c1': 'N1'}}


def test_memory_without_room_for_all_gives_no_pages(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(shop)
    assert shop.run(at_hand(shop, 'customers', [])) == ['c3', 'c2', 'c1', 'c0']
    monkeypatch.setattr(memory_module, 'RECORDS', 3)
    shop.create('customers', name='N4')
    assert not shop.data.views.holds_all('customers')
    assert shop.run(at_hand(shop, 'customers', [])) is None
    assert len(shop.ids('customers')) == 5


def test_records_that_many_changes_at_once_drove_out_come_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(shop)
    assert shop.run(at_hand(shop, 'customers', []))
    monkeypatch.setattr(memory_module, 'MANY', 1)
    shop.bring('customers', 'name\nN4\nN5\n')
    assert not shop.data.views.holds_all('customers')
    assert len(shop.run(at_hand(shop, 'customers', [])) or []) == 6
