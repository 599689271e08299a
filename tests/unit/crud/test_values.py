"""From what a client sent to what is stored, without a log."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app import codec
from app.config import check
from app.crud.uniqueness import claims
from app.crud.values import NAMED, changed_values, new_values, shown_form, stored_form
from app.errors import Invalid
from app.events import Claim

ENTITY = check(
    {
        'entities/x.yaml': """
resource: things
fields:
  code: {type: string, id: old_code, unique: true, required: true}
  size: {type: integer, unique: true, default: 3}
  price: decimal
  extra: json
  seen_at: {type: timestamp, auto_now: true}
"""
    }
).entities['things']


def test_values_are_stored_by_the_id_of_their_field_and_shown_by_its_name() -> None:
    stored = new_values(ENTITY, {'code': 'A', 'price': 2, 'extra': None, 'id': 'x', '_version': 9})
    moment = stored.pop('seen_at')
    assert stored == {'old_code': 'A', 'size': 3, 'price': '2.00'}
    shown = shown_form(ENTITY, stored)
    assert shown == {'code': 'A', 'size': 3, 'price': '2.00', 'extra': None, 'seen_at': None}
    assert stored_form(ENTITY, shown) == stored
    assert moment.endswith('Z')


@pytest.mark.parametrize('empty', [None, ''])
def test_a_default_stands_in_for_what_was_not_sent_and_not_for_what_was_emptied(empty: Any) -> None:
    assert new_values(ENTITY, {'code': 'A'})['size'] == 3
    assert 'size' not in new_values(ENTITY, {'code': 'A', 'size': empty})


def test_json_that_was_read_as_text_is_compared_by_its_value() -> None:
    stored = stored_form(ENTITY, {'code': 'A', 'extra': codec.Raw('{"a": 1.50}')})
    assert stored['extra'] == {'a': Decimal('1.50')}
    assert changed_values(ENTITY, {'extra': {'a': Decimal('1.50')}}, stored) == {}
    assert changed_values(ENTITY, {'extra': {'a': True}}, {'extra': {'a': 1}})['extra']['to'] == {'a': True}


def test_a_change_names_the_moment_only_when_something_changed() -> None:
    current = {'old_code': 'A', 'size': 3}
    assert changed_values(ENTITY, {'size': '3', 'seen_at': '2001-01-01'}, current) == {}
    changes = changed_values(ENTITY, {'size': 4}, current)
    assert changes.keys() == {'size', 'seen_at'}
    assert changes['size'] == {'from': 3, 'to': 4}


def test_a_replacement_empties_what_was_not_sent() -> None:
    changes = changed_values(ENTITY, {'code': 'A'}, {'old_code': 'A', 'size': 3, 'price': '1.00'}, replace=True)
    assert {name: change['to'] for name, change in changes.items() if name != 'seen_at'} == {
        'size': None,
        'price': None,
    }
    with pytest.raises(Invalid) as caught:
        changed_values(ENTITY, {'nothing': 1}, {}, replace=True)
    assert caught.value.errors == {'nothing': 'is not a field'}


def test_only_unique_values_that_change_hands_are_claimed() -> None:
    before, after = {'old_code': 'A', 'size': 3, 'price': '1.00'}, {'old_code': 'B', 'size': 3, 'price': '2.00'}
    assert claims(ENTITY, 'things/1', before, after) == [
        Claim('things.old_code', 'A', 'things/1', release=True),
        Claim('things.old_code', 'B', 'things/1'),
    ]
    assert claims(ENTITY, 'things/1', {}, {'size': 3}) == [Claim('things.size', '3', 'things/1')]
    assert claims(ENTITY, 'things/1', after, after) == []


def test_of_thousands_of_unknown_fields_some_are_named_shortly() -> None:
    with pytest.raises(Invalid) as refused:
        new_values(ENTITY, {f'{number}{"x" * 500}': 1 for number in range(5000)})
    assert len(refused.value.errors) == NAMED
    assert max(map(len, refused.value.errors)) == 80
