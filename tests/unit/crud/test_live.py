"""Changes as clients hear of them, by polling or as they happen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import codec
from app.errors import NotLoggedIn
from app.permissions import ANONYMOUS, Principal
from tests.unit.crud.changes import things
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, BOB, CUSTOMERS, DOCUMENTS, Shop, author


def since(shop: Shop, entity: str, after: int = 0, limit: int = 100, by: Principal = ADMIN) -> dict[str, Any]:
    """What the API answers."""
    answer: dict[str, Any] = codec.decode(codec.encode(shop.run(shop.data.changes.since(entity, after, limit, by))))
    return answer


def test_each_change_says_what_the_values_are_now(shop: Shop) -> None:
    shop.create('orders', number='A', status='paid')
    shop.change('orders', 'A', status='draft')
    shop.delete('orders', 'A', by=ANN)
    shop.restore('orders', 'A')
    changes = since(shop, 'orders')['changes']
    assert [(change['type'], change['id'], change['version']) for change in changes] == [
        ('created', 'A', 1),
        ('changed', 'A', 2),
        ('deleted', 'A', 3),
        ('restored', 'A', 4),
    ]
    whole = {'number': 'A', 'customer_id': None, 'status': 'paid'}
    assert [change['values'] for change in changes] == [whole, {'status': 'draft'}, {}, whole | {'status': 'draft'}]
    assert {change['actor'] for change in changes} == {'ann'}
    assert [change['position'] for change in changes] == [event.position for event in shop.events('orders/A')]


def test_a_change_tells_the_computed_values_that_it_alters(open_shop: OpenShop) -> None:
    fields = ('net: {type: decimal, scale: 2}', 'rate: integer', 'note: string')
    computed = 'gross: {type: computed, expression: net * rate}', 'shout: {type: computed, expression: upper(note)}'
    hidden = 'cost: {type: integer, permissions: {read: admin}}', 'double: {type: computed, expression: cost * 2}'
    shop = open_shop(things(*fields, *computed, *hidden))
    record = shop.create('things', by=ADMIN, net='1.50', rate=2, note='a', cost=4)
    for changed in ({'rate': 3}, {'note': 'b'}, {'cost': 5}, {'net': None}):
        shop.change('things', record.id, by=ADMIN, **changed)
    shop.delete('things', record.id)
    created, *changes = [change['values'] for change in since(shop, 'things')['changes']]
    assert (created['gross'], created['shout'], created['double']) == ('3.00', 'A', '8')
    assert changes == [
        {'rate': 3, 'gross': '4.50'},
        {'note': 'b', 'shout': 'B'},
        {'cost': 5, 'double': '10'},
        {'net': None, 'gross': None},
        {},
    ]
    assert [change['values'] for change in since(shop, 'things', by=BOB)['changes']][1:4] == [
        changes[0],
        changes[1],
        {},
    ]


def test_polling_goes_on_where_it_ended_and_misses_nothing(shop: Shop) -> None:
    for number in range(5):
        shop.create('orders', number=str(number))
        shop.create('customers', name=str(number))
    seen, after = list[str](), 0
    for _ in range(4):
        answer = since(shop, 'orders', after, limit=2)
        after = answer['position']
        seen += [change['id'] for change in answer['changes']]
    assert (seen, after) == (['0', '1', '2', '3', '4'], len(shop.events()))
    assert since(shop, 'orders', after) == {'changes': [], 'position': after}
    told = since(shop, 'orders', after + 99)
    assert ([one['type'] for one in told['changes']], told['position']) == (['reload'], after)


def test_owners_hear_of_their_own_records_whoever_changes_them(shop: Shop) -> None:
    shop.create('orders', number='A', by=ANN)
    shop.create('orders', number='B', by=BOB)
    shop.change('orders', 'A', by=ADMIN, status='paid')
    shop.delete('orders', 'A', by=ADMIN)
    heard = [(change['type'], change['id']) for change in since(shop, 'orders', by=ANN)['changes']]
    assert heard == [('created', 'A'), ('changed', 'A'), ('deleted', 'A')]
    with pytest.raises(NotLoggedIn):
        since(shop, 'orders', by=ANONYMOUS)


def test_a_renamed_field_is_called_by_its_new_name_at_once(shop: Shop) -> None:
    shop.create('customers', name='Ada')
    assert since(shop, 'customers')['changes'][0]['values']['name'] == 'Ada'
    renamed = CUSTOMERS.replace('  name: {', '  title: {id: name, ')
    shop.configure(DOCUMENTS | {'entities/customers.yaml': renamed})
    values = since(shop, 'customers')['changes'][0]['values']
    assert ('name' in values, values['title']) == (False, 'Ada')


def test_who_follows_hears_first_where_it_starts_then_each_change(shop: Shop) -> None:
    shop.create('orders', number='A')

    async def listen() -> list[dict[str, Any]]:
        start = (await shop.log.head()).position
        following = shop.data.changes.follow('orders', start - 1, ANN)
        heard = [codec.decode(await anext(following)), codec.decode(await anext(following))]
        coming = asyncio.ensure_future(anext(following))
        await shop.data.records.create('customers', {'name': 'Ada'}, author(ANN))
        await shop.data.records.change('orders', 'A', {'status': 'paid'}, author(ANN))
        heard.append(codec.decode(await coming))
        await following.aclose()  # type: ignore[attr-defined]
        return heard

    hello, first, second = shop.run(listen())
    assert hello == {'type': 'connected', 'position': first['position'] - 1}
    assert (first['type'], second['type'], second['values']) == ('created', 'changed', {'status': 'paid'})
