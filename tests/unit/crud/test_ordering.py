"""Lists are sorted by what their foreign keys lead to, as far as one may read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Malformed
from tests.rounds import rounds
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, BOB, OPEN, Shop

CITIES = 'resource: cities\nkey: code\nfields: {code: string, size: integer}\n' + OPEN
PEOPLE = f"""
resource: people
fields:
  id: primary_key
  name: string
  pay: {{type: decimal, precision: 9, scale: 2, permissions: {{read: chief}}}}
  boss_id: {{type: foreign_key, references: people}}
  city_id: {{type: foreign_key, references: cities}}
{OPEN}"""
SORTS = ['boss_id.name', 'city_id.size', 'city.code', 'boss.boss.name', 'boss.city.size', 'name']
SIZES = {'a': 3, 'b': None, 'c': -1}


@pytest.fixture(scope='module')
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp('staff'), {'entities/people.yaml': PEOPLE, 'entities/cities.yaml': CITIES})
    for code, size in SIZES.items():
        shop.create('cities', code=code, size=size)
    for number in range(6):
        shop.create('people', id=str(number))
    yield shop
    shop.close()


def sorted_values(people: list[dict[str, Any]], one: dict[str, Any], sort: str) -> Any:
    """What a path leads to, in plain Python."""
    by_id = {person['id']: person for person in people}
    for step in sort.split('.')[:-1]:
        key = one[f'{step.removesuffix("_id")}_id'] if one else None
        one = {} if key is None else by_id[key] if 'boss' in step else {'code': key, 'size': SIZES[key]}
    return one.get(sort.rpartition('.')[2])


def in_order(people: list[dict[str, Any]], sorts: list[str]) -> list[str]:
    """The ids as they must come: what is missing last, ties by creation, the way the last one points."""
    people = people[::-1] if sorts[-1].startswith('-') else people
    for sort in reversed(sorts):
        values = {one['id']: sorted_values(people, one, sort.removeprefix('-')) for one in people}
        known = [one for one in people if values[one['id']] is not None]
        step = -1 if sort.startswith('-') else 1
        known = sorted(known[::step], key=lambda one: values[one['id']])[::step]
        people = known + [one for one in people if values[one['id']] is None]
    return [one['id'] for one in people]


@settings(max_examples=rounds(80), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(['x', 'y', None]), st.sampled_from([*'012345', None]), st.sampled_from([*SIZES, None])
        ),
        min_size=6,
        max_size=6,
    ),
    st.lists(
        st.sampled_from([*SORTS, *(f'-{sort}' for sort in SORTS)]),
        min_size=1,
        max_size=3,
        unique_by=lambda sort: sort.removeprefix('-'),
    ),
    st.integers(1, 6),
)
def test_pages_are_in_the_order_of_what_foreign_keys_lead_to_now_and_in_the_past(
    staff: Shop, rows: list[tuple[str | None, str | None, str | None]], sorts: list[str], limit: int
) -> None:
    people = [
        {'id': str(number), 'name': name, 'boss_id': boss, 'city_id': city}
        for number, (name, boss, city) in enumerate(rows)
    ]
    for one in people:
        staff.change('people', str(one['id']), name=one['name'], boss_id=one['boss_id'], city_id=one['city_id'])
    expected, position = in_order(people, sorts), staff.log.position
    query = f'sort={",".join(sorts)}&limit={limit}'
    assert pages(staff, query) == expected
    assert staff.ids('people', f'{query}&offset=2') == expected[2 : 2 + limit]
    staff.change('people', '0', name='z', boss_id=None, city_id='c')
    assert pages(staff, f'{query}&as_of={position}') == expected


def pages(shop: Shop, query: str) -> list[str]:
    """The ids on all pages, from one cursor to the next."""
    page = shop.page('people', query)
    found = [one.id for one in page.records]
    while page.next:
        page = shop.page('people', f'{query}&cursor={page.next}')
        found += [one.id for one in page.records]
    return found


def test_what_one_may_not_read_of_others_counts_as_missing(open_shop: OpenShop) -> None:
    own = 'permissions: {create: authenticated, read: owner, update: owner, delete: owner}\n'
    customers = f'resource: customers\nfields: {{id: primary_key, name: string}}\n{own}'
    orders = 'resource: orders\nfields:\n  id: primary_key\n  customer_id: {type: foreign_key, references: customers}\n'
    shop = open_shop({'entities/customers.yaml': customers, 'entities/orders.yaml': orders + OPEN})
    for by, name in ((ANN, 'c'), (BOB, 'a'), (ANN, 'b')):
        customer = shop.create('customers', by=by, name=name).id
        shop.create('orders', by=ADMIN, id=f'of-{name}', customer_id=customer)
    assert shop.ids('orders', 'sort=customer_id.name', by=ADMIN) == ['of-a', 'of-b', 'of-c']
    assert shop.ids('orders', 'sort=customer_id.name', by=ANN) == ['of-b', 'of-c', 'of-a']
    assert shop.ids('orders', 'sort=customer_id.name', by=BOB) == ['of-a', 'of-c', 'of-b']
    assert shop.ids('orders', "sort=customer_id.name&filter=customer_id.name <> 'b'", by=ANN) == ['of-c']


@pytest.mark.parametrize(
    ('sort', 'refusal'),
    [
        ('boss_id.nothing', "sort: there is no field 'nothing', at character 1: 'boss_id.nothing'."),
        ('boss_id.pay', "sort: there is no field 'pay', at character 1: 'boss_id.pay'."),
        ('name.size', "sort: name leads to no other record, at character 1: 'name.size'."),
        ('boss.boss.boss.boss.name', "sort: 'boss.boss.boss.boss.name' leads over more than 3 records."),
        ('name,-boss.name,-boss_id.name', 'sort: boss_id.name stands twice.'),
        ('id,nothing', "sort: there is no field 'nothing' to sort people by."),
        (','.join(['name'] * 21), 'sort: at most 20 fields can be named, these are 21.'),
        ('boss_id.id', 'sort: people cannot be sorted by boss_id.id.'),
        ('boss_id.name"', "sort: there is no field 'boss_id.name\"' to sort people by."),
        ('1.5', "sort: there is no field '1.5' to sort people by."),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_by_name(staff: Shop, sort: str, refusal: str) -> None:
    with pytest.raises(Malformed) as refused:
        staff.page('people', f'sort={sort}', by=ANN)
    assert refused.value.detail == refusal


def test_paths_lead_through_whatever_fields_are_called(open_shop: OpenShop) -> None:
    """One name may be two others joined, and words of the language are names as well."""
    people = 'resource: people\nfields: {id: primary_key, select: string}\n' + OPEN
    nodes = """resource: nodes
fields:
  id: primary_key
  parent: {type: foreign_key, references: nodes}
  owner: {type: foreign_key, references: people}
  parent_owner: {type: foreign_key, references: people}
"""
    shop = open_shop({'entities/people.yaml': people, 'entities/nodes.yaml': nodes + OPEN})
    for name in 'ab':
        shop.create('people', id=name, select=name)
        shop.create('nodes', id=f'of-{name}', owner=name)
    for one, other in ('ab', 'ba'):
        shop.create('nodes', id=f'{one}{other}', parent=f'of-{one}', parent_owner=other)
    own = 'filter=parent IS NOT NULL'
    for sorts, expected in {
        'parent.owner.select,parent_owner.select': ['ab', 'ba'],
        '-parent.owner.select,parent_owner.select': ['ba', 'ab'],
        'parent_owner.select,parent.owner.select': ['ba', 'ab'],
        'parent_owner.select,-parent.owner.select': ['ba', 'ab'],
    }.items():
        assert shop.ids('nodes', f'sort={sorts}&{own}') == expected
    assert shop.ids('nodes', """filter=parent.owner."select" = 'a' AND parent_owner."select" = 'b'""") == ['ab']
    assert shop.ids('nodes', """filter=parent_owner."select" = 'a' AND parent.owner."select" = 'b'""") == ['ba']
