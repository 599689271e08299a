"""Filters and sums that follow foreign keys see of other entities what whoever asks may read of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import codec
from app.errors import Malformed
from app.permissions import Principal
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, Shop, author

REGIONS = """
resource: regions
fields: {keeper: string}
permissions: {read: admin}
"""
CUSTOMERS = """
resource: customers
fields:
  name: string
  status: {type: string, permissions: {read: authenticated}}
  secret: {type: string, permissions: {read: boss}}
  region_id: {type: foreign_key, references: regions}
  partner_id: {type: foreign_key, references: customers}
permissions: {read: [owner, {expression: "name = @user.name OR region.keeper = @user.name"}], update: admin}
"""
ORDERS = """
resource: orders
fields:
  customer_id: {type: foreign_key, references: customers}
permissions: {read: {expression: "customer.status <> 'gone'"}}
"""
IT = Principal(id="o'hara", name="it's")


@pytest.fixture
def trade(open_shop: OpenShop) -> Shop:
    """Three customers, who may read of each other what the rule says, and an order of each."""
    documents = {'regions': REGIONS, 'customers': CUSTOMERS, 'orders': ORDERS}
    shop = open_shop({f'entities/{name}.yaml': text for name, text in documents.items()})
    shop.create('regions', id='r', keeper='ann', by=ADMIN)
    for id_, name, region in (('a', 'ann', None), ('b', "it's", None), ('c', 'carl', 'r')):
        shop.create('customers', id=id_, name=name, status=f'is {id_}', secret='x', region_id=region, by=ADMIN)
        shop.create('orders', id=id_, customer_id=id_, by=ADMIN)
    shop.change('customers', 'a', partner_id='b', by=ADMIN)
    return shop


def test_what_may_not_be_read_is_like_nothing(trade: Shop) -> None:
    def found(text: str, by: Principal) -> set[str]:
        return set(trade.ids('orders', f'filter={text}', by=by))

    given = "customer.status >= 'is'"
    assert (found(given, ADMIN), found(given, ANN), found(given, IT)) == ({'a', 'b', 'c'}, {'a', 'c'}, {'b'})
    assert found('customer.status IS NULL', ANN) == {'b'}
    assert found("customer.partner.name = 'it''s'", ADMIN) == {'a'}
    assert found("customer.partner.name = 'it''s'", ANN) == set(), 'whose partner she may not read'
    trade.change('customers', 'b', status='gone', by=ADMIN)
    assert found('customer.status IS NULL', ANN) == set(), 'the rule itself looks at all'
    trade.change('regions', 'r', keeper='it', by=ADMIN)
    assert found(given, ANN) == {'a'}
    assert set(trade.ids('orders', f'filter={given}&as_of={trade.log.position - 1}', by=ANN)) == {'a', 'c'}


def test_sums_put_it_with_what_has_no_value(trade: Shop) -> None:
    parameters = [('group_by', 'customer.name'), ('count', '*'), ('filter', "customer.name <> 'x' OR id > ''")]
    groups = trade.run(trade.data.aggregates.groups('orders', parameters, ANN))['groups']
    assert [(one['group']['customer.name'], one['count']) for one in groups] == [('ann', 1), ('carl', 1), (None, 1)]


def test_what_is_hidden_or_closed_cannot_be_asked_for(trade: Shop) -> None:
    with pytest.raises(Malformed, match="there is no field 'secret'"):
        trade.ids('orders', "filter=customer.secret = 'x'", by=ANN)
    with pytest.raises(Malformed, match='You may not read regions'):
        trade.ids('orders', "filter=customer.region.keeper = 'ann'", by=ANN)


def test_a_view_follows_what_decides_what_may_be_read_elsewhere(trade: Shop) -> None:
    async def story() -> list[Any]:
        watching = trade.data.watching.watch('orders', "customer.name > ''", None, ANN)
        first = codec.decode(await anext(watching))
        coming = asyncio.ensure_future(anext(watching))
        await trade.data.records.change('regions', 'r', {'keeper': 'it'}, author(ADMIN))
        return [{one['id'] for one in first['records']}, codec.decode(await coming)]

    inside, told = trade.run(story())
    assert (inside, told['type'], told['id']) == ({'a', 'c'}, 'leave', 'c')


def test_a_view_follows_a_record_that_others_of_its_entity_lead_to(trade: Shop) -> None:
    async def story() -> list[Any]:
        watching = trade.data.watching.watch('customers', "partner.status = 'new'", None, ADMIN)
        assert codec.decode(await anext(watching))['records'] == []
        coming = asyncio.ensure_future(anext(watching))
        await trade.data.records.change('customers', 'b', {'status': 'new'}, author(ADMIN))
        told = codec.decode(await coming)
        return [told['type'], told['id']]

    assert trade.run(story()) == ['enter', 'a']
