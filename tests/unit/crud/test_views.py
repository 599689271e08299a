"""Reading: what a list may be asked, who may read what, and cursors that go stale."""

from __future__ import annotations

import asyncio
import base64

import pytest

from app import codec
from app.crud import listing
from app.errors import Denied, Malformed, NotFound, NotLoggedIn
from app.permissions import ANONYMOUS
from tests.unit.crud.shop import ADMIN, ANN, BOB, SELLER, Shop


def settle(shop: Shop) -> Shop:
    """Three customers."""
    shop.create('customers', id='ada', name='Ada', email='ada@x.org', credit=1, since='2026-01-01', extra=[1])
    shop.create('customers', id='bob', name='Bob', credit=None, by=BOB)
    shop.create('customers', id='cy', name='Cy', credit=3)
    return shop


@pytest.fixture
def people(shop: Shop) -> Shop:
    """For tests that add to them."""
    return settle(shop)


@pytest.fixture(scope='module')
def settled(lasting_shop: Shop) -> Shop:
    """For tests that only ask."""
    return settle(lasting_shop)


@pytest.mark.parametrize(
    ('query', 'ids'),
    [
        ('', ['cy', 'bob', 'ada']),
        ('sort=name', ['ada', 'bob', 'cy']),
        ('sort=-credit', ['cy', 'ada', 'bob']),
        ('sort=credit', ['ada', 'cy', 'bob']),
        ('sort=id&limit=1', ['ada']),
        ('sort=-id&limit=1&offset=1', ['bob']),
        ('sort=name&limit=0', []),
        ('email=ADA@X.ORG', ['ada']),
        ('email[null]=true&sort=id', ['bob', 'cy']),
        ('extra[null]=false', ['ada']),
        ('id[in]=ada,cy&sort=id', ['ada', 'cy']),
        ('id[gt]=ada&sort=id', ['bob', 'cy']),
        ('credit[ne]=1&sort=id', ['bob', 'cy']),
        ('credit[gte]=1&credit[lt]=3', ['ada']),
        ('search=x.org ada', ['ada']),
        ('search=%', []),
        ('search=', ['cy', 'bob', 'ada']),
        ('name=\0', []),
        ("name=' OR 1=1 --", []),
        ('created_at[gt]=2001-01-01T00:00:00Z&sort=id', ['ada', 'bob', 'cy']),
    ],
)
def test_a_list_answers_what_the_address_asks(settled: Shop, query: str, ids: list[str]) -> None:
    assert settled.ids('customers', query) == ids


@pytest.mark.parametrize(
    ('query', 'message'),
    [
        ('nam=x', "There is no parameter 'nam', did you mean 'name'. Known are id, name, email, .*, limit, .*, sum"),
        ('name[like]=x', "name cannot be compared by 'like'; it knows eq, ne, in"),
        ('active[gt]=true', "active cannot be compared by 'gt'; it knows eq, ne, null"),
        ('extra=1', "extra cannot be compared by 'eq'; it knows null"),
        ('credit=much', 'credit must be a number like 12.50'),
        ('since=tomorrow', 'since must be a day like 2026-05-03'),
        ('active=maybe', 'active must be true or false'),
        ('sort=nam', "sort: there is no field 'nam' to sort customers by"),
        ('sort=extra', "sort: there is no field 'extra' to sort customers by"),
        ('limit=-1', "limit: must be a whole number from 0 to 500, not '-1'"),
        ('limit=９', 'must be a whole number'),
        ('offset=1e3', "offset: must be a whole number from 0 to .*, not '1e3'"),
        ('offset=9999999999999999', 'must be a whole number'),
        ('cursor=x', 'cursor: this is not the cursor of a page in this order'),
        ('cursor=é', 'cursor: this is not the cursor'),
        ('name[eq=x', 'There is no parameter'),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_what_would(settled: Shop, query: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        settled.page('customers', query)


def test_a_cursor_belongs_to_the_order_that_it_was_made_in(settled: Shop) -> None:
    cursor = settled.page('customers', 'sort=name&limit=1').next
    assert settled.ids('customers', f'sort=name&limit=5&cursor={cursor}') == ['bob', 'cy']
    for sort in ('-name', 'credit', 'name,credit', 'created_at'):
        with pytest.raises(Malformed, match='not the cursor of a page in this order'):
            settled.page('customers', f'sort={sort}&cursor={cursor}')


@pytest.mark.parametrize('values', [['x', 'y'], [{}, []], [None, None], ['9' * 99, 1], [True, 2**62], [1.5, '1']])
def test_a_forged_cursor_is_no_bug(settled: Shop, values: list[object]) -> None:
    cursor = base64.urlsafe_b64encode(codec.encode(['credit,_created', *values])).decode().rstrip('=')
    assert len(settled.ids('customers', f'sort=credit&cursor={cursor}')) <= 3


def test_a_page_is_no_larger_than_the_entity_allows(settled: Shop) -> None:
    page = settled.page('customers', 'limit=1&count=none')
    assert (page.total, len(page.records), page.next is not None) == (None, 1, True)
    assert len(settled.ids('customers', 'limit=500')) == 3
    with pytest.raises(Malformed, match=r"limit: must be a whole number from 0 to 500, not '501'\."):
        settled.page('customers', 'limit=501')


def test_pages_go_on_where_they_ended_when_records_come_and_go(people: Shop) -> None:
    page = people.page('customers', 'sort=name&limit=1')
    people.delete('customers', 'ada')
    people.create('customers', id='abe', name='Abe')
    assert people.ids('customers', f'sort=name&limit=5&cursor={page.next}') == ['bob', 'cy']


def test_a_record_is_found_however_its_id_is_encoded(settled: Shop) -> None:
    assert settled.get('customers', '%61da').id == 'ada'
    with pytest.raises(NotFound, match="There is no record 'a~b' in customers"):
        settled.get('customers', 'a~b')
    with pytest.raises(NotFound, match='is not an id'):
        settled.get('customers', '%FF')


def test_those_who_ask_at_once_are_all_answered(settled: Shop) -> None:
    async def ask() -> list[str]:
        views = settled.data.views
        found = await asyncio.gather(*(views.find('customers', id_) for id_ in ['ada', 'no', 'bob', 'ada', 'cy'] * 5))
        return [record.id if record else '' for record in found]

    assert settled.run(ask()) == ['ada', '', 'bob', 'ada', 'cy'] * 5


def test_what_has_no_table_fails_for_everyone_who_waits_and_nobody_else(settled: Shop) -> None:
    async def ask() -> list[object]:
        views = settled.data.views
        return await asyncio.gather(*(views.find('nothing', id_) for id_ in 'ab'), return_exceptions=True)

    assert [type(answer) for answer in settled.run(ask())] == [NotFound, NotFound]
    assert settled.get('customers', 'ada').id == 'ada'


def test_owners_see_their_own_records_and_nothing_of_others(shop: Shop) -> None:
    shop.create('orders', number='A', by=ANN)
    shop.create('orders', number='B', by=BOB)
    assert [shop.ids('orders', by=who) for who in (ANN, BOB, SELLER, ADMIN)] == [['A'], ['B'], ['B', 'A'], ['B', 'A']]
    assert shop.page('orders', 'number=B', by=ANN).total == 0
    page = shop.page('orders', 'limit=1&sort=number', by=SELLER)
    assert shop.page('orders', f'sort=number&cursor={page.next}', by=ANN).total == 1
    assert shop.run(shop.data.views.counts(ANN)) == {'customers': 0, 'orders': 1, 'lines': 0, 'staff': 0}
    with pytest.raises(NotFound):
        shop.get('orders', 'B', by=ANN)


def test_who_may_read_but_not_change_is_told_so(shop: Shop) -> None:
    shop.create('orders', number='A', by=ANN)
    with pytest.raises(Denied, match=r'delete is open to the owner of a record\. This one belongs to someone else'):
        shop.delete('orders', 'A', by=SELLER)


def test_nobody_reads_without_a_login_what_is_not_public(shop: Shop) -> None:
    with pytest.raises(NotLoggedIn, match='read needs a login'):
        shop.page('customers', by=ANONYMOUS)
    assert shop.run(shop.data.views.counts(ANONYMOUS)) == {}


@pytest.mark.parametrize(('looked_at', 'farthest'), [(1, 1), (1, 3), (64, 1024)])
def test_the_newest_come_first_however_few_are_looked_at(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, looked_at: int, farthest: int
) -> None:
    monkeypatch.setattr(listing, 'LOOKED_AT', looked_at)
    monkeypatch.setattr(listing, 'FARTHEST', farthest)
    made = [shop.create('customers', name=f'N{number}').id for number in range(12)]
    for number in (3, 4, 5, 10):
        shop.delete('customers', made[number])
    newest = [id_ for id_ in reversed(made) if id_ not in {made[number] for number in (3, 4, 5, 10)}]
    assert shop.ids('customers', 'sort=-_created&limit=5')[:5] == newest[:5]
    page = shop.page('customers', 'sort=-_created&limit=3&search=N')
    seen = [record.id for record in page.records]
    while page.next:
        page = shop.page('customers', f'sort=-_created&limit=3&search=N&cursor={page.next}')
        seen += [record.id for record in page.records]
    assert seen == newest
