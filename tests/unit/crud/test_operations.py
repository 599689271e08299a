"""Many changes in one request happen together or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.crud.operations import Operation, perform
from app.errors import Conflict, Invalid, Malformed, Stale
from app.events.log import IdReused
from app.permissions import Principal
from tests.unit.crud.shop import ANN, BOB, CUSTOMERS, OPEN, Shop, author


def do(shop: Shop, *operations: Operation, by: Principal = ANN, key: str = '', dry_run: bool = False) -> dict[str, Any]:
    body = [repr(one) for one in operations]
    return shop.run(perform(shop.data.records, operations, author(by, key, body), dry_run=dry_run))


def create(entity: str, **values: Any) -> Operation:
    return Operation('create', entity, values=values)


def test_operations_on_several_entities_are_one_batch(shop: Shop) -> None:
    shop.create('customers', id='old', name='Old')
    with shop.recording() as happened:
        said = do(
            shop,
            create('orders', number='1', customer_id='ada'),
            create('customers', id='ada', name='Ada'),
            Operation('update', 'customers', 'old', {'name': 'New'}),
            create('lines', order_id='1', line=1),
        )
    assert happened == ['created orders/1', 'created customers/ada', 'changed customers/old', 'created lines/1~1']
    assert said['count'] == 4
    metas = [event.meta for event in shop.events()[-4:]]
    assert all(f'"batch":"{said["batch"]}"' in meta for meta in metas)


@pytest.mark.parametrize(
    ('wrong', 'refusal', 'message'),
    [
        (create('customers', nme='x'), Invalid, 'operation 1'),
        (create('orders', number='9', customer_id='nobody'), Invalid, ''),
        (create('customers', name='B', email='a@x.org'), Conflict, 'already used'),
        (Operation('update', 'customers', 'nobody', {'name': 'x'}), Invalid, "no record 'nobody'"),
        (Operation('update', 'customers', 'ada', {'name': 'x'}, version=7), Invalid, 'at version 1'),
        (Operation('delete', 'customers', 'ada'), Conflict, 'record in Orders still refers'),
        (create('customers', id='fresh', name='twice'), Invalid, 'stands twice'),
        (Operation('delete', 'orders', '1'), Invalid, "no record '1'"),
    ],
)
def test_if_one_is_not_possible_nothing_happens(shop: Shop, wrong: Operation, refusal: Any, message: str) -> None:
    shop.create('customers', id='ada', name='Ada', email='a@x.org')
    shop.create('orders', number='1', customer_id='ada', by=Principal(id='o', name='o', roles=frozenset({'sales'})))
    told = []
    for dry_run in (False, True):
        with shop.recording() as happened, pytest.raises(refusal) as refused:
            operations = create('customers', id='fresh', name='New'), wrong
            do(shop, *operations, by=Principal(id='x', name='x', roles=frozenset()), dry_run=dry_run)
        assert happened == []
        told.append(refused.value.document())
    assert told[0] == told[1], 'a dry run says the same'
    assert message in f'{refused.value.detail} {refused.value.errors}'


def test_a_preview_shows_before_and_after_and_changes_nothing(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    with shop.recording() as happened:
        said = do(
            shop, Operation('update', 'customers', 'ada', {'name': 'Ida'}), create('customers', name='X'), dry_run=True
        )
    assert happened == []
    first, second = said['changes']
    assert (first['verb'], first['before']['name'], first['after']['name']) == ('changed', 'Ada', 'Ida')
    assert (second['verb'], second['before'], second['after']['name']) == ('created', None, 'X')


def test_a_preview_of_nothing_shows_nothing(shop: Shop) -> None:
    assert do(shop, dry_run=True) == {'dry_run': True, 'changes': [], 'count': 0}


def test_a_repeated_request_is_done_once(shop: Shop) -> None:
    first = do(shop, create('customers', name='A'), create('customers', name='B'), key='k')
    with shop.recording() as happened:
        assert do(shop, create('customers', name='A'), create('customers', name='B'), key='k') == first
        with pytest.raises(IdReused):
            do(shop, create('customers', name='C'), key='k')
    assert happened == []


def test_an_upsert_changes_what_is_there_and_creates_what_is_not(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada', email='a@x.org')
    shop.create('orders', number='1')
    with shop.recording() as happened:
        do(
            shop,
            Operation('upsert', 'customers', values={'email': 'A@x.org', 'name': 'Ida'}, by='email'),
            Operation('upsert', 'customers', values={'email': 'new@x.org', 'name': 'New'}, by='email'),
            Operation('upsert', 'orders', values={'number': '1', 'status': 'paid'}),
            Operation('upsert', 'orders', values={'number': '2'}),
        )
    assert [line.split()[0] for line in happened] == ['changed', 'created', 'changed', 'created']
    assert shop.get('customers', 'ada').values['name'] == 'Ida'
    with pytest.raises(Malformed, match='must be a unique field'):
        do(shop, Operation('upsert', 'customers', values={'name': 'x'}, by='name'))


def test_what_refers_to_a_deleted_record_goes_with_it_lets_go_or_forbids_it(tmp_path: Path) -> None:
    rules = {'lines': 'cascade', 'notes': 'set_null', 'bills': 'restrict'}
    documents = {'entities/customers.yaml': CUSTOMERS}
    for name, rule in rules.items():
        field = f'{{type: foreign_key, references: customers, on_delete: {rule}}}'
        part = '{type: foreign_key, references: lines, on_delete: cascade}'
        documents[f'entities/{name}.yaml'] = (
            f'resource: {name}\nfields:\n  id: primary_key\n  customer_id: {field}\n  line_id: {part}\n{OPEN}'
        )
    shop = Shop(tmp_path / 'data', documents)
    shop.create('customers', id='ada', name='Ada')
    for entity in rules:
        shop.create(entity, id='1', customer_id='ada')
    shop.create('lines', id='2', line_id='1')
    with (
        shop.recording() as happened,
        pytest.raises(Conflict, match=r'1 record in Bills still refers to it \(bills.customer_id\)'),
    ):
        shop.delete('customers', 'ada')
    assert happened == []
    with shop.recording() as happened:
        do(shop, Operation('delete', 'bills', '1'), Operation('delete', 'customers', 'ada'))
    assert sorted(happened) == [
        'changed notes/1', 'deleted bills/1', 'deleted customers/ada', 'deleted lines/1', 'deleted lines/2',
    ]  # fmt: skip
    batch = shop.events()[-1].meta.partition('"batch":"')[2].partition('"')[0]
    shop.run(shop.data.undo.undo(batch, author(ANN)))
    with shop.recording() as happened:
        do(
            shop,
            Operation('delete', 'bills', '1'),
            Operation('update', 'lines', '1', {'customer_id': 'ada', 'line_id': '1'}),
            Operation('delete', 'customers', 'ada'),
        )
    assert 'deleted lines/1' in happened
    batch = shop.events()[-1].meta.partition('"batch":"')[2].partition('"')[0]
    shop.run(shop.data.undo.undo(batch, author(ANN)))
    assert shop.get('lines', '2').values['line_id'] == '1'
    assert shop.get('notes', '1').values['customer_id'] == 'ada'
    shop.close()


def test_a_record_lets_go_of_all_that_is_deleted_by_one_change(tmp_path: Path) -> None:
    key = '{type: foreign_key, references: customers, on_delete: set_null}'
    notes = f'resource: notes\nfields: {{id: primary_key, text: string, by_id: {key}, to_id: {key}}}\n{OPEN}'
    shop = Shop(tmp_path / 'data', {'entities/customers.yaml': CUSTOMERS, 'entities/notes.yaml': notes})
    for name in 'ab':
        shop.create('customers', id=name, name=name)
    shop.create('notes', id='1', by_id='a', to_id='a')
    shop.create('notes', id='2', by_id='a', to_id='b')
    with shop.recording() as happened:
        do(
            shop,
            Operation('update', 'notes', '2', {'text': 'x'}),
            Operation('delete', 'customers', 'a'),
            Operation('delete', 'customers', 'b'),
        )
    assert sorted(happened) == ['changed notes/1', 'changed notes/2', 'deleted customers/a', 'deleted customers/b']
    one, two = (shop.get('notes', name).values for name in '12')
    assert (one['by_id'], one['to_id']) == (None, None)
    assert (two['by_id'], two['to_id'], two['text']) == (None, None, 'x')
    batch = shop.events()[-1].meta.partition('"batch":"')[2].partition('"')[0]
    shop.run(shop.data.undo.undo(batch, author(ANN)))
    two = shop.get('notes', '2').values
    assert (two['by_id'], two['to_id'], two['text']) == ('a', 'b', None)
    shop.close()


def test_a_record_changed_meanwhile_is_not_overwritten(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.change('customers', 'ada', name='Ida')
    with pytest.raises((Invalid, Stale), match='version 2'):
        do(shop, Operation('update', 'customers', 'ada', {'name': 'Eve'}, version=1))
    assert do(shop, Operation('update', 'customers', 'ada', {'name': 'Ida'})) == {
        'batch': '',
        'position': 0,
        'count': 0,
        'changes': [],
    }


def test_others_records_are_not_there_to_be_changed(shop: Shop) -> None:
    shop.create('orders', number='1', by=ANN)
    with pytest.raises(Invalid, match="no record '1' in orders"):
        do(shop, Operation('update', 'orders', '1', {'status': 'paid'}), by=BOB)


def test_a_unique_value_that_is_taken_is_found_by_the_number_of_its_operation(shop: Shop) -> None:
    shop.create('customers', name='Ada', email='ada@x.org')
    creates = [Operation('create', 'customers', values={'name': 'A', 'email': f'{one}@x.org'}) for one in 'xyz']
    creates[1].values['email'] = 'ada@x.org'
    with shop.recording() as happened, pytest.raises(Conflict) as refused:
        shop.run(perform(shop.data.records, creates, author(ANN)))
    [failed] = refused.value.extra['failed']
    assert (failed['number'], failed['entity'], list(failed['errors'])) == (1, 'customers', ['email'])
    assert happened == []
