"""Answers to many changes say which records were written, the first time as when they are asked for again."""

from __future__ import annotations

from typing import Any

import pytest

from app.crud import repeated, written
from app.crud.operations import Operation, perform
from tests.unit.crud.shop import ANN, Shop, author


def do(shop: Shop, *operations: Operation, key: str = '') -> dict[str, Any]:
    return shop.run(perform(shop.data.records, operations, author(ANN, key, repr(operations))))


def test_every_record_is_named_in_the_order_of_its_event(shop: Shop) -> None:
    shop.create('customers', id='old', name='Old')
    asked = (
        Operation('update', 'customers', 'old', {'name': 'New'}),
        Operation('create', 'customers', values={'name': 'Ada'}),
        Operation('create', 'orders', values={'number': '1', 'customer_id': 'old'}),
    )
    with shop.recording() as happened:
        said = do(shop, *asked, key='k')
        assert do(shop, *asked, key='k') == said
    assert happened == [f'{one["type"]} {one["entity"]}/{one["id"]}' for one in said['changes']]
    assert [(one['type'], one['version']) for one in said['changes']] == [
        ('changed', 2), ('created', 1), ('created', 1),
    ]  # fmt: skip
    assert shop.get('customers', said['changes'][1]['id']).values['name'] == 'Ada'


def test_what_a_deletion_entails_is_counted_but_not_named(deals: Shop) -> None:
    deals.create('deals', id='d')
    deals.create('notes', id='n', deal='d')
    said = do(deals, Operation('delete', 'deals', 'd'), key='k')
    assert (said['count'], said['changes']) == (2, [{'entity': 'deals', 'id': 'd', 'type': 'deleted', 'version': 2}])
    assert do(deals, Operation('delete', 'deals', 'd'), key='k') == said


def test_of_very_many_the_first_are_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(written.MOST) in repeated.WRITTEN
    monkeypatch.setattr(written, 'MOST', 2)
    said = do(shop, *(Operation('create', 'customers', values={'id': f'c{n}', 'name': 'C'}) for n in range(3)))
    assert (said['count'], [one['id'] for one in said['changes']]) == (3, ['c0', 'c1'])
