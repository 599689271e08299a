"""What a saved view may say of a list, and what becomes of it when fields go or are hidden."""

from __future__ import annotations

from typing import Any

import pytest

from app.crud.saved_views import NO_SORT
from app.errors import Invalid, TooLarge
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.saving import STATE, listed, names, save
from tests.unit.crud.shop import ANN, BOB, CUSTOMERS, DOCUMENTS, SELLER, Shop

PEOPLE = """
resource: people
fields:
  name: {type: string, searchable: true}
  salary: {type: decimal, permissions: {read: [sales]}}
  boss_id: {type: foreign_key, references: people}
permissions: {create: authenticated, read: authenticated, update: authenticated, delete: authenticated}
"""


@pytest.mark.parametrize(
    ('sent', 'place'),
    [
        ({}, 'name'),
        ({'name': ''}, 'name'),
        ({'name': '   '}, 'name'),
        ({'name': 'x' * 81}, 'name'),
        ({'name': 'a\nb'}, 'name'),
        ({'name': 7}, 'name'),
        ({'name': 'x', 'owner': 'bob'}, 'owner'),
        ({'name': 'x', 'shared': 'yes'}, 'shared'),
        ({'name': 'x', 'state': {'colour': 'red'}}, 'state.colour'),
        ({'name': 'x', 'state': {'density': 'airy'}}, 'state.density'),
        ({'name': 'x', 'state': {'columns': [{'width': 5}]}}, 'state.columns.0.name'),
        ({'name': 'x', 'state': {'columns': [{'name': 'a', 'width': 5}]}}, 'state.columns.0.width'),
        ({'name': 'x', 'state': {'columns': [{'name': 'a', 'pin': 'top'}]}}, 'state.columns.0.pin'),
        ({'name': 'x', 'state': {'totals': {'credit': 'median'}}}, 'state.totals.credit'),
        ({'name': 'x', 'state': {'parameters': {'limit': '1'}}}, 'state.parameters'),
        ({'name': 'x', 'state': {'parameters': {'a b': '1'}}}, 'state.parameters'),
        ({'name': 'x', 'state': {'filter': 'credit >'}}, 'state.filter'),
        ({'name': 'x', 'state': {'sort': ','.join(['name'] * 21)}}, 'state.sort'),
        ({'name': 'x', 'state': {'filter': 'nothing = 1'}}, 'state.filter'),
        ({'name': 'x', 'state': {'filter': 'credit + 1'}}, 'state.filter'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(shop: Shop, sent: dict[str, Any], place: str) -> None:
    with shop.recording() as happened, pytest.raises(Invalid) as wrong:
        save(shop, **sent)
    assert place in wrong.value.errors
    assert happened == []


def test_a_state_has_a_limit(shop: Shop) -> None:
    save(shop, name='x', state={'search': 'ö' * 9_000})
    with pytest.raises(TooLarge, match='20,000'):
        save(shop, name='y', state={'search': 'ö' * 10_001})


def test_a_removed_field_is_kept_and_reported_until_it_is_back(open_shop: OpenShop) -> None:
    shop = open_shop(DOCUMENTS)
    view = save(shop, name='x', state=STATE)
    fewer = CUSTOMERS.replace('  credit: {type: decimal, precision: 12, scale: 2, default: 5}\n', '')
    shop.configure({**DOCUMENTS, 'entities/customers.yaml': fewer})
    [seen] = listed(shop)
    assert seen['state'] == STATE
    assert seen['problems'][:2] == ["sort: there is no field 'credit'", "totals: there is no field 'credit'"]
    assert seen['problems'][2].startswith('filter: ')
    shop.configure(DOCUMENTS)
    assert listed(shop) == [view]


def test_a_path_that_leads_nowhere_any_more_is_left_out_and_reported(open_shop: OpenShop) -> None:
    shop = open_shop({'entities/people.yaml': PEOPLE})
    save(shop, SELLER, 'people', name='x', state={'sort': 'boss_id.name,name'})
    shop.configure({'entities/people.yaml': PEOPLE.replace('name: {type: string', 'title: {type: string')})
    [seen] = listed(shop, SELLER, 'people')
    assert seen['state'] == {'sort': 'name'}
    assert seen['problems'] == ["sort: there is no field 'name'", NO_SORT]


def test_what_is_wrong_with_a_sort_tells_nothing_of_what_is_hidden(open_shop: OpenShop) -> None:
    shop = open_shop({'entities/people.yaml': PEOPLE})
    for number, path in enumerate(['boss_id.salary', 'boss_id.salry', 'boss_id.nothing']):
        save(shop, ANN, 'people', name=f'{number}', state={'sort': path})
    assert [(seen['state'], seen['problems']) for seen in listed(shop, ANN, 'people')] == [
        ({'sort': ''}, [NO_SORT])
    ] * 3


def test_a_shared_view_tells_nobody_of_fields_hidden_from_him(open_shop: OpenShop) -> None:
    shop = open_shop({'entities/people.yaml': PEOPLE})
    state = {
        'columns': [{'name': 'name'}, {'name': 'salary'}],
        'sort': '-salary,name,boss_id.salary,-boss_id.name',
        'parameters': {'salary[gte]': '1', 'name': 'x'},
        'totals': {'salary': 'sum'},
    }
    save(shop, SELLER, 'people', name='Rich', shared=True, state=state)
    save(shop, SELLER, 'people', name='Richer', shared=True, state={'filter': 'salary > 9000'})
    [seen] = listed(shop, ANN, 'people')
    assert seen['state'] == {
        'columns': [{'name': 'name'}], 'sort': 'name,-boss_id.name', 'parameters': {'name': 'x'}, 'totals': {}
    }  # fmt: skip
    assert seen['problems'] == [NO_SORT]
    assert names(shop, BOB, 'people') == ['Rich']
    assert names(shop, SELLER, 'people') == ['Rich', 'Richer']
    with pytest.raises(Invalid, match='salary'):
        save(shop, ANN, 'people', name='x', state={'filter': 'salary > 1'})
