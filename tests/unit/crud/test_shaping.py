"""Some fields of a record, and with it what it leads to and what leads to it."""

from __future__ import annotations

from typing import Any

import pytest

from app.crud.shaping import parse_shape
from app.errors import Malformed
from app.permissions import Principal
from tests.unit.crud.shop import ADMIN, ANN, BOB, DOCUMENTS, SELLER, Shop


@pytest.fixture
def trade(shop: Shop) -> Shop:
    """Two customers, three orders, some lines."""
    shop.create('customers', id='ada', name='Ada', email='a@x.org')
    shop.create('customers', id='bob', name='Bob')
    for number, customer in (('1', 'ada'), ('2', 'ada'), ('3/x', None)):
        shop.create('orders', number=number, customer_id=customer)
    for line in (1, 2):
        shop.create('lines', order_id='1', line=line, text=f'tea {line}')
    return shop


def show(shop: Shop, entity: str, query: str, by: Principal = ADMIN) -> list[dict[str, Any]]:
    parameters = [(name, text) for name, _, text in (part.partition('=') for part in query.split('&'))]
    shape, rest = parse_shape(parameters)
    page = shop.run(shop.data.views.page(entity, rest, by))
    as_of = dict(rest).get('as_of', '')
    return shop.run(shop.data.shaping.show(entity, page.records, shape, by, as_of))


def test_only_the_fields_asked_for_are_shown(trade: Shop) -> None:
    assert show(trade, 'customers', 'fields=name&sort=name&limit=1') == [{'id': 'ada', 'name': 'Ada', '_version': 1}]
    with pytest.raises(Malformed, match="no field 'nme' in customers"):
        show(trade, 'customers', 'fields=nme')


def test_a_foreign_key_is_followed_by_its_name_or_without_its_ending(trade: Shop) -> None:
    for name in ('customer_id', 'customer'):
        found = show(trade, 'orders', f'expand={name}&sort=number')
        assert [one['_expand']['customer_id'] and one['_expand']['customer_id']['name'] for one in found] == [
            'Ada', 'Ada', None,
        ]  # fmt: skip


def test_what_leads_to_a_record_comes_with_it_at_any_depth(trade: Shop) -> None:
    ada, bob = show(trade, 'customers', 'expand=orders.lines&sort=name')
    first, second = ada['_expand']['orders']
    assert [line['text'] for line in first['_expand']['lines']] == ['tea 1', 'tea 2']
    assert (second['_expand']['lines'], bob['_expand']['orders']) == ([], [])
    [line, _] = show(trade, 'lines', 'expand=order.customer&sort=line')
    assert line['_expand']['order_id']['_expand']['customer_id']['email'] == 'a@x.org'


def test_what_is_expanded_is_as_it_was(trade: Shop) -> None:
    before = trade.log.position
    trade.change('customers', 'ada', name='Ida')
    trade.delete('lines', '1~1')
    then = show(trade, 'orders', f'expand=customer,lines&sort=number&limit=1&as_of={before}')[0]['_expand']
    assert (then['customer_id']['name'], len(then['lines'])) == ('Ada', 2)
    now = show(trade, 'orders', 'expand=customer,lines&sort=number&limit=1')[0]['_expand']
    assert (now['customer_id']['name'], len(now['lines'])) == ('Ida', 1)


def test_only_what_one_may_read_is_expanded(trade: Shop) -> None:
    def orders(by: Principal) -> list[int]:
        return [len(one['_expand']['orders']) for one in show(trade, 'customers', 'expand=orders&sort=id', by)]

    assert (orders(BOB), orders(SELLER), orders(ANN)) == ([0, 0], [2, 0], [2, 0])


@pytest.mark.parametrize(
    ('query', 'message'),
    [
        ('expand=nothing', "customers leads nowhere by 'nothing'; it leads by orders"),
        ('expand=name', "customers leads nowhere by 'name'"),
        ('expand=orders.lines.order.customer', 'more than 3 steps deep'),
    ],
)
def test_what_leads_nowhere_is_refused_with_what_does(trade: Shop, query: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        show(trade, 'customers', query)


def test_a_record_that_several_keys_lead_to_needs_to_be_told_which(shop: Shop) -> None:
    shop.create('staff', id='a', name='A')
    shop.create('staff', id='b', name='B', boss_id='a')
    boss = show(shop, 'staff', 'expand=staff/boss_id&sort=id')[0]
    assert [one['id'] for one in boss['_expand']['staff/boss_id']] == ['b']


def test_a_hidden_foreign_key_leads_nowhere_from_either_side(shop: Shop) -> None:
    hidden = DOCUMENTS['entities/lines.yaml'].replace(
        'required: true}', 'required: true, permissions: {read: boss}}', 1
    )
    shop.configure({**DOCUMENTS, 'entities/lines.yaml': hidden})
    shop.create('orders', number='1/a', by=ANN)
    shop.create('lines', order_id='1/a', line=1, by=ADMIN)
    assert len(show(shop, 'orders', 'expand=lines')[0]['_expand']['lines']) == 1
    assert show(shop, 'lines', 'fields=line', ANN)[0]['line'] == 1
    for entity, name in (('orders', 'lines'), ('lines', 'order')):
        with pytest.raises(Malformed, match='leads nowhere'):
            show(shop, entity, f'expand={name}', ANN)
