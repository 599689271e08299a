"""Sums over lists are what plain Python makes of the same records."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from app.crud.grouping import asks_for_groups
from app.errors import Denied, Malformed
from app.permissions import ANONYMOUS, Principal
from tests.unit.crud.shop import ADMIN, ANN, BOB, SELLER, Shop

Groups = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def groups(shop: Shop) -> Groups:
    """`groups(entity, query)`: the lines of the answer."""
    for number in range(1, 7):
        shop.create('customers', id=f'c{number}', name='AB'[number % 2], credit=number * 1.5, since='2026-01-31')
    shop.create('customers', id='c7', name='C', credit=None)
    for number in range(1, 5):
        shop.create('orders', number=str(number), customer_id=f'c{number % 2 + 1}', by=ANN if number > 1 else BOB)

    def ask(entity: str, query: str, by: Principal = ADMIN) -> list[dict[str, Any]]:
        parameters = [(name, text) for name, _, text in (part.partition('=') for part in query.split('&'))]
        assert asks_for_groups(parameters)
        return list(shop.run(shop.data.aggregates.groups(entity, parameters, by))['groups'])

    return ask


def test_groups_come_with_their_sums(groups: Groups) -> None:
    lines = groups('customers', 'group_by=name&sum=credit&avg=credit&min=credit&count=*')
    assert [line['group']['name'] for line in lines] == ['A', 'B', 'C']
    assert [line['count'] for line in lines] == [3, 3, 1]
    assert [line['sum']['credit'] for line in lines] == ['18.00', '13.50', None]
    assert [line['avg']['credit'] for line in lines] == [6.0, 4.5, None]
    assert [line['min']['credit'] for line in lines] == ['3.00', '1.50', None]


def test_counting_a_field_counts_the_records_that_have_a_value(shop: Shop, groups: Groups) -> None:
    position = shop.log.position
    shop.create('customers', id='c8', name='C', credit=1)
    lines = groups('customers', 'group_by=name&count=credit')
    assert lines == [
        {'group': {'name': name}, 'count': {'credit': count}} for name, count in (('A', 3), ('B', 3), ('C', 1))
    ]
    assert groups('customers', 'group_by=name&count=*&count=credit, since')[2]['count'] == {
        '*': 2,
        'credit': 1,
        'since': 0,
    }
    assert groups('customers', f'group_by=name&count=credit&as_of={position}')[2]['count'] == {'credit': 0}
    assert groups('customers', 'group_by=name&count=lower(email)&count=extra')[0]['count'] == {
        'lower(email)': 0,
        'extra': 0,
    }
    with pytest.raises(Malformed, match="no field 'notes'"):
        groups('customers', 'group_by=name&count=notes')


def test_without_groups_everything_is_one(groups: Groups) -> None:
    assert groups('customers', 'count=*') == [{'group': {}, 'count': 7}]
    assert groups('customers', 'sum=credit&filter=credit > 100') == [{'group': {}, 'sum': {'credit': None}}]
    most = sum(Decimal(number * 1.5) for number in range(1, 7)) * 2
    assert groups('customers', 'sum=credit * 2') == [{'group': {}, 'sum': {'credit * 2': f'{most:.2f}'}}]


def test_groups_and_sums_may_be_expressions_and_follow_foreign_keys(groups: Groups) -> None:
    assert groups('orders', 'group_by=customer.name&count=*&sort=-count') == [
        {'group': {'customer.name': 'A'}, 'count': 2},
        {'group': {'customer.name': 'B'}, 'count': 2},
    ]
    assert groups('customers', 'group_by=year(since)&max=since&distinct=name') == [
        {'group': {'year(since)': 2026}, 'max': {'since': '2026-01-31'}, 'distinct': {'name': 2}},
        {'group': {'year(since)': None}, 'max': {'since': None}, 'distinct': {'name': 1}},
    ]


def test_only_what_one_may_read_is_summed(groups: Groups) -> None:
    assert groups('orders', 'count=*', by=ANN) == [{'group': {}, 'count': 3}]
    assert groups('orders', 'count=*', by=SELLER) == [{'group': {}, 'count': 4}]
    with pytest.raises(Denied):
        groups('orders', 'count=*', by=Principal(id='x', name='x', scopes=frozenset({'customers:read'})))
    with pytest.raises(Exception, match='needs a login'):
        groups('customers', 'count=*', by=ANONYMOUS)


def test_as_many_groups_come_as_are_asked_for(shop: Shop, groups: Groups) -> None:
    assert [line['group']['name'] for line in groups('customers', 'group_by=name&limit=2')] == ['A', 'B']
    for limit, more in ((0, True), (2, True), (3, False), (10_000, False)):
        parameters = [('group_by', 'name'), ('limit', str(limit))]
        answer = shop.run(shop.data.aggregates.groups('customers', parameters, ADMIN))
        assert (len(answer['groups']), answer['more']) == (min(limit, 3), more)


@pytest.mark.parametrize(
    ('sort', 'names'),
    [
        ('-sum.credit', 'ABC'),
        ('sum.credit', 'BAC'),
        ('-name', 'CBA'),
        ('count,-name', 'CBA'),
        ('-count,avg.credit', 'BAC'),
        ('name', 'ABC'),
        ('', 'ABC'),
        ('-coalesce(name, email)', 'CBA'),
    ],
)
def test_groups_come_in_the_order_asked_for_and_what_is_missing_last(groups: Groups, sort: str, names: str) -> None:
    lines = groups('customers', f'group_by=name&group_by=coalesce(name, email)&sum=credit&avg=credit&sort={sort}')
    assert ''.join(line['group']['name'] for line in lines) == names


def test_the_past_is_summed_as_it_was(shop: Shop, groups: Groups) -> None:
    before = shop.log.position
    shop.change('customers', 'c1', credit=1000)
    assert groups('customers', f'max=credit&as_of={before}') == [{'group': {}, 'max': {'credit': '9.00'}}]
    assert groups('customers', 'max=credit') == [{'group': {}, 'max': {'credit': '1000.00'}}]


@pytest.mark.parametrize(
    ('query', 'message'),
    [
        ('sum=name', "'name' is no number"),
        ('group_by=extra', "'extra' is no value to compare"),
        ('group_by=nme', "group_by: there is no field 'nme'"),
        ('group_by=name&offset=5', 'groups come all at once'),
        ('group_by=name&limit=-1', 'limit: must be a whole number from 0 to 10,000'),
        ('group_by=name&limit=10001', "from 0 to 10,000, not '10001'"),
        (
            'group_by=name&sum=credit&sort=credit',
            "sort: groups can be sorted by count, name, sum.credit; there is no 'credit' among those.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(groups: Groups, query: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        groups('customers', query)
