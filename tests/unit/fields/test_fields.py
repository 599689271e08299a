"""What each field type takes, how it stores it, and what it says about the rest."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from app.fields import FIELD_TYPES
from tests.unit.fields.sample import field

TAKEN: list[tuple[str, dict[str, Any], Any, Any]] = [
    ('string', {}, 'Zoë 😀', 'Zoë 😀'),
    ('string', {}, 12, '12'),
    ('string', {}, Decimal('1.50'), '1.50'),
    ('string', {}, ' kept ', ' kept '),
    ('string', {'max_length': 3}, 'äöü', 'äöü'),
    ('string', {'pattern': '[A-Z]+'}, 'AB', 'AB'),
    ('text', {}, 'a\nb', 'a\nb'),
    ('email', {}, ' ADA@Example.COM ', 'ada@example.com'),
    ('phone', {}, '+1 (555) 010-9999 ext. 5', '+1 (555) 010-9999 ext. 5'),
    ('phone', {}, 5550100, '5550100'),
    ('url', {}, ' HTTPS://example.com/a?b#c ', 'HTTPS://example.com/a?b#c'),
    ('integer', {}, '12', 12),
    ('integer', {}, ' -5 ', -5),
    ('integer', {}, 12.0, 12),
    ('integer', {}, Decimal('1E+3'), 1000),
    ('integer', {'max': 2**63 - 1}, str(2**63 - 1), 2**63 - 1),
    ('boolean', {}, 'Yes', True),
    ('boolean', {}, 0, False),
    ('boolean', {}, ' off ', False),
    ('date', {}, '2026-05-03', '2026-05-03'),
    ('date', {}, '2026-05-03T00:00:00', '2026-05-03'),
    ('date', {}, datetime.date(987, 1, 2), '0987-01-02'),
    ('date', {'min': '2026-01-01', 'max': '2026-12-31'}, '2026-12-31', '2026-12-31'),
    ('timestamp', {}, '2026-05-03T10:00:00+02:00', '2026-05-03T08:00:00.000000Z'),
    ('timestamp', {}, '2026-05-03 10:00:00.5', '2026-05-03T10:00:00.500000Z'),
    ('timestamp', {}, '2026-05-03', '2026-05-03T00:00:00.000000Z'),
    ('timestamp', {}, '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'),
    ('select', {}, 2, '2'),
    ('foreign_key', {}, 'a~b', 'a~b'),
    ('primary_key', {}, 'A-1_b.c', 'A-1_b.c'),
    ('json', {}, '{"a": [1.50]}', {'a': [Decimal('1.50')]}),
    ('json', {}, 'just a text', 'just a text'),
    ('json', {}, False, False),
    ('markdown', {}, '# A\n\n*b*', '# A\n\n*b*'),
]


@pytest.mark.parametrize(('kind', 'options', 'value', 'stored'), TAKEN)
def test_a_value_is_stored_in_one_form(kind: str, options: dict[str, Any], value: Any, stored: Any) -> None:
    assert field(kind, **options).accept(value) == stored
    assert type(field(kind, **options).accept(value)) is type(stored)


REFUSED: list[tuple[str, dict[str, Any], Any, str]] = [
    ('string', {}, ['a'], 'must be a text'),
    ('string', {}, True, 'must be a text'),
    ('string', {}, 'a\0b', 'must not hold a zero character'),
    ('string', {'max_length': 3}, 'abcd', 'must have at most 3 characters, got 4'),
    ('string', {'min_length': 2}, 'a', 'must have at least 2 characters'),
    ('string', {'pattern': '[A-Z]+'}, 'ABc', r'must match \[A-Z\]\+'),
    ('text', {'max_length': 1}, 'ab', 'must have at most 1 characters, got 2'),
    ('email', {}, 'ada', 'must be an email address like name@example.com'),
    ('email', {}, 'a b@example.com', 'must be an email address'),
    ('email', {}, 'ada@example', 'must be an email address'),
    ('email', {}, 'ada@ex@ample.com', 'must be an email address'),
    ('phone', {}, 'call me', r'must be a telephone number like \+1 555 010-9999'),
    ('phone', {}, '()', 'must be a telephone number'),
    ('url', {}, 'javascript:alert(1)', 'must be an address that begins with http:// or https://'),
    ('url', {}, 'http://', 'must be an address'),
    ('url', {}, 'http://exa\nmple.com', 'must be an address'),
    ('url', {}, 'http://[::1', 'must be an address'),
    ('url', {}, '//example.com', 'must be an address'),
    ('integer', {}, '12.5', 'must be a whole number'),
    ('integer', {}, 1.5, 'must be a whole number'),
    ('integer', {}, True, 'must be a whole number'),
    ('integer', {}, '1_000', 'must be a whole number'),
    ('integer', {}, '１２', 'must be a whole number'),
    ('integer', {}, '9' * 500, 'must be a whole number'),
    ('integer', {}, 2**63, f'must be at most {2**63 - 1}'),
    ('integer', {'min': 1}, 0, 'must be at least 1'),
    ('boolean', {}, 'maybe', 'must be true or false'),
    ('boolean', {}, 2, 'must be true or false'),
    ('date', {}, '03.05.2026', 'must be a day like 2026-05-03'),
    ('date', {}, '2026-02-30', 'must be a day like'),
    ('date', {}, '2026-05-03T10:00', 'must be a day without a time'),
    ('date', {'min': '2026-01-01'}, '2025-12-31', 'must not be before 2026-01-01'),
    ('date', {'max': '2026-01-01'}, '2026-01-02', 'must not be after 2026-01-01'),
    ('timestamp', {}, 'noon', 'must be a moment like 2026-05-03T10:00:00Z'),
    ('timestamp', {}, '0001-01-01T00:00+05:00', 'must lie between the years 1 and 9999'),
    ('select', {}, 'b', 'must be one of a, 2'),
    ('foreign_key', {}, {}, 'must be a text'),
    ('primary_key', {}, 'a/b', 'may only hold letters, digits, dots, dashes and underscores'),
    ('json', {}, '{"a": }', 'is not valid JSON: .* column 7'),
    ('json', {}, '[1, {":a": 2}]', 'begins with a colon'),
    ('json', {}, 'x' * 100_000, 'must have at most 100,000 characters'),
    ('json', {}, {'a': {1}}, 'has no JSON form'),
    ('markdown', {'max_length': 1}, '**', 'must have at most 1 characters, got 2'),
]


SENT = [name for name, kind in FIELD_TYPES.items() if not kind.derived]


@pytest.mark.parametrize(('kind', 'options', 'value', 'message'), REFUSED)
def test_what_does_not_fit_is_refused_with_the_reason(
    kind: str, options: dict[str, Any], value: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        field(kind, **options).accept(value)


@pytest.mark.parametrize('kind', SENT)
@pytest.mark.parametrize('empty', [None, ''])
def test_nothing_is_stored_as_nothing_unless_it_is_required(kind: str, empty: Any) -> None:
    assert field(kind).accept(empty) is None
    with pytest.raises(ValueError, match=r'^is required$'):
        field(kind, required=True).accept(empty)


@pytest.mark.parametrize('kind', SENT)
def test_every_type_describes_itself(kind: str) -> None:
    optional, required = field(kind, help='Why').described(), field(kind, required=True, readonly=True).described()
    assert (optional['title'], optional['description'], required['readOnly']) == ('F', 'Why', True)
    if kind != 'json':
        assert optional['type'] == [required['type'], 'null']
    assert field(kind).input.__doc__
    assert field(kind).operators


def test_a_default_is_checked_and_described_as_it_will_be_stored() -> None:
    priced = field('decimal', default=5)
    assert (priced.default, priced.described()['default']) == ('5.00', '5.00')
    assert field('date', default=datetime.date(2026, 5, 3)).default == '2026-05-03'
    with pytest.raises(ValueError, match='the default must be true or false'):
        field('boolean', default='maybe')


def test_a_closed_list_names_its_words() -> None:
    assert field('select').json_schema()['enum'] == ['a', '2', None]
    assert field('select', required=True).json_schema()['enum'] == ['a', '2']


def test_the_limits_are_part_of_the_description() -> None:
    assert field('string', min_length=1, pattern='a+').json_schema() == {
        'type': 'string',
        'maxLength': 255,
        'minLength': 1,
        'pattern': 'a+',
    }
    assert field('integer', min=1, max=5).json_schema() == {'type': 'integer', 'minimum': 1, 'maximum': 5}


@pytest.mark.parametrize(
    ('name', 'label', 'title'),
    [('customer_id', '', 'Customer'), ('first_name', '', 'First name'), ('sku', 'SKU', 'SKU')],
)
def test_a_field_is_titled_as_people_would(name: str, label: str, title: str) -> None:
    assert field('string', name=name, label=label).title == title


def test_only_moments_fill_themselves() -> None:
    made, changed = field('timestamp', auto_now_add=True), field('timestamp', auto_now=True)
    assert [(f.fills_itself, f.follows_changes) for f in (made, changed)] == [(True, False), (True, True)]
    assert not any(field(kind).fills_itself for kind in FIELD_TYPES)
