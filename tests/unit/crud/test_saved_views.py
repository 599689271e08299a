"""Saved views of lists: whose they are, what they may say, and that nothing of them is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.config import WrongConfig, check
from app.errors import Conflict, Denied, Invalid, NotFound, NotLoggedIn, Stale, TooLarge
from app.events.log import IdReused
from app.permissions import ANONYMOUS, Principal
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, BOB, CUSTOMERS, DOCUMENTS, SELLER, Shop, author

PEOPLE = """
resource: people
fields:
  name: {type: string, searchable: true}
  salary: {type: decimal, permissions: {read: [sales]}}
permissions: {create: authenticated, read: authenticated, update: authenticated, delete: authenticated}
"""
STATE = {
    'columns': [{'name': 'name', 'width': 180, 'pin': 'left'}, {'name': 'email', 'hidden': True}],
    'filter': "credit > 1000 AND name <> 'x'",
    'search': 'ltd',
    'sort': '-credit,name',
    'parameters': {'since[gte]': '2026-01-01'},
    'density': 'compact',
    'totals': {'credit': 'sum'},
}


def save(shop: Shop, by: Principal = ANN, entity: str = 'customers', key: str = '', **sent: Any) -> dict[str, Any]:
    return shop.run(shop.data.saved_views.create(entity, sent, author(by, key, sent)))


def change(shop: Shop, view: dict[str, Any], by: Principal = ANN, version: int | None = None, **sent: Any) -> Any:
    return shop.run(shop.data.saved_views.change('customers', view['id'], sent, author(by), version))


def delete(shop: Shop, view: dict[str, Any], by: Principal = ANN, version: int | None = None) -> None:
    shop.run(shop.data.saved_views.delete('customers', view['id'], author(by), version))


def listed(shop: Shop, by: Principal = ANN, entity: str = 'customers') -> list[dict[str, Any]]:
    return shop.run(shop.data.saved_views.visible(entity, by))


def names(shop: Shop, by: Principal = ANN, entity: str = 'customers') -> list[str]:
    return [view['name'] for view in listed(shop, by, entity)]


def test_a_view_is_kept_as_it_was_saved(shop: Shop) -> None:
    with shop.recording() as happened:
        view = save(shop, name='Big ones', state=STATE)
    assert happened == [f'created views/{view["id"]}']
    assert view == {
        'id': view['id'], 'name': 'Big ones', 'shared': False, 'mine': True, 'version': 1, 'state': STATE,
        'problems': [],
    }  # fmt: skip
    assert listed(shop) == [view]


def test_others_see_what_is_shared_and_nothing_else(shop: Shop) -> None:
    save(shop, name='b mine')
    save(shop, name='A shared', shared=True)
    assert names(shop) == ['A shared', 'b mine']
    assert names(shop, BOB) == ['A shared']
    assert [view['mine'] for view in listed(shop, BOB)] == [False]
    assert names(shop, BOB, 'staff') == []


def test_a_change_tells_only_what_is_new(shop: Shop) -> None:
    view = save(shop, name='One', state={'search': 'a'})
    with shop.recording() as happened:
        changed = change(shop, view, name='Two', shared=False)
        assert change(shop, view, name='Two') == changed
    assert happened == [f'changed views/{view["id"]}']
    assert shop.events()[-1].data == '{"name":{"from":"One","to":"Two"}}'
    assert (changed['name'], changed['version'], changed['state']) == ('Two', 2, {'search': 'a'})


def test_a_deleted_view_leaves_its_history_and_its_name(shop: Shop) -> None:
    view = save(shop, name='One')
    delete(shop, view)
    assert listed(shop) == []
    assert [event.type for event in shop.events(f'views/{view["id"]}')] == ['created', 'deleted']
    assert save(shop, name='One')['id'] != view['id']
    with pytest.raises(NotFound):
        change(shop, view, name='Two')


def test_only_its_owner_and_admins_change_a_view(shop: Shop) -> None:
    mine, shared = save(shop, name='Mine'), save(shop, name='Shared', shared=True)
    with pytest.raises(NotFound):
        change(shop, mine, BOB, name='x')
    for attempt in (lambda: change(shop, shared, BOB, name='x'), lambda: delete(shop, shared, BOB)):
        with pytest.raises(Denied, match='somebody else'):
            attempt()
    assert change(shop, shared, ADMIN, name='By an admin')['mine'] is False
    assert names(shop) == ['By an admin', 'Mine']
    delete(shop, mine, ADMIN)
    assert names(shop) == ['By an admin']


def test_a_change_based_on_another_version_is_refused(shop: Shop) -> None:
    view = save(shop, name='One')
    change(shop, view, name='Two', version=1)
    with pytest.raises(Stale) as stale:
        change(shop, view, name='Three', version=1)
    assert stale.value.extra['current']['name'] == 'Two'
    with pytest.raises(Stale):
        delete(shop, view, version=1)
    assert names(shop) == ['Two']


def test_a_name_stands_once_among_ones_own(shop: Shop) -> None:
    first, second = save(shop, name='One'), save(shop, name='Two')
    for attempt in (lambda: save(shop, name=' one '), lambda: change(shop, second, name='ONE')):
        with pytest.raises(Conflict) as taken:
            attempt()
        assert taken.value.errors == {'name': 'is the name of another view'}
    assert save(shop, BOB, name='One')['name'] == 'One'
    change(shop, first, name='Three')
    assert change(shop, second, name='One')['name'] == 'One'


def test_the_same_request_saves_one_view(shop: Shop) -> None:
    first = save(shop, key='k', name='One')
    assert save(shop, key='k', name='One') == first
    with pytest.raises(IdReused):
        save(shop, key='k', name='Two')
    assert names(shop) == ['One']


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


def test_views_are_there_after_a_start_and_are_made_again_from_the_log(open_shop: OpenShop) -> None:
    shop = open_shop(DOCUMENTS)
    view = change(shop, save(shop, name='One', shared=True), state=STATE)
    delete(shop, save(shop, name='Gone'))
    shop = open_shop(DOCUMENTS)
    assert listed(shop) == [view]
    shop.log.database.cursor().execute('DROP TABLE saved_views')
    shop = open_shop(DOCUMENTS)
    assert listed(shop) == [view]


def test_a_shared_view_tells_nobody_of_fields_hidden_from_him(open_shop: OpenShop) -> None:
    shop = open_shop({'entities/people.yaml': PEOPLE})
    state = {
        'columns': [{'name': 'name'}, {'name': 'salary'}],
        'sort': '-salary,name',
        'parameters': {'salary[gte]': '1', 'name': 'x'},
        'totals': {'salary': 'sum'},
    }
    save(shop, SELLER, 'people', name='Rich', shared=True, state=state)
    save(shop, SELLER, 'people', name='Richer', shared=True, state={'filter': 'salary > 9000'})
    [seen] = listed(shop, ANN, 'people')
    assert seen['state'] == {
        'columns': [{'name': 'name'}], 'sort': 'name', 'parameters': {'name': 'x'}, 'totals': {}
    }  # fmt: skip
    assert names(shop, BOB, 'people') == ['Rich']
    assert names(shop, SELLER, 'people') == ['Rich', 'Richer']
    with pytest.raises(Invalid, match='salary'):
        save(shop, ANN, 'people', name='x', state={'filter': 'salary > 1'})


READS: list[Callable[[Shop, Principal], object]] = [
    lambda shop, who: listed(shop, who, 'orders'),
    lambda shop, who: save(shop, who, 'orders', name='x'),
]


@pytest.mark.parametrize('attempt', READS)
def test_who_may_not_read_the_entity_has_no_views_of_it(
    shop: Shop, attempt: Callable[[Shop, Principal], object]
) -> None:
    with pytest.raises(NotLoggedIn):
        attempt(shop, ANONYMOUS)
    limited = Principal(id='key', name='key', roles=frozenset({'sales'}), scopes=frozenset({'customers:read'}))
    with pytest.raises(Denied):
        attempt(shop, limited)


def test_views_is_no_name_for_an_entity() -> None:
    with pytest.raises(WrongConfig, match='not a free name'):
        check({'entities/views.yaml': PEOPLE.replace('resource: people', 'resource: views')})
