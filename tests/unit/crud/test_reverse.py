"""Fields of type reverse: what refers to a record, by a name of its own; shown and counted, never written."""

from __future__ import annotations

import pytest

from app.config import WrongConfig, check
from app.crud.openapi import describe
from app.errors import Invalid, Malformed
from tests.unit.crud.changes import apply, whole
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, BOB, CUSTOMERS, DOCUMENTS, STAFF, Shop
from tests.unit.crud.test_shaping import show

ORDERS_OF = CUSTOMERS.replace(
    '  active: boolean\n', '  active: boolean\n  bought: {type: reverse, references: orders}\n'
)
TEAM = STAFF.replace('  name: string\n', '  name: string\n  team: {type: reverse, references: staff, by: boss_id}\n')
CONFIG = DOCUMENTS | {'entities/customers.yaml': ORDERS_OF, 'entities/staff.yaml': TEAM}


@pytest.fixture
def trade(open_shop: OpenShop) -> Shop:
    """Ada has two orders, Bob none; a boss has a team."""
    shop = open_shop(CONFIG)
    shop.create('customers', id='ada', name='Ada')
    shop.create('customers', id='bob', name='Bob')
    for number in ('1', '2'):
        shop.create('orders', number=number, customer_id='ada')
    for name, boss in (('boss', None), ('x', 'boss'), ('y', 'boss')):
        shop.create('staff', id=name, name=name, boss_id=boss)
    return shop


def test_it_is_shown_when_asked_for(trade: Shop) -> None:
    ada, bob = show(trade, 'customers', 'expand=bought&sort=name')
    assert [order['number'] for order in ada['_expand']['bought']] == ['1', '2']
    assert bob['_expand']['bought'] == []
    [boss] = show(trade, 'staff', 'expand=team.boss_id&name=boss')
    assert [one['_expand']['boss_id']['id'] for one in boss['_expand']['team']] == ['boss', 'boss']
    assert 'bought' not in trade.shown('customers', 'ada')


def test_it_is_counted_when_asked_for_as_far_as_one_may_read(trade: Shop) -> None:
    then = trade.log.position
    trade.delete('orders', '1')
    found = show(trade, 'customers', 'count_of=bought&sort=name&fields=name')
    assert [(one['name'], one['_count']) for one in found] == [('Ada', {'bought': 1}), ('Bob', {'bought': 0})]
    assert show(trade, 'customers', f'count_of=bought&sort=name&as_of={then}')[0]['_count'] == {'bought': 2}
    assert show(trade, 'customers', 'count_of=bought&sort=name', BOB)[0]['_count'] == {'bought': 0}
    assert show(trade, 'customers', 'count_of=orders&sort=name')[0]['_count'] == {'orders': 1}
    with pytest.raises(Malformed, match="'customer_id' is one record"):
        show(trade, 'orders', 'count_of=customer_id')


def test_it_is_neither_stored_nor_written(trade: Shop) -> None:
    with trade.recording() as happened, pytest.raises(Invalid) as refused:
        trade.change('customers', 'ada', bought=[])
    assert (refused.value.errors, happened) == (
        {'bought': 'is what of orders refers to the record; change it there'},
        [],
    )
    assert 'bought' not in trade.catalog.tables['customers'].columns
    apply(trade, DOCUMENTS)
    apply(trade, CONFIG)
    assert whole(trade)


def test_it_is_described(trade: Shop) -> None:
    schema = describe(trade.catalog.entities, ADMIN)['components']['schemas']['customers']
    assert 'bought' not in schema['properties']
    bought = schema['properties']['_expand']['properties']['bought']
    assert (bought['items'], bought['readOnly']) == ({'$ref': '#/components/schemas/orders'}, True)


@pytest.mark.parametrize(
    ('field', 'message'),
    [
        ('{type: reverse, references: order}', "there is no entity 'order', did you mean 'orders'?"),
        ('{type: reverse, references: lines}', 'none of its fields is a foreign key to customers'),
        ('{type: reverse, references: orders, by: status}', 'by: must be one of customer_id'),
        ('{type: reverse, references: orders, required: true}', 'a reverse field has no required'),
        ('{type: reverse}', 'fields.bought.references: Field required'),
    ],
)
def test_one_that_leads_nowhere_is_a_mistake(field: str, message: str) -> None:
    text = ORDERS_OF.replace('{type: reverse, references: orders}', field)
    with pytest.raises(WrongConfig) as refused:
        check(DOCUMENTS | {'entities/customers.yaml': text})
    assert message in str(refused.value)
