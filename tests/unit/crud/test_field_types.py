"""Values that are more than a word or a number: through REST and files, into tables and the past, and back out."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from app.config import WrongConfig, check
from app.crud import fitting
from app.crud.operations import Operation, perform
from app.crud.table import FEW
from app.errors import Conflict, Denied, Invalid
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shifts import SENT, SHIFTS, STORED, TICKET
from tests.unit.crud.shop import ANN, BOB, OPEN, Shop, author


@pytest.fixture
def shifts(open_shop: OpenShop) -> Shop:
    """No records yet."""
    return open_shop({'entities/shifts.yaml': SHIFTS})


def values(shop: Shop, record_id: str = 's', as_of: int = 0) -> dict[str, Any]:
    """What the database says, not the memory of what was written: now or as of a position."""
    found = shop.page('shifts', f'limit=500{f"&as_of={as_of}" if as_of else ""}').records
    return next(dict(record.values) for record in found if record.id == record_id)


def differences(shop: Shop) -> list[str]:
    """Where tables are not what the log says."""
    return shop.run(shop.log.database.read(shop.catalog.differences))


def test_values_are_stored_in_one_form_and_read_back_so_at_any_time(shifts: Shop) -> None:
    created = shifts.create('shifts', id='s', **SENT)
    then = shifts.log.position
    assert created.values == values(shifts) == STORED
    with shifts.recording() as happened:
        shifts.change('shifts', 's', opens='10:00:00.25', days='tue', tags=[], length=0, notes=None)
    assert happened == ['changed shifts/s']
    changed = {'opens': '10:00:00.250000', 'days': ['tue'], 'tags': None, 'length': 0, 'notes': None}
    assert values(shifts) == STORED | changed
    assert values(shifts, as_of=then) == STORED
    assert values(shifts, as_of=shifts.log.position) == STORED | changed
    assert differences(shifts) == []


def test_the_same_value_in_another_spelling_is_no_change(shifts: Shop) -> None:
    shifts.create('shifts', id='s', **SENT)
    with shifts.recording() as happened:
        shifts.change('shifts', 's', **SENT)
        shifts.change('shifts', 's', **STORED)
        shifts.change('shifts', 's', opens='09:30:00.0', days='["wed", "mon"]', length='PT90M', ticket=f'{{{TICKET}}}')
    assert happened == []


def test_a_file_brings_them_as_texts(shifts: Shop) -> None:
    file = (
        'id,notes,opens,days,tags,ticket,length\n'
        'a,*x*,9:30,"wed, mon","[""a, b"", ""c""]",,1:30\n'
        'b,,,,,0190A7C4-5F2E-7B31-9C8D-2F6E4A1B0C3D,\n'
    )
    shifts.bring('shifts', file)
    a, b = (values(shifts, record_id) for record_id in 'ab')
    assert (a['opens'], a['days'], a['tags'], a['length']) == ('09:30:00', ['mon', 'wed'], ['a, b', 'c'], 5400)
    assert (UUID(a['ticket']).version, b['ticket']) == (7, TICKET)
    assert [b[name] for name in ('notes', 'opens', 'days', 'tags', 'length')] == [None] * 5
    with pytest.raises(Invalid) as refused:
        shifts.bring('shifts', 'opens,days\n5:59,mon\n22:00,fri\n')
    assert [error['field'] for error in refused.value.extra['row_errors']] == ['opens', 'days']


def test_many_at_once_are_read_back_as_few(shifts: Shop) -> None:
    rows = [{'id': f'r{number}', 'tags': ['t'] * (number % 3), 'days': ['tue']} for number in range(FEW * 2)]
    shifts.bring('shifts', json.dumps(rows), kind='json')
    batch = [Operation('update', 'shifts', str(row['id']), {'days': None, 'opens': '8:00'}) for row in rows]
    shifts.run(perform(shifts.data.records, batch, author(ANN)))
    for number in range(FEW * 2):
        now = values(shifts, f'r{number}')
        assert (now['tags'], now['days'], now['opens']) == (['t'] * (number % 3) or None, None, '08:00:00')
    assert differences(shifts) == []


def test_undo_and_history_know_their_values(shifts: Shop) -> None:
    shifts.create('shifts', id='s', **SENT)
    shifts.change('shifts', 's', days=['tue'], tags=['z'], opens='12:00', length='2h')
    changes = shifts.run(shifts.data.life.compare('shifts', 's', ANN, 1, 2))['changes']
    assert changes['days'] == {'from': ['mon', 'wed'], 'to': ['tue']}
    assert changes['opens'] == {'from': '09:30:00', 'to': '12:00:00'}
    assert set(changes) == {'days', 'tags', 'opens', 'length'}
    shifts.run(shifts.data.undo.undo(shifts.log.position, author(ANN)))
    assert values(shifts) == STORED
    shifts.delete('shifts', 's')
    shifts.run(shifts.data.undo.undo(shifts.log.position, author(ANN)))
    assert values(shifts) == STORED


def test_a_unique_uuid_is_claimed_in_any_spelling(shifts: Shop) -> None:
    shifts.create('shifts', id='s', **SENT)
    with pytest.raises(Conflict, match='is already used'):
        shifts.create('shifts', ticket=f'urn:uuid:{TICKET.upper()}')
    made = {shifts.create('shifts').values['ticket'] for _ in range(3)}
    assert len(made) == 3
    assert shifts.create('shifts', ticket=None).values['ticket'] not in made


def test_a_rule_lets_those_in_who_stand_in_a_list(open_shop: OpenShop) -> None:
    rules = OPEN.replace('update: authenticated', 'update: [{expression: "@user.id IN team"}]')
    shop = open_shop({'entities/plans.yaml': f'resource: plans\nfields:\n  team: list\n  name: string\n{rules}'})
    record = shop.create('plans', team='ann, cy')
    assert shop.change('plans', record.id, name='Mine', by=ANN).version == 2
    with pytest.raises(Denied):
        shop.change('plans', record.id, name='Yours', by=BOB)


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ('  more: {type: list, unique: true}\n', 'fields.more.unique: a list cannot be unique'),
        (
            '  more: list\ninterface: {ordering: [more]}\n',
            'interface.ordering: more is of type list, which has no order',
        ),
        ('  more: list\nkey: more\n', 'more is of type list, which cannot name a record'),
    ],
)
def test_a_list_is_not_taken_for_a_single_value(option: str, message: str) -> None:
    with pytest.raises(WrongConfig) as refused:
        check({'entities/x.yaml': 'resource: things\nfields:\n  name: string\n' + option})
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ('before', 'after', 'value', 'becomes'),
    [
        ('string', 'list', 'a, b', ['a', 'b']),
        ('list', 'string', ['a'], '["a"]'),
        ('json', 'list', ['a'], ['a']),
        ('list', '{type: multiselect, options: [a]}', ['a'], ['a']),
        ('string', 'time', '10:00', '10:00:00'),
        ('integer', 'duration', 90, 90),
        ('string', 'list', '[a]', None),
        ('list', '{type: multiselect, options: [b]}', ['a'], None),
    ],
)
def test_a_field_changes_its_type_where_every_value_can_become_another(
    open_shop: OpenShop, before: str, after: str, value: Any, becomes: Any
) -> None:
    text = f'resource: things\nfields:\n  what: {{}}\n{OPEN}'
    shop = open_shop({'entities/things.yaml': text.replace('{}', before)})
    record = shop.create('things', what=value)
    wanted = {'entities/things.yaml': text.replace('{}', after)}
    if becomes is None:
        with pytest.raises(Conflict, match=r'things\.what'):
            shop.configure(wanted)
    else:
        shop.configure(wanted)
    assert shop.shown('things', record.id)['what'] == (becomes or value)
    assert differences(shop) == []


def test_texts_of_old_are_no_list_and_are_left_behind(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, 'PAGE', 1)  # each event is applied by itself, as the first of a page would be
    text = f'resource: things\nfields:\n  name: string\n  what: {{}}\n{OPEN}'
    shop = open_shop({'entities/things.yaml': text.replace('{}', 'string')})
    record = shop.create('things', name='A', what='old')
    then = shop.log.position
    shop.change('things', record.id, what=None)
    shop.configure({'entities/things.yaml': text.replace('{}', 'list')})
    shop.change('things', record.id, what='new')
    assert shop.page('things').records[0].values['what'] == ['new']
    assert shop.page('things', f'as_of={then}').records[0].values == {'name': 'A', 'what': None}
    assert differences(shop) == []


def test_they_are_described(shifts: Shop) -> None:
    fields = shifts.catalog.entities['shifts'].fields
    assert fields['days'].described()['items'] == {'type': 'string', 'enum': ['mon', 'tue', 'wed']}
    assert fields['wage'].described()['description'] == 'In EUR / h'
    assert (fields['length'].described()['maximum'], fields['ticket'].described()['format']) == (12 * 3600, 'uuid')
