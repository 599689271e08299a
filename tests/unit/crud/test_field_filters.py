"""Lists of records by lists, times, lengths of time and UUIDs: operators, expressions, order and groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import Malformed
from tests.unit.crud.shifts import SHIFTS
from tests.unit.crud.shop import ANN, Shop

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
