"""`filter=` on lists: the language over records, those they lead to, and the past."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import Malformed
from app.permissions import Principal
from tests.unit.crud.shop import ANN, BOB, DOCUMENTS, SELLER, Shop

SALARIES = """
resource: salaries
fields:
  id: primary_key
  person_id: {type: foreign_key, references: customers}
  amount: {type: decimal, permissions: {read: boss}}
permissions: {create: authenticated, read: authenticated}
"""
BOSS = Principal(id='boss', name='boss', roles=frozenset({'boss'}))


@pytest.fixture(scope='module')
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Three customers and their orders."""
    folder: Path = tmp_path_factory.mktemp('trading')
    shop = Shop(folder, {**DOCUMENTS, 'entities/salaries.yaml': SALARIES})
    shop.create('customers', id='ada', name='Ada', credit=100, since='2026-01-01', active=True)
    shop.create('customers', id='bob', name='Bob', credit=None, active=False)
    shop.create('customers', id='cy', name='Cy', credit='3.50')
    for number, customer in (('1', 'ada'), ('2', 'cy'), ('3', None)):
        shop.create('orders', number=number, customer_id=customer)
    shop.create('lines', order_id='1', line=1, text='tea')
    shop.create('salaries', id='s', person_id='ada', amount=5)
    yield shop
    shop.close()


@pytest.mark.parametrize(
    ('entity', 'query', 'ids'),
    [
        ('customers', "filter=name = 'Ada'", ['ada']),
        ('customers', 'filter=credit * 2 > 7', ['ada']),
        ('customers', 'filter=credit IS NULL', ['bob']),
        ('customers', "filter=lower(name) LIKE 'a%' OR credit BETWEEN 3 AND 4", ['ada', 'cy']),
        ('customers', "filter=coalesce(credit, 0) < 10&name=Bob", ['bob']),
        ('customers', "filter=active&filter=since < @today", ['ada']),
        ('customers', 'filter=created_at > @now - INTERVAL 1 HOUR&sort=-id&limit=1', ['cy']),
        ('customers', "filter=_owner = 'ann'", ['ada', 'bob', 'cy']),
        ('orders', "filter=customer_id.name = 'Ada'", ['1']),
        ('orders', 'filter=customer.credit < 50', ['2']),
        ('orders', 'filter=customer_id.name IS NULL', ['3']),
        ('lines', "filter=order.customer.name = 'Ada' AND text <> 'milk'", ['1~1']),
    ],
)  # fmt: skip
def test_a_filter_finds(trading: Shop, entity: str, query: str, ids: list[str]) -> None:
    page = trading.page(entity, query if 'sort' in query else f'{query}&sort=id')
    assert [record.id for record in page.records] == ids
    assert page.total == len(ids) or 'limit' in query


@pytest.mark.parametrize(
    ('query', 'message'),
    [
        ("nam = 'x'", "there is no field 'nam', did you mean 'name'?, at character 1"),
        ('credit > "x"', "there is no field 'x', at character 10"),
        ("credit > 'x'", "this is not a number, at character 10: \"'x'\""),
        ("credit = 1 AND since = '2026-13-01'", 'this is not a date, at character 24'),
        ('name + 1 = 2', 'a text cannot be calculated with, at character 1'),
        ('credit', 'must be a boolean, not a number, at character 1'),
        ('name = ', 'this is not an expression'),
        ("name = 'a", 'this is not an expression'),
        ('name; DROP TABLE events', 'filter: a second expression after a semicolon is not part of the language'),
        ('(SELECT 1) = 1', 'filter: a subquery is not part of the language'),
        ('name = *', "filter: a star is not part of the language, at character 8: '*'"),
        ('credit ^ 1 = 1', "filter: this is not part of the language, at character 1: 'credit ^ 1 = 1'"),
        ("@user.email = 'x'", 'known are @user.id, @user.name, @user.roles, @now, @today, at character 1'),
        ('since > @today - INTERVAL 1 MONTH', 'a whole number of WEEK, DAY, HOUR, MINUTE, SECOND, at character 9'),
        ('INTERVAL 1 DAY > 1', 'an INTERVAL that is not added to a moment'),
        ("getenv('HOME') = 'x'", "there is no function 'getenv'"),
        ('count(*) > 1', 'filter: this is not part of the language; functions are abs, coalesce'),
        ('name::integer = 1', 'only DATE'),
        ('name.x = 1', 'name leads to no other record'),
        ('extra = 1', 'a JSON value and a number cannot be compared'),
        ('coalesce(extra) IS NULL', 'a JSON value cannot be compared, at character 10'),
        ("contains(7, 'x')", "contains takes text here, not a number, at character 10"),
        ('(' * 80 + 'active' + ')' * 80, 'this is not an expression'),
        ('NOT ' * 70 + 'active', 'nested too deeply'),
        ('active' + ' OR active' * 900, 'more than 4,000 characters'),
        ('name = $1', 'a placeholder is not part of the language'),
        ('credit = 1e400', 'too many digits'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_character(trading: Shop, query: str, message: str) -> None:
    with pytest.raises(Malformed) as refused:
        trading.page('customers', f'filter={query}')
    assert message in refused.value.detail


def test_the_past_is_filtered_by_what_was_true_then(trading: Shop) -> None:
    before = trading.log.position
    trading.change('customers', 'ada', name='Ida')
    trading.change('customers', 'ada', name='Ada')
    renamed = "filter=customer.name = 'Ida'&sort=number&as_of="
    assert trading.ids('orders', f'{renamed}{before}') == []
    assert trading.ids('orders', f'{renamed}{before + 1}') == ['1']
    assert trading.ids('orders', f'{renamed}{before + 2}') == []


def test_what_one_may_not_see_is_not_there_to_filter_by(trading: Shop) -> None:
    assert trading.ids('salaries', 'filter=amount > 1', by=BOSS) == ['s']
    with pytest.raises(Malformed, match="no field 'amount'"):
        trading.page('salaries', 'filter=amount > 1', by=ANN)
    assert trading.ids('lines', "filter=order.status = 'draft'", by=SELLER) == ['1~1']
    assert trading.ids('lines', "filter=order.status = 'draft'", by=BOB) == [], 'who owns no orders'


def test_pages_of_a_filtered_list_go_on_and_count_everything(trading: Shop) -> None:
    first = trading.page('customers', 'filter=length(name) > 0&sort=name&limit=2')
    second = trading.page('customers', f'filter=length(name) > 0&sort=name&limit=2&cursor={first.next}')
    assert [record.id for record in first.records + second.records] == ['ada', 'bob', 'cy']
    assert (first.total, second.total, second.next) == (3, 3, None)


def test_the_words_of_a_user_are_his_own(trading: Shop) -> None:
    assert trading.ids('customers', 'filter=_owner = @user.id&sort=id', by=ANN) == ['ada', 'bob', 'cy']
    assert trading.ids('customers', 'filter=_owner = @user.id', by=BOB) == []
    assert trading.ids('customers', "filter='sales' IN @user.roles&limit=1&sort=id", by=SELLER) == ['ada']
    assert trading.ids('customers', "filter=name = '@user.id'") == []
