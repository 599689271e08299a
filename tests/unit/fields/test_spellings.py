"""Lists, times, lengths of time and UUIDs: many spellings, one stored form."""

from __future__ import annotations

import datetime
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fields.sample import field

TAKEN: list[tuple[str, dict[str, Any], Any, Any]] = [
    ('uuid', {}, ' {0190A7C4-5F2E-7B31-9C8D-2F6E4A1B0C3D} ', '0190a7c4-5f2e-7b31-9c8d-2f6e4a1b0c3d'),
    ('uuid', {}, 'urn:uuid:0190a7c45f2e7b319c8d2f6e4a1b0c3d', '0190a7c4-5f2e-7b31-9c8d-2f6e4a1b0c3d'),
    ('time', {}, ' 9:30 ', '09:30:00'),
    ('time', {}, '17:45:30.5', '17:45:30.500000'),
    ('time', {}, datetime.time(23, 59, 59, 1), '23:59:59.000001'),
    ('time', {'min': '09:00', 'max': '17:00'}, '17:00:00', '17:00:00'),
    ('duration', {}, '2w 1d 1s', 15 * 86_400 + 1),
    ('duration', {}, 'P1DT2H', 26 * 3600),
    ('duration', {'min': '-1h', 'max': '8h'}, '-0:30', -1800),
    ('list', {}, ['b', 'a', 'b', 2], ['b', 'a', 'b', '2']),
    ('list', {}, ' b c , a,', ['b c', 'a']),
    ('list', {}, ' ["a, b", " c"]', ['a, b', ' c']),
    ('list', {}, ['', 'a'], ['a']),
    ('multiselect', {}, ['a', 'b', 'a'], ['b', 'a']),
    ('multiselect', {}, 'a, b', ['b', 'a']),
    ('multiselect', {}, 'x, y', ['x, y']),
    ('multiselect', {}, '["x, y", "a"]', ['a', 'x, y']),
    ('multiselect', {'min_items': 1, 'max_items': 1}, 'a', ['a']),
]
HOURS = [
    5400,
    ' 5400 ',
    5400.0,
    Decimal('5.4E+3'),
    '1:30',
    '1:30:00',
    '1h 30m',
    '1h30M',
    '90m',
    '90 min',
    'PT1H30M',
    'pt90m',
]
TAKEN += [('duration', {}, length, 5400) for length in HOURS]


@pytest.mark.parametrize(('kind', 'options', 'value', 'stored'), TAKEN)
def test_a_value_is_stored_in_one_form(kind: str, options: dict[str, Any], value: Any, stored: Any) -> None:
    assert field(kind, **options).accept(value) == stored


REFUSED: list[tuple[str, dict[str, Any], Any, str]] = [
    ('uuid', {}, '0190a7c4-5f2e-7b31-9c8d', 'must be a UUID like 0190a7c4-5f2e-7b31-9c8d-2f6e4a1b0c3d'),
    ('uuid', {}, '{0190a7c45f2e7b319c8d2f6e4a1b0c3d', 'must be a UUID'),
    ('uuid', {}, '0190a7c4-5f2e7b319c8d2f6e4a1b0c3d', 'must be a UUID'),
    ('uuid', {}, ['a'], 'must be a text'),
    ('time', {}, '9.30', 'must be a time of day like 09:30 or 17:45:30'),
    ('time', {}, '24:00', 'must be a time of day'),
    ('time', {}, '10:00Z', 'must be a time of day'),
    ('time', {}, datetime.time(1, tzinfo=datetime.UTC), 'must be a time of day'),
    ('time', {}, 930, 'must be a time of day'),
    ('time', {'min': '09:00'}, '8:59:59', 'must not be before 09:00:00'),
    ('time', {'max': '17:00'}, '17:00:00.1', 'must not be after 17:00:00'),
    ('duration', {}, '-1', 'must be at least 0:00:00'),
    ('duration', {'max': '8h'}, '8:00:01', 'must be at most 8:00:00'),
    ('list', {}, 5, 'must be a list of texts'),
    ('list', {}, [None], 'must be a list of texts, without null'),
    ('list', {}, [['a']], 'must be a text'),
    ('list', {}, '["a", ', 'is not a JSON list: '),
    ('list', {'max_items': 2}, 'a,b,c', 'must have at most 2 items, got 3'),
    ('list', {'max_length': 2}, ['ab', 'abc'], 'must have at most 2 characters in each item; item 2 has more'),
    ('multiselect', {}, ['a', 'c'], "must only hold b, a, x, y; 'c' is none of them"),
    ('multiselect', {'min_items': 2}, 'a', 'must have at least 2 items'),
    ('multiselect', {'max_items': 1}, 'a,b', 'must have at most 1 items'),
]
LENGTHS = ['1:60', '1.5', 1.5, 'P', 'PT', 'P1M', True, 'h', '1m 1h', '９', '1_0', 10**30, [], float('inf')]
REFUSED += [
    ('duration', {}, length, 'must be a length of time like 1:30:00, 1h 30m or 5400 seconds') for length in LENGTHS
]


@pytest.mark.parametrize(('kind', 'options', 'value', 'message'), REFUSED)
def test_what_does_not_fit_is_refused_with_the_reason(
    kind: str, options: dict[str, Any], value: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        field(kind, **options).accept(value)


@pytest.mark.parametrize('kind', ['list', 'multiselect'])
@pytest.mark.parametrize('empty', [[], '[]', ' , ', ['']])
def test_an_empty_list_is_no_value(kind: str, empty: Any) -> None:
    assert field(kind, **({'min_items': 1} if kind == 'multiselect' else {})).accept(empty) is None
    assert field(kind, default=[]).accept(field(kind, default=[]).for_new({})) is None
    with pytest.raises(ValueError, match=r'^is required$'):
        field(kind, required=True).accept(empty)


@pytest.mark.parametrize('sent', [{}, {'f': None}, {'f': ''}])
def test_a_new_record_without_a_uuid_gets_one_if_that_is_wished(sent: dict[str, Any]) -> None:
    minted = [uuid.UUID(field('uuid', auto=True, required=True).for_new(sent)) for _ in range(2)]
    assert [one.version for one in minted] == [7, 7]
    assert minted[0] != minted[1]
    assert field('uuid').for_new(sent) in (None, '')
    assert field('uuid', auto=True).for_new({'f': 'sent'}) == 'sent'
    assert [field('uuid', required=True, auto=auto).needed for auto in (True, False)] == [False, True]
    assert [field('string', required=True, default=text).needed for text in (None, 'a')] == [True, False]


IMPOSSIBLE: list[tuple[str, dict[str, Any], str]] = [
    ('list', {'unique': True}, 'a list cannot be unique; only single values can'),
    ('multiselect', {'unique': True}, 'a list cannot be unique'),
    ('multiselect', {'options': []}, 'at least 1 item'),
    ('multiselect', {'options': ['a', 'a']}, 'options must differ'),
    ('multiselect', {'min_items': 4}, 'min_items is 4, but there can be no more than 3'),
    ('multiselect', {'min_items': 2, 'max_items': 1}, 'min_items is 2, but there can be no more than 1'),
    ('time', {'min': 1020}, 'must be a time of day'),
    ('duration', {'max': 'long'}, 'must be a length of time'),
]


@pytest.mark.parametrize(('kind', 'options', 'message'), IMPOSSIBLE)
def test_options_that_make_no_sense_are_refused(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        field(kind, **options)


@given(st.from_regex(field('time').json_schema()['pattern'].removesuffix('$'), fullmatch=True, alphabet='0123456789:.'))
def test_what_is_described_as_a_time_is_one(text: str) -> None:
    assert re.fullmatch(field('time').json_schema()['pattern'], field('time').parse(text))
