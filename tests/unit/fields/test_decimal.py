"""Decimals are exact, or refused."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.fields.decimal import DecimalField
from tests.rounds import rounds


def decimal_field(**options: Any) -> DecimalField:
    """A field of five digits, two of them after the point."""
    return DecimalField.model_validate({'name': 'price', 'type': 'decimal', 'precision': 5, 'scale': 2} | options)


@pytest.mark.parametrize(
    ('value', 'stored'),
    [
        ('1.5', '1.50'),
        (1, '1.00'),
        (0.1, '0.10'),
        (Decimal('1E+2'), '100.00'),
        ('999.99', '999.99'),
        ('-999.99', '-999.99'),
        ('1.50000000000', '1.50'),
        ('-0.00', '0.00'),
        ('0E+9', '0.00'),
        ('  7 ', '7.00'),
        ('+3', '3.00'),
        ('.5', '0.50'),
    ],
)
def test_a_number_is_stored_with_all_its_places(value: Any, stored: str) -> None:
    assert decimal_field().parse(value) == stored


@pytest.mark.parametrize(
    'value', ['', 'x', 'NaN', 'Infinity', '1,5', '1_000', '0x1', True, None, [], '1' * 60, float('inf')]
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r'must be a number like 12\.50'):
        decimal_field().parse(value)


@pytest.mark.parametrize('value', ['1000', '-1000.00', '999999999999', '1E+5'])
def test_a_decimal_with_too_many_digits_is_refused_and_says_how_many_fit(value: str) -> None:
    with pytest.raises(ValueError, match='must have at most 3 digits before the point'):
        decimal_field().parse(value)


@pytest.mark.parametrize('value', ['1.555', '0.001', '1E-9', 0.1 + 0.2])
def test_nothing_is_ever_rounded(value: Any) -> None:
    with pytest.raises(ValueError, match='must have at most 2 digits after the point'):
        decimal_field().parse(value)


def test_limits_are_kept_and_named() -> None:
    limited = decimal_field(min=0, max='9.99')
    assert [limited.parse('0'), limited.parse('9.99')] == ['0.00', '9.99']
    with pytest.raises(ValueError, match='must be at least 0'):
        limited.parse('-0.01')
    with pytest.raises(ValueError, match=r'must be at most 9\.99'):
        limited.parse('10')


@given(st.data())
@settings(deadline=None, max_examples=rounds(200))
def test_every_number_that_fits_is_kept_and_every_other_refused(data: st.DataObject) -> None:
    precision = data.draw(st.integers(1, 38))
    scale = data.draw(st.integers(0, min(precision, 37)))
    field = decimal_field(precision=precision, scale=scale)
    digits = data.draw(st.integers(-(10 ** (precision + 1)), 10 ** (precision + 1)))
    text = f'{digits}E-{scale}'
    if abs(digits) < 10**precision:
        stored = field.parse(text)
        assert Decimal(stored) == Decimal(text)
        assert field.parse(stored) == stored
        assert re.fullmatch(field.json_schema()['pattern'], stored)
        assert re.fullmatch(rf'-?\d+\.\d{{{scale}}}' if scale else r'-?\d+', stored)
    else:
        with pytest.raises(ValueError, match='digits before the point'):
            field.parse(text)
