"""Fields say of the whole record what must hold, what is filled in, and when a value is needed, shown or fixed."""

from __future__ import annotations

from typing import Any

import pytest

from app.config import WrongConfig, check
from app.crud.field_rules import follow
from app.crud.operations import Operation, perform
from app.errors import Conflict, Invalid
from tests.unit.crud.changes import apply
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, BOB, OPEN, Shop, author

TRIPS = f"""
resource: trips
fields:
  begins: {{type: date, required: true}}
  ends: {{type: date, check: ends >= begins, message: must not be before it begins}}
  days: {{type: integer, default_expression: "day(ends) - day(begins) + 1"}}
  state: {{type: select, options: [draft, booked], default: draft}}
  price:
    type: decimal
    required_if: state = 'booked'
    readonly_if: state = 'booked' AND NOT ('admin' IN @user.roles)
  reason: {{type: string, required: true, visible_if: price > 1000}}
  planner: {{type: string, default_expression: '@user.name'}}
{OPEN}"""


@pytest.fixture
def trips(open_shop: OpenShop) -> Shop:
    return open_shop({'entities/trips.yaml': TRIPS})


def wrong(trips: Shop, **values: Any) -> dict[str, str]:
    """What is said against a new trip."""
    with pytest.raises(Invalid) as refused:
        trips.create('trips', begins='2026-05-03', **values)
    return refused.value.errors


def test_what_the_checks_say_stands_at_the_field(trips: Shop) -> None:
    assert wrong(trips, ends='2026-05-02') == {'ends': 'must not be before it begins'}
    assert trips.create('trips', begins='2026-05-03').values['ends'] is None  # unknown is not false
    record = trips.create('trips', begins='2026-05-03', ends='2026-05-04')
    with pytest.raises(Invalid, match='ends must not be before it begins'):
        trips.change('trips', record.id, begins='2026-05-05')
    assert trips.change('trips', record.id, begins='2026-05-04').version == 2


def test_defaults_are_computed_where_nothing_was_sent(trips: Shop) -> None:
    record = trips.create('trips', BOB, begins='2026-05-03', ends='2026-05-05')
    assert (record.values['days'], record.values['planner']) == (3, 'bob')
    assert trips.create('trips', begins='2026-05-03', ends='2026-05-05', days=1, planner='x').values['days'] == 1
    assert trips.create('trips', begins='2026-05-03', planner=None).values['planner'] is None


def test_a_value_is_needed_and_fixed_only_while_its_condition_holds(trips: Shop) -> None:
    assert wrong(trips, state='booked') == {'price': "is required, since state = 'booked'"}
    record = trips.create('trips', begins='2026-05-03', state='booked', price=10)
    with pytest.raises(Invalid, match='price cannot be changed, since state'):
        trips.change('trips', record.id, ANN, price=11)
    assert trips.change('trips', record.id, ADMIN, price=11).values['price'] == '11.00'
    assert trips.change('trips', record.id, ANN, state='draft').version == 3
    assert trips.change('trips', record.id, ANN, price=12).version == 4


def test_what_is_not_shown_is_not_needed(trips: Shop) -> None:
    assert wrong(trips, price=2000) == {'reason': 'is required'}
    record = trips.create('trips', begins='2026-05-03', price=100)
    with pytest.raises(Invalid, match='reason is required'):
        trips.change('trips', record.id, price=5000)
    assert trips.change('trips', record.id, price=5000, reason='far away').version == 2


def test_rules_hold_for_whatever_way_records_come(trips: Shop) -> None:
    with pytest.raises(Invalid) as refused:
        trips.bring('trips', 'begins,ends\n2026-05-03,2026-05-04\n2026-05-03,2026-05-01\n')
    [error] = refused.value.extra['row_errors']
    assert (error['row'], error['field'], error['message']) == (2, 'ends', 'must not be before it begins')
    operation = Operation('create', 'trips', values={'begins': '2026-05-03', 'ends': '2026-05-01'})
    with pytest.raises(Invalid, match='must not be before it begins'):
        trips.run(perform(trips.data.records, [operation], author(ANN)))


def test_a_check_that_records_do_not_fulfil_is_not_taken_over(trips: Shop) -> None:
    record = trips.create('trips', begins='2026-05-03', ends='2026-05-09')
    short = {'entities/trips.yaml': TRIPS.replace('check: ends >= begins', 'check: day(ends) < day(begins) + 3')}
    with pytest.raises(Conflict) as refused:
        apply(trips, short)
    assert refused.value.extra['plan']['entities'][0]['problems'] == [
        {'field': 'ends', 'records': 1, 'reason': 'must not be before it begins', 'ids': [record.id]}
    ]
    trips.change('trips', record.id, ends='2026-05-04')
    apply(trips, short)


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ('check: nme > 1', r'check: expression: there is no field'),
        ('visible_if: name', 'must be a boolean'),
        ('default_expression: 1 +', 'default_expression'),
    ],
)
def test_an_expression_that_cannot_be_read_is_found_with_the_config(option: str, message: str) -> None:
    with pytest.raises(WrongConfig, match=message):
        check({'entities/x.yaml': f'resource: things\nfields:\n  name: {{type: string, {option}}}\n'})


def test_a_form_follows_what_is_typed_by_the_same_rules(trips: Shop) -> None:
    table = trips.catalog.table('trips')
    typed = follow(table, {'state': 'draft'}, {'state': 'booked', 'price': '1000.01'}, BOB)
    assert (typed.conditions['price'].needed, typed.conditions['price'].fixed) == (True, False)
    assert typed.conditions['reason'] == (True, True, False)
    unfinished = follow(table, {'state': 'booked', 'price': '2000'}, {'price': '1e'}, BOB)
    assert (unfinished.conditions['reason'].shown, unfinished.conditions['price'].fixed) == (False, True)
    assert follow(table, {'state': 'booked'}, {}, ADMIN).conditions['price'].fixed is False
    assert follow(table, None, {'state': 'booked'}, BOB).conditions['price'] == (True, True, False)
