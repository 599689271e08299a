"""Undo takes back what one request did; what others did since stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.crud.operations import Operation, perform
from app.errors import Conflict, Denied, Malformed, NotFound
from app.permissions import Principal
from tests.rounds import rounds
from tests.unit.crud.shop import ANN, BOB, Shop, author


def undo(shop: Shop, what: str | int = 0, by: Principal = ANN, **options: bool) -> dict[str, Any]:
    """Undo a batch or a position; the newest event if none is named."""
    return shop.run(shop.data.undo.undo(what or shop.log.position, author(by), **options))


def test_each_verb_is_taken_back_and_done_again(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada', email='a@x.org')
    with shop.recording() as happened:
        redo = undo(shop)['batch']
        undo(shop, redo)
        shop.change('customers', 'ada', name='Ida', credit=7)
        redo = undo(shop)['batch']
        assert shop.get('customers', 'ada').values['name'] == 'Ada'
        undo(shop, redo)
        assert shop.get('customers', 'ada').values['credit'] == '7.00'
        shop.delete('customers', 'ada')
        undo(shop)
    verbs = [line.split()[0] for line in happened]
    assert verbs == ['deleted', 'restored', 'changed', 'changed', 'changed', 'deleted', 'restored']
    assert shop.get('customers', 'ada').values['email'] == 'a@x.org'


def test_later_edits_are_kept_and_named(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada', credit=1)
    shop.change('customers', 'ada', name='Ida', credit=2)
    position = shop.log.position
    shop.change('customers', 'ada', credit=3, by=BOB)
    said = undo(shop, position)
    record = shop.get('customers', 'ada')
    assert (record.values['name'], record.values['credit']) == ('Ada', '3.00')
    assert said['conflicts'] == [
        {'entity': 'customers', 'id': 'ada', 'field': 'credit', 'reason': 'it was changed since'}
    ]
    undo(shop, position, force=True)
    assert shop.get('customers', 'ada').values['credit'] == '1.00'


def test_a_batch_is_undone_at_any_later_time_but_for_what_was_changed_since(shop: Shop) -> None:
    file = 'id,name\na,A\nb,B\nc,C\n'
    batch = shop.bring('customers', file)['batch']
    shop.change('customers', 'b', name='Changed')
    shop.delete('customers', 'c')
    with shop.recording() as happened:
        said = undo(shop, batch)
    assert happened == ['deleted customers/a']
    assert [conflict['id'] for conflict in said['conflicts']] == ['b']
    with pytest.raises(Conflict, match='all of it was changed since'):
        undo(shop, batch)
    undo(shop, said['batch'])
    assert sorted(shop.ids('customers')) == ['a', 'b']


def test_an_import_is_not_undone_while_something_refers_to_it(shop: Shop) -> None:
    batch = shop.bring('customers', 'id,name\na,A\n')['batch']
    shop.create('orders', number='1', customer_id='a')
    with shop.recording() as happened, pytest.raises(Conflict, match='is referred to') as refused:
        undo(shop, batch)
    assert happened == []
    assert refused.value.extra['conflicts'] == [{'entity': 'customers', 'id': 'a', 'reason': 'it is referred to since'}]


def test_a_unique_value_that_another_record_has_now_is_left_to_it(shop: Shop) -> None:
    shop.create('customers', id='a', name='A', email='x@x.org')
    shop.create('customers', id='gone', name='G', email='g@x.org')
    changed = shop.change('customers', 'a', name='B', email='y@x.org')
    position = shop.events('customers/a')[-1].position
    shop.delete('customers', 'gone')
    deleted = shop.events('customers/gone')[-1].position
    shop.create('customers', id='b', name='B', email='x@x.org')
    shop.create('customers', id='c', name='C', email='g@x.org')
    said = undo(shop, position, force=True)
    conflict = {'entity': 'customers', 'id': 'a', 'field': 'email', 'reason': 'another record has this value now'}
    assert said['conflicts'] == [conflict]
    assert {name: shop.get('customers', 'a').values[name] for name in ('name', 'email')} == {
        'name': 'A', 'email': changed.values['email']
    }  # fmt: skip
    with pytest.raises(Conflict, match='Nothing was undone') as refused:
        undo(shop, deleted)
    assert refused.value.extra['conflicts'] == [conflict | {'id': 'gone'}]


def test_exchanged_unique_values_are_exchanged_again(shop: Shop) -> None:
    for record_id in 'ab':
        shop.create('customers', id=record_id, name='N', email=f'{record_id}@x.org')
    operations = [
        Operation('update', 'customers', 'a', {'email': 'b@x.org'}),
        Operation('update', 'customers', 'b', {'email': 'a@x.org'}),
    ]
    done = shop.run(perform(shop.data.records, operations, author(ANN)))
    assert [shop.get('customers', record_id).values['email'] for record_id in 'ab'] == ['b@x.org', 'a@x.org']
    assert undo(shop, done['batch'])['conflicts'] == []
    assert [shop.get('customers', record_id).values['email'] for record_id in 'ab'] == ['a@x.org', 'b@x.org']


def test_a_preview_of_undo_changes_nothing(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.change('customers', 'ada', name='Ida')
    with shop.recording() as happened:
        said = undo(shop, dry_run=True)
    assert happened == []
    assert (said['changes'][0]['before']['name'], said['changes'][0]['after']['name']) == ('Ida', 'Ada')


def test_only_those_undo_who_might_have_done_it(shop: Shop) -> None:
    shop.create('orders', number='1', by=ANN)
    with pytest.raises(NotFound):
        undo(shop, by=BOB)
    seller = Principal(id='sam', name='sam', roles=frozenset({'sales'}))
    with pytest.raises(Denied, match='belongs to someone else'):
        undo(shop, by=seller)


@pytest.mark.parametrize(
    ('what', 'problem'), [(1, NotFound), (10**9, NotFound), ('nothing', NotFound), ('"', Malformed)]
)
def test_what_cannot_be_undone_is_said(shop: Shop, what: str | int, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        undo(shop, what)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(['create', 'update', 'delete']),
        st.sampled_from('abc'),
        st.dictionaries(st.sampled_from(['name', 'credit', 'active']), st.integers(0, 3), min_size=1),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=rounds(25), deadline=None)
@given(before=EDITS, undone=EDITS)
def test_undoing_the_last_batch_leaves_everything_as_it_was(lasting_shop: Shop, before: Any, undone: Any) -> None:
    shop = lasting_shop
    apply(shop, before)
    was = everything(shop)
    batches = apply(shop, undone)
    now = everything(shop)
    redo = [undo(shop, batch)['batch'] for batch in reversed(batches)]
    assert everything(shop) == was
    for batch in reversed(redo):
        undo(shop, batch)
    assert everything(shop) == now


def apply(shop: Shop, edits: Any) -> list[str]:
    """The edits that are possible, each as a batch of its own; returns their ids."""
    batches = []
    for verb, record_id, numbers in edits:
        there = record_id in shop.ids('customers')
        if (verb == 'create') == there:
            continue
        values = {name: value > 1 if name == 'active' else str(value) for name, value in numbers.items()}
        given = {'id': record_id, 'name': 'N'} | values if verb == 'create' else values if verb == 'update' else {}
        operation = Operation(verb, 'customers', record_id, given)
        batches.append(shop.run(perform(shop.data.records, [operation], author(ANN)))['batch'])
    return [batch for batch in batches if batch]


def everything(shop: Shop) -> dict[str, Any]:
    """All records, but for versions and the moments that fill themselves in."""
    records = shop.page('customers', 'limit=500').records
    ignored = {'updated_at', 'created_at'}
    return {one.id: {name: value for name, value in one.values.items() if name not in ignored} for one in records}


def test_what_one_may_not_know_of_is_refused_like_what_there_is_not(shop: Shop) -> None:
    batch = shop.run(perform(shop.data.records, [Operation('create', 'orders', values={'number': 'N7'})], author(ANN)))
    for what in (batch['position'], 1, 10**9, batch['batch'], 'nothing'):
        where = f'at position {what}' if isinstance(what, int) else f'in a batch {what!r}'
        with pytest.raises(NotFound) as refused:
            undo(shop, what, by=BOB)
        assert refused.value.detail == f'There is no change of a record {where} that you could take back.'
