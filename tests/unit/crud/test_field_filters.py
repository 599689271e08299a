"""Lists of records by lists, times, lengths of time and UUIDs: operators, expressions, order and groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import Malformed
from tests.unit.crud.shifts import SHIFTS
from tests.unit.crud.shop import ANN, OPEN, Shop

ROWS: dict[str, dict[str, Any]] = {
    'early': {'opens': '06:00', 'days': ['mon', 'tue'], 'tags': ['x', 'a, b'], 'length': '0:45', 'notes': 'Alpha'},
    'late': {'opens': '21:30:00.000001', 'days': ['wed'], 'tags': ['[x]'], 'length': '8h', 'notes': 'Beta'},
    'none': {'days': [], 'notes': None},
}


@pytest.fixture(scope='module')
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Three records to look for."""
    folder: Path = tmp_path_factory.mktemp('shifts')
    shop = Shop(folder, {'entities/shifts.yaml': SHIFTS})
    for record_id, values in ROWS.items():
        shop.create('shifts', id=record_id, **values)
    yield shop
    shop.close()


@pytest.mark.parametrize(
    ('query', 'ids'),
    [
        ('days[has]=mon', ['early']),
        ('days[has]=fri', []),
        ('days=tue,mon', ['early']),
        ('days[ne]=["wed"]', ['early', 'none']),
        ('days[null]=true', ['none']),
        ('tags[has]=a, b', ['early']),
        ('tags[has]=[x]', ['late']),
        ('tags[has]=b', []),
        ('tags=["x","a, b"]', ['early']),
        ('tags[null]=false', ['early', 'late']),
        ('opens=6:00', ['early']),
        ('opens[gt]=21:30', ['late']),
        ('opens[in]=06:00,07:00', ['early']),
        ('length[gte]=45m', ['early', 'late']),
        ('length[in]=2700,9h', ['early']),
        ('length[lt]=PT1H', ['early']),
        ('notes[contains]=ALPH', ['early']),
        ('search=beta', ['late']),
        ('ticket[null]=true', []),
        ('ticket=no uuid', []),
        ("filter='mon' IN days", ['early']),
        ("filter='x' IN (tags) OR '[x]' IN tags", ['early', 'late']),
        ('filter=tags IS NULL', ['none']),
        ("filter=opens < '09:00'", ['early']),
        ("filter=opens BETWEEN '21:00' AND '21:30:00.000001'", ['late']),
        ("filter=length / 3600 >= 8", ['late']),
        ("filter=notes LIKE 'A%' AND length(ticket) = 36", ['early']),
        ('opens[lte]=22:00&sort=-opens', ['late', 'early']),
    ],
)  # fmt: skip
def test_lists_are_filtered_by_them(filled: Shop, query: str, ids: list[str]) -> None:
    assert filled.ids('shifts', query if 'sort' in query else f'{query}&sort=id') == ids
    as_of = f'{query}&as_of={filled.log.position}'
    assert sorted(filled.ids('shifts', as_of)) == sorted(ids)


@pytest.mark.parametrize(
    ('query', 'message'),
    [
        ('days[contains]=m', "days cannot be compared by 'contains'; it knows eq, ne, has, null"),
        ('days=fri', "days must only hold mon, tue, wed; 'fri' is none of them"),
        ('opens=9', 'opens must be a time of day'),
        ('length=long', 'length must be a length of time'),
        ('sort=tags', "there is no field 'tags' to sort shifts by"),
        ("filter=days = 'mon'", 'a list and a text cannot be compared'),
        ('filter=coalesce(tags)', 'a list cannot be compared, at character'),
        ('filter=5 IN tags', 'only texts are in a list'),
        ("filter=opens > '9 am'", 'this is not a time'),
        ("filter=opens > '10:00Z'", 'this is not a time'),
        ('filter=opens > 9', 'a time and a number cannot be compared'),
        ('filter=opens + INTERVAL 1 HOUR > opens', 'a span of time can be added to a moment only'),
    ],
)
def test_questions_that_make_no_sense_are_refused(filled: Shop, query: str, message: str) -> None:
    with pytest.raises(Malformed) as refused:
        filled.page('shifts', query)
    assert message in refused.value.detail


def test_pages_go_on_in_the_order_of_times(filled: Shop) -> None:
    first = filled.page('shifts', 'sort=opens&limit=1')
    second = filled.page('shifts', f'sort=opens&limit=2&cursor={first.next}')
    assert [record.id for record in first.records + second.records] == ['early', 'late', 'none']


def test_they_are_summed_and_grouped(filled: Shop) -> None:
    answer = filled.run(filled.data.aggregates.groups('shifts', [('group_by', 'opens'), ('sum', 'length')], ANN))
    assert [(one['group']['opens'], one['sum']['length']) for one in answer['groups']] == [
        ('06:00:00', 2700), ('21:30:00.000001', 28800), (None, None),
    ]  # fmt: skip
    with pytest.raises(Malformed, match='is no value to compare'):
        filled.run(filled.data.aggregates.groups('shifts', [('group_by', 'tags')], ANN))


GOODS = f"""
resource: goods
fields:
  code: {{type: string, min_length: 2, unique: true, required: true}}
  rating: {{type: integer, min: 0, max: 10}}
  price: {{type: decimal, precision: 5, scale: 2, min: 0, max: 100}}
  day: {{type: date, min: 2020-01-01}}
key: [code]
{OPEN}"""


@pytest.mark.parametrize(
    ('query', 'ids'),
    [
        ('rating[lt]=11', ['AA', 'BB/1']),
        ('rating[gte]=-1', ['AA', 'BB/1']),
        ('rating[in]=10,11', ['BB/1']),
        ('price[gt]=9.994', ['BB/1']),
        ('price[lte]=9.995', ['AA']),
        ('price=9.991', []),
        ('price[in]=9.99,9.991', ['AA']),
        ('price[lt]=123456789012345678901234567890.5', ['AA', 'BB/1']),
        ('price[gt]=1e30', []),
        ('day[gt]=2019-12-31', ['AA', 'BB/1']),
        ('code=A', []),
        ('id=AA', ['AA']),
        ('id[in]=AA,BB%2F1,CC', ['AA', 'BB/1']),
        ('id[ne]=AA', ['BB/1']),
    ],
)
def test_what_is_compared_may_be_beyond_the_limits_of_what_is_stored(goods: Shop, query: str, ids: list[str]) -> None:
    found = goods.page('goods', f'{query}&sort=code').records
    assert [one.values['code'] for one in found] == ids


@pytest.fixture(scope='module')
def goods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two records whose fields have limits."""
    shop = Shop(tmp_path_factory.mktemp('goods'), {'entities/goods.yaml': GOODS})
    shop.create('goods', code='AA', rating=0, price='9.99', day='2020-01-01')
    shop.create('goods', code='BB/1', rating=10, price='10', day='2020-01-02')
    yield shop
    shop.close()


@pytest.mark.parametrize(
    ('query', 'message'),
    [
        (f'price[gt]={"1" * 37}.001', 'at most 38 digits'),
        ('price[gt]=1e999999999', 'at most 38 digits'),
        ('price[gt]=-1e-999999999', 'at most 38 digits'),
        ('price[gt]=x', 'must be a number'),
        (f'rating[lt]={2**63}', 'must be at most'),
        ('as_of=', 'as_of: is empty'),
    ],
)
def test_what_cannot_be_compared_is_refused(goods: Shop, query: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        goods.page('goods', query)
