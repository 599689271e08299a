"""What stands before, after and in place of a value."""

from __future__ import annotations

import pytest

from pages.grid import column
from tests.unit.fields.sample import field


def test_units_and_examples_are_part_of_the_description() -> None:
    assert field('integer', unit='kg', placeholder='12').described()['description'] == 'In kg. Such as 12.'
    assert field('string', help='Who?', placeholder='Ada').described()['description'] == 'Who? Such as Ada.'
    priced = field('decimal', help='What it costs.', currency='EUR', unit='/ kg')
    assert priced.described()['description'] == 'What it costs. In EUR / kg.'
    assert field('integer', unit='kg').described()['description'] == 'In kg'
    assert 'description' not in field('string').described()


def test_a_grid_knows_the_currency_and_the_unit() -> None:
    priced = column(field('decimal', currency='EUR', unit='/ kg'))
    assert (priced['currency'], priced['unit']) == ('EUR', '/ kg')
    assert (column(field('integer', unit='kg'))['unit'], column(field('integer'))['currency']) == ('kg', '')


@pytest.mark.parametrize('currency', ['Euro', 'eur', 'EU1', '€'])
def test_a_currency_is_three_capitals(currency: str) -> None:
    with pytest.raises(ValueError, match='should match pattern'):
        field('decimal', currency=currency)
