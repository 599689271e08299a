"""What a group of events does to a read table, also when one record occurs in it several times."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.crud import table
from app.crud.table import FEW
from app.crud.values import stored_form
from app.events import Append, NewEvent, new_event
from app.events.aggregate import fold
from tests.rounds import rounds
from tests.unit.crud.changes import apply, things, values, whole
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import Shop


def event(type_: str, record_id: str, **data: Any) -> NewEvent:
    """An event of an order."""
    return new_event(f'orders/{record_id}', type_, data, {'actor': 'ann'})


def put(shop: Shop, *events: NewEvent) -> None:
    """Append all of them in one commit."""
    shop.run(shop.log.append(Append(events=events)))


def changed(record_id: str, **values: Any) -> NewEvent:
    """A change to these values."""
    return event('changed', record_id, **{name: {'from': None, 'to': value} for name, value in values.items()})


def test_a_record_may_live_and_die_within_one_commit(shop: Shop) -> None:
    put(shop, event('created', 'A', number='A'), changed('A', status='paid'), event('deleted', 'A'))
    assert shop.ids('orders') == []
    put(
        shop,
        event('created', 'A', number='A'),
        event('deleted', 'A'),
        event('created', 'A', number='A', status='draft'),
    )
    record = shop.get('orders', 'A')
    assert (record.version, record.values['status']) == (6, 'draft')
    put(shop, event('deleted', 'A'), event('restored', 'A', number='A'), changed('A', status='paid'))
    record = shop.get('orders', 'A')
    assert (record.version, record.values['status']) == (9, 'paid')


@pytest.mark.parametrize('count', [1, FEW, FEW + 1, 3 * FEW])
def test_many_changes_in_one_commit_do_what_each_alone_would(shop: Shop, count: int) -> None:
    names = [f'{number:02}' for number in range(count)]
    put(shop, *(event('created', name, number=name) for name in names))
    put(shop, *(changed(name, status='paid' if number % 2 else None) for number, name in enumerate(names)))
    put(
        shop,
        *(changed(name, customer_id=name) for name in names),
        *(changed(name, status='draft') for name in names[:1]),
    )
    records = shop.page('orders', 'sort=number&limit=100').records
    assert [record.values['customer_id'] for record in records] == names
    assert [record.values['status'] for record in records[1:]] == [
        None if n % 2 == 0 else 'paid' for n in range(1, count)
    ]
    assert [record.version for record in records] == [4] + [3] * (count - 1)


def test_fields_that_the_config_no_longer_knows_are_passed_over(shop: Shop) -> None:
    put(shop, event('created', 'A', number='A', colour='red'), changed('A', colour='blue'))
    assert shop.get('orders', 'A').values == {'number': 'A', 'customer_id': None, 'status': None}
    assert shop.get('orders', 'A').version == 2


@pytest.mark.parametrize('many', [0, 1000])
def test_many_new_records_know_the_fields_by_their_ids(open_shop: OpenShop, many: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, 'MANY', many)
        shop = open_shop(things('name: string', 'gone: string', 'kept: integer'))
        shop.bring('things', 'name,gone,kept\nA,x,1\nB,,2\n')
        apply(shop, things('kept: {type: integer}', 'title: {type: string, id: name}', 'added: date'))
        shop.bring('things', 'title,kept,added\nC,3,2026-05-03\n')
        shop.bring('things', 'name,kept\nD,4\n')
        assert values(shop, 'title') == ['A', 'B', 'C', 'D']
        assert values(shop, 'added') == [None, None, '2026-05-03', None]
        apply(shop, things('title: {type: string, id: name}', 'gone: string', 'kept: string'))
        shop.bring('things', 'title,gone,kept\nE,y,5\n')
        assert values(shop, 'gone') == ['x', None, None, None, 'y']
        assert values(shop, 'kept') == ['1', '2', '3', '4', '5']
        assert whole(shop)


CHANGES: list[dict[str, Any]] = [{'status': 'paid'}, {'customer_id': 'x'}, {'status': None}]
STEPS = st.lists(st.tuples(st.sampled_from('abc'), st.integers(0, 3), st.booleans()), min_size=1, max_size=12)


@given(STEPS)
@settings(deadline=None, max_examples=rounds(40))
def test_however_events_are_grouped_the_row_is_the_fold(lasting_shop: Shop, steps: list[tuple[str, int, bool]]) -> None:
    shop, waiting = lasting_shop, list[NewEvent]()
    alive = {name: name in shop.ids('orders', 'limit=500') for name in 'abc'}
    for name, number, commit in steps:
        if not alive[name]:
            waiting.append(
                event(['created', 'restored'][number % 2], name, number=name, status=[None, 'paid'][number // 2])
            )
            alive[name] = True
        elif number == 0:
            waiting.append(event('deleted', name))
            alive[name] = False
        else:
            waiting.append(changed(name, **CHANGES[number - 1]))
        if commit:
            put(shop, *waiting)
            waiting.clear()
    if waiting:
        put(shop, *waiting)
    assert set(shop.ids('orders', 'limit=500')) == {name for name in 'abc' if alive[name]}
    for name in (name for name in 'abc' if alive[name]):
        events = shop.events(f'orders/{name}')
        record = shop.get('orders', name)
        folded = {id_: value for id_, value in fold(events).values.items() if value is not None}
        assert (stored_form(shop.catalog.entities['orders'], record.values), record.version) == (folded, len(events))
