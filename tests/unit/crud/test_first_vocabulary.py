"""Entities written in the words of the first version work unchanged, but for `hooks` and `database`."""

from __future__ import annotations

import pytest

from app.config import WrongConfig, check
from app.errors import Denied, Invalid
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, BOB

CUSTOMERS = """
resource: customers
fields:
  id: {type: primary_key}
  name: {type: string, required: true, searchable: true, max_length: 100}
  email: {type: email, unique: true, searchable: true, required: true}
  phone: {type: string, max_length: 20}
  credit_limit: {type: decimal, min: 0, max: 100000, default: 1000}
  status: {type: select, options: [active, inactive, pending], default: active}
  created_at: {type: timestamp, auto_now_add: true}
  updated_at: {type: timestamp, auto_now: true}
interface:
  list_display: [name, email, status, credit_limit, created_at]
  search_fields: [name, email]
  filters: [status, created_at]
  actions: [export_csv, bulk_delete]
  per_page: 25
permissions: {create: public, read: public, update: owner_or_admin, delete: admin_only}
api:
  base_path: /api/customers
  enable_bulk: true
  enable_export: true
"""


def test_such_customers_are_created_read_and_changed(open_shop: OpenShop) -> None:
    shop = open_shop({'entities/customers.yaml': CUSTOMERS})
    dan = shop.create('customers', by=ANN, name='Dan', email='dan@example.com', phone='555')
    assert (dan.values['credit_limit'], dan.values['status']) == ('1000.00', 'active')
    assert dan.values['created_at'] == dan.values['updated_at']
    shop.change('customers', dan.id, by=ANN, status='pending')
    with pytest.raises(Denied):
        shop.change('customers', dan.id, by=BOB, status='active')
    with pytest.raises(Denied):
        shop.delete('customers', dan.id, by=ANN)
    with pytest.raises(Invalid) as refused:
        shop.create('customers', email='x', phone='5' * 21, credit_limit=-1, status='gone')
    assert set(refused.value.errors) == {'name', 'email', 'phone', 'credit_limit', 'status'}
    assert shop.ids('customers', 'search=DAN&status=pending') == [dan.id]
    shop.delete('customers', dan.id, by=ADMIN)
    assert shop.ids('customers') == []


@pytest.mark.parametrize(
    ('more', 'message'),
    [
        ('hooks:\n  before_create: validate', 'until then use check and default_expression of fields'),
        ('database: customers.db', 'all entities are in one database, whose folder the option --data names'),
    ],
)
def test_what_works_otherwise_is_refused_with_what_to_use_instead(more: str, message: str) -> None:
    with pytest.raises(WrongConfig) as refused:
        check({'entities/customers.yaml': CUSTOMERS + more})
    assert message in str(refused.value)


def test_another_address_than_the_one_there_is_is_refused() -> None:
    with pytest.raises(WrongConfig, match=r'api\.base_path: is always /api/customers'):
        check({'entities/customers.yaml': CUSTOMERS.replace('/api/customers', '/customers')})
