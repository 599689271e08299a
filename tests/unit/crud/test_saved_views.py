"""Saved views of lists: whose they are, and that nothing of them is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.config import WrongConfig, check
from app.errors import Conflict, Denied, NotFound, NotLoggedIn, Stale
from app.events.log import IdReused
from app.permissions import ANONYMOUS, Principal
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.saving import STATE, change, delete, listed, names, restore, save
from tests.unit.crud.shop import ADMIN, ANN, BOB, CUSTOMERS, DOCUMENTS, Shop, author


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


def test_a_deleted_view_comes_back_as_it_was(shop: Shop) -> None:
    view = change(shop, save(shop, name='One', shared=True, state=STATE), name='Two')
    with pytest.raises(Conflict, match='not deleted'):
        restore(shop, view)
    delete(shop, view)
    with pytest.raises(NotFound):
        restore(shop, view, BOB)
    back = restore(shop, view)
    assert back == view | {'version': 4}
    assert listed(shop) == [back]
    delete(shop, view)
    save(shop, name='Two')
    with pytest.raises(Conflict, match='this name'):
        restore(shop, view)
    change(shop, listed(shop)[0], name='Three')
    assert restore(shop, view, ADMIN)['mine'] is False
    with pytest.raises(NotFound):
        shop.run(shop.data.saved_views.restore('staff', view['id'], author(ANN)))


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


def test_a_table_of_views_that_differs_from_the_log_is_found(shop: Shop) -> None:
    delete(shop, save(shop, name='Gone'))
    view = change(shop, save(shop, name='One', shared=True, state=STATE), name='Two')
    assert shop.run(shop.log.database.read(shop.catalog.differences)) == []
    shop.log.database.cursor().execute("UPDATE saved_views SET name = 'Three'")
    [problem] = shop.run(shop.log.database.read(shop.catalog.differences))
    assert view['id'] in problem


def test_views_are_there_after_a_start_and_are_made_again_from_the_log(open_shop: OpenShop) -> None:
    shop = open_shop(DOCUMENTS)
    view = change(shop, save(shop, name='One', shared=True), state=STATE)
    delete(shop, save(shop, name='Gone'))
    shop = open_shop(DOCUMENTS)
    assert listed(shop) == [view]
    shop.log.database.cursor().execute('DROP TABLE saved_views')
    shop = open_shop(DOCUMENTS)
    assert listed(shop) == [view]


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
        check({'entities/views.yaml': CUSTOMERS.replace('resource: customers', 'resource: views')})
