"""A record's events, folded, are the record; the read table never says anything else."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.crud.values import stored_form
from app.errors import Conflict, NotFound
from app.events.aggregate import event_owner, fold
from app.identifier import new_id
from tests.rounds import rounds
from tests.unit.crud.shop import ANN, BOB, Shop

NAMES = st.text('aÖ😀', min_size=1, max_size=3)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    'credit': st.none() | st.decimals(-100, 100, places=2),
    'since': st.none() | st.dates().map(str),
    'active': st.none() | st.booleans(),
    'extra': st.none() | st.lists(st.integers(0, 2) | st.booleans() | st.just('1'), max_size=2),
}
STEPS: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    st.tuples(st.just('create'), st.fixed_dictionaries({'name': NAMES}, optional=VALUES)),
    st.tuples(st.just('change'), st.fixed_dictionaries({}, optional={'name': NAMES, **VALUES})),
    st.tuples(st.just('delete'), st.just({})),
    st.tuples(st.just('restore'), st.just({})),
)


@given(st.lists(st.tuples(STEPS, st.sampled_from([ANN, BOB])), max_size=8))
@settings(deadline=None, max_examples=rounds(50))
def test_the_fold_of_a_record_is_its_row_whatever_happened(lasting_shop: Shop, steps: list[Any]) -> None:
    shop, record_id = lasting_shop, new_id()
    entity = shop.catalog.entities['customers']
    versions = 0
    for (verb, values), who in steps:
        try:
            if verb == 'create':
                shop.create('customers', who, id=record_id, **values)
            else:
                getattr(shop, verb)('customers', record_id, who, **values)
        except (Conflict, NotFound):
            pass
        events = shop.events(f'customers/{record_id}')
        assert [event.version for event in events] == [*range(1, len(events) + 1)]
        assert len(events) - versions <= 1
        versions = len(events)
        alive = bool(events) and events[-1].type != 'deleted'
        assert (record_id in shop.ids('customers', f'id={record_id}')) == alive
        if alive:
            record = shop.get('customers', record_id)
            folded = {id_: value for id_, value in fold(events).values.items() if value is not None}
            assert stored_form(entity, record.values) == folded
            assert (record.version, record.owner) == (len(events), fold(events).owner)


def test_the_owner_is_who_created_the_record_last(shop: Shop) -> None:
    shop.create('orders', number='A', by=ANN)
    shop.delete('orders', 'A', by=ANN)
    shop.create('orders', number='A', by=BOB)
    events = shop.events('orders/A')
    assert ([event_owner(event) for event in events], fold(events).owner) == (['ann', 'ann', 'bob'], 'bob')
    assert fold([]).owner == ''


def test_a_deletion_leaves_the_values_as_they_last_were(shop: Shop) -> None:
    shop.create('orders', number='A', status='paid')
    shop.delete('orders', 'A')
    assert fold(shop.events('orders/A')).values == {'number': 'A', 'status': 'paid'}
