"""Lists agree with what plain Python makes of the same records."""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cmp_to_key
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.crud import listing
from tests.rounds import rounds
from tests.unit.crud.shop import ADMIN, OPEN, Shop, author

ITEMS = f"""
resource: items
fields:
  id: primary_key
  word: {{type: string, searchable: true}}
  price: {{type: decimal, precision: 20, scale: 3}}
  count: integer
  fresh: boolean
  day: date
  moment: timestamp
  tag: {{type: select, options: [red, blue]}}
interface: {{ordering: [word, -price]}}
{OPEN}"""
WORDS = st.text('aAbBöÖ%_\\ 😀"', min_size=1, max_size=3)
PRICES = st.sampled_from([None, '-1.000', '0.000', '0.001', '9.990', '10.000', '99999999999999999.999'])
DAYS = st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31)).map(str)
MOMENTS = st.integers(0, 3).map(lambda n: f'2026-01-0{n + 1}T00:00:00.00000{n}Z')
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            'word': st.none() | WORDS,
            'price': PRICES,
            'count': st.none() | st.integers(-3, 3) | st.just(2**63 - 1),
            'fresh': st.none() | st.booleans(),
            'day': st.none() | DAYS,
            'moment': st.none() | MOMENTS,
            'tag': st.sampled_from([None, 'red', 'blue']),
        }
    ),
    max_size=12,
)
SORTS = st.lists(
    st.sampled_from(['word', 'price', 'count', 'fresh', 'day', 'moment', 'tag', '_version']).flatmap(
        lambda name: st.sampled_from([name, f'-{name}'])
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda part: part.removeprefix('-'),
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    'eq': operator.eq,
    'lt': operator.lt,
    'lte': operator.le,
    'gt': operator.gt,
    'gte': operator.ge,
}


@pytest.fixture(scope='module')
def items(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp('items')
    shop = Shop(folder, {'entities/items.yaml': ITEMS})
    yield shop
    shop.close()


def fill(shop: Shop, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records made from `rows`, in the order of their creation, after all others have gone."""
    for record_id in shop.ids('items', 'limit=500'):
        shop.delete('items', record_id)
    records = shop.data.records
    made = [shop.run(records.create('items', row, author(ADMIN))).as_json() for row in rows]
    return [row | {'_created': number} for number, row in enumerate(made)]


def value(row: dict[str, Any], name: str) -> Any:
    """What a value is compared as."""
    return Decimal(row[name]) if name == 'price' and row[name] is not None else row[name]


def in_order(rows: list[dict[str, Any]], sorts: list[str]) -> list[str]:
    """The ids in the order that `sorts` asks for: values that are missing come last, and the creation decides ties."""
    sorts = [*sorts, '-_created' if sorts[-1].startswith('-') else '_created']

    def compare(one: dict[str, Any], two: dict[str, Any]) -> int:
        for part in sorts:
            a, b = value(one, part.removeprefix('-')), value(two, part.removeprefix('-'))
            if a == b:
                continue
            if a is None or b is None:
                return 1 if a is None else -1
            return (1 if a > b else -1) * (-1 if part.startswith('-') else 1)
        return 0

    return [row['id'] for row in sorted(rows, key=cmp_to_key(compare))]


@given(ROWS, SORTS, st.integers(1, 5))
@settings(deadline=None, max_examples=rounds(40))
def test_every_record_is_on_one_page_in_the_right_place(
    items: Shop, rows: list[dict[str, Any]], sorts: list[str], limit: int
) -> None:
    made = fill(items, rows)
    visited: list[str] = []
    query = f'sort={",".join(sorts)}&limit={limit}'
    page = items.page('items', query)
    while True:
        assert page.total == len(made)
        visited += [record.id for record in page.records]
        if page.next is None:
            break
        assert len(page.records) == limit
        page = items.page('items', f'{query}&cursor={page.next}')
    assert visited == in_order(made, sorts)
    assert visited == items.ids('items', f'sort={",".join(sorts)}&limit=500')
    for deep, few in ((listing.DEEP, listing.FEW), (1, listing.FEW), (1, 0)):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(listing, 'DEEP', deep)
            patched.setattr(listing, 'FEW', few)
            for offset in (limit, 2 * limit + 1, len(made) + 1):
                assert visited[offset : offset + limit] == items.ids('items', f'{query}&offset={offset}')


FILTERS = st.one_of(
    st.tuples(st.just('word'), st.sampled_from(list(COMPARE)), WORDS),
    st.tuples(st.just('price'), st.sampled_from(list(COMPARE)), PRICES.filter(bool)),
    st.tuples(st.just('count'), st.sampled_from(list(COMPARE)), st.integers(-3, 3)),
    st.tuples(st.just('day'), st.sampled_from(list(COMPARE)), DAYS),
    st.tuples(st.just('moment'), st.sampled_from(list(COMPARE)), MOMENTS),
    st.tuples(st.just('fresh'), st.just('eq'), st.booleans()),
    st.tuples(st.just('tag'), st.just('eq'), st.sampled_from(['red', 'blue', 'green'])),
)


@given(ROWS, st.lists(FILTERS, min_size=1, max_size=2))
@settings(deadline=None, max_examples=rounds(40))
def test_filters_agree_with_plain_python(items: Shop, rows: list[dict[str, Any]], filters: list[Any]) -> None:
    made = fill(items, rows)
    for name, *_ in filters:
        missing = {row['id'] for row in made if row[name] is None}
        assert set(items.ids('items', f'{name}[null]=true&limit=500')) == missing
    query = '&'.join(
        f'{name}[{op}]={str(wanted).lower() if name == "fresh" else wanted}' for name, op, wanted in filters
    )
    expected = {
        row['id']
        for row in made
        if all(
            row[name] is not None and COMPARE[op](value(row, name), Decimal(wanted) if name == 'price' else wanted)
            for name, op, wanted in filters
        )
    }
    page = items.page('items', query + '&limit=500')
    assert {record.id for record in page.records} == expected
    assert page.total == len(expected)


@given(ROWS, WORDS)
@settings(deadline=None, max_examples=rounds(40))
def test_search_and_contains_take_every_character_as_it_is(items: Shop, rows: list[Any], word: str) -> None:
    made = fill(items, rows)
    held = [row for row in made if row['word'] is not None]
    contains = {row['id'] for row in held if word.lower() in row['word'].lower()}
    assert set(items.ids('items', f'word[contains]={word}&limit=500')) == contains
    words = word.lower().split()
    found = {row['id'] for row in made if all(part in (row['word'] or '').lower() for part in words)}
    assert set(items.ids('items', f'search={word}&limit=500')) == found


@given(ROWS, st.lists(st.integers(-3, 3), min_size=1, max_size=3), PRICES.filter(bool))
@settings(deadline=None, max_examples=rounds(30))
def test_lists_of_values_and_inequality_agree_with_plain_python(
    items: Shop, rows: list[Any], counts: list[int], price: str
) -> None:
    made = fill(items, rows)
    among = {row['id'] for row in made if row['count'] in counts}
    assert set(items.ids('items', f'count[in]={",".join(map(str, counts))}&limit=500')) == among
    others = {row['id'] for row in made if row['price'] is None or Decimal(row['price']) != Decimal(price)}
    assert set(items.ids('items', f'price[ne]={price}&limit=500')) == others
