"""What has happened lately, over all entities, as far as one may read them."""

from __future__ import annotations

from typing import Any

import pytest

from app.crud import recent
from app.permissions import Principal
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, BOB, SELLER, Shop

PEOPLE = """
resource: people
fields:
  name: {type: string, permissions: {read: [sales]}}
  town: string
permissions: {create: authenticated, read: authenticated, update: authenticated, delete: authenticated}
"""


def lately(shop: Shop, by: Principal = ADMIN, limit: int = 10) -> list[dict[str, Any]]:
    answer = shop.run(shop.data.recent.newest(limit, by))
    assert answer['position'] == len(shop.events())
    changes: list[dict[str, Any]] = answer['changes']
    return changes


def told(changes: list[dict[str, Any]]) -> list[str]:
    return [f'{one["type"]} {one["entity"]}/{one["id"]} {one["label"]}' for one in changes]


def test_each_record_is_told_once_the_newest_first(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.create('staff', id='eve', name='Eve')
    shop.change('customers', 'ada', name='Ada L.', credit='7')
    assert told(lately(shop)) == ['changed customers/ada Ada L.', 'created staff/eve Eve']
    newest = lately(shop, limit=1)
    assert told(newest) == ['changed customers/ada Ada L.']
    assert {name: newest[0][name] for name in ('title', 'actor', 'source', 'position')} == {
        'title': 'Customers', 'actor': 'ann', 'source': 'rest', 'position': len(shop.events())
    }  # fmt: skip
    assert set(newest[0]['fields']) == {'name', 'credit', 'updated_at'}


def test_what_was_deleted_still_has_its_name(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.delete('customers', 'ada')
    assert told(lately(shop)) == ['deleted customers/ada Ada']


def test_nobody_is_told_of_records_he_may_not_read(shop: Shop) -> None:
    shop.create('orders', ANN, number='1')
    shop.create('orders', BOB, number='2')
    assert told(lately(shop, ANN)) == ['created orders/1 1']
    assert told(lately(shop, SELLER)) == ['created orders/2 2', 'created orders/1 1']
    limited = Principal(id='ann', name='ann', scopes=frozenset({'customers:read'}))
    assert lately(shop, limited) == []


def test_nobody_is_told_of_fields_hidden_from_him(open_shop: OpenShop) -> None:
    shop = open_shop({'entities/people.yaml': PEOPLE})
    shop.create('people', SELLER, id='eve', name='Eve', town='Ulm')
    shop.change('people', 'eve', SELLER, name='Eva', town='Bonn')
    [seen] = lately(shop, ANN)
    assert (seen['label'], seen['fields']) == ('Bonn', ['town'])
    [seen] = lately(shop, SELLER)
    assert (seen['label'], seen['fields']) == ('Eva', ['name', 'town'])


def test_what_happened_before_much_else_is_found_within_limits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.create('orders', ANN, number='1')
    for number in range(9):
        shop.create('orders', BOB, number=f'b{number}')
    monkeypatch.setattr(recent, 'PAGE', 2)
    assert told(lately(shop, ANN)) == ['created orders/1 1']
    monkeypatch.setattr(recent, 'STEPS', 2)
    assert lately(shop, ANN) == []
