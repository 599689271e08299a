"""Lists read from sorted copies are those that the table gives, whatever was written since."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.crud import copies
from app.crud.copies import Found
from app.crud.query import Query
from app.events.database import Error
from tests.rounds import rounds
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, CUSTOMERS, DOCUMENTS, Shop

Parameters = list[tuple[str, str]]
SORTS = ['name', '-name', 'credit,-name', '-active,since', 'since', '-_version', 'id', '-id']
NAMES = st.sampled_from(['a', 'B', 'b', 'é', 'İ', "o'%_\\"])
FILTERS = [
    ('credit[gte]', '2'),
    ('name', 'b'),
    ('active', 'true'),
    ('since[null]', 'true'),
    ('search', 'b'),
    ('email', 'x'),
    ('name[in]', 'a,b'),
    ('filter', "name = 'b'"),
    ('id[ne]', 'c1'),
]
VERBS = st.one_of(
    st.tuples(st.sampled_from(['create', 'change', 'delete', 'restore']), st.integers(0, 9), NAMES),
    st.tuples(
        st.just('list'),
        st.integers(0, 3),
        st.tuples(st.sampled_from(SORTS), st.lists(st.sampled_from(FILTERS), max_size=2)),
    ),
)


@pytest.fixture(scope='module', autouse=True)
def small() -> Iterator[None]:
    """Copies of tables of any size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, 'FEWEST', -1)
        patch.setattr(copies, 'REST', 0.0)
        patch.setattr(copies, 'RESTS', 0)
        yield


def query_of(shop: Shop, parameters: Parameters) -> Query:
    return shop.data.views.query(shop.catalog.table('customers'), [*parameters, ('count', 'none')], ADMIN)


async def found(shop: Shop, parameters: Parameters, tries: int = 200) -> Found | None:
    """The copy that answers this, once it had the time to be made."""
    shop.data.views.holds_all('customers')  # forgets what a former config has left
    for _ in range(tries):
        if copy := shop.data.views.copies.find(shop.catalog.table('customers'), query_of(shop, parameters)):
            return copy
        await asyncio.sleep(0.001)
    return None


def fill(shop: Shop, *names: str) -> None:
    for number, name in enumerate(names):
        shop.create('customers', id=f'c{number}', name=name)


def ids(shop: Shop, parameters: Parameters) -> list[str]:
    """Those of all pages; memory and the table must give the same."""
    listed, cursor = list[str](), ''
    while True:
        asked = [*parameters, ('limit', '2'), ('cursor', cursor)]
        page = shop.run(shop.data.views.page('customers', asked, ADMIN))
        at_hand = shop.run(shop.data.at_hand.page('customers', asked, ADMIN))
        assert at_hand in {None, codec.encode(page.as_json())}
        listed += [record.id for record in page.records]
        if not (cursor := page.next or ''):
            return listed


@settings(max_examples=rounds(40), deadline=None)
@given(verbs=st.lists(VERBS, max_size=25))
def test_lists_are_those_of_the_table_whatever_was_written_between(
    lasting_shop: Shop, verbs: list[tuple[str, int, object]]
) -> None:
    shop = lasting_shop
    for verb, number, what in verbs:
        record_id = f'c{number}'
        events = shop.events(f'customers/{record_id}')
        there = bool(events) and events[-1].type != 'deleted'
        if verb == 'create' and not there:
            shop.create('customers', id=record_id, name=what, credit=number % 4, active=(None, True, False)[number % 3])
        elif verb == 'change' and there:
            shop.change('customers', record_id, name=what, since=(None, '2026-01-02')[number % 2])
        elif verb == 'delete' and there:
            shop.delete('customers', record_id)
        elif verb == 'restore' and events and not there:
            shop.restore('customers', record_id)
        elif verb == 'list' and isinstance(what, tuple):
            sort, filters = what
            assert shop.run(found(shop, [('sort', sort)]))
            parameters = [('sort', sort), *filters]
            ids(shop, [*parameters, ('offset', str(number))] if number else parameters)


def test_an_order_asked_for_often_gets_a_copy_that_is_read(shop: Shop) -> None:
    fill(shop, 'b', 'a', 'c')
    asked = [('sort', 'name'), ('credit[gte]', '1')]
    assert shop.run(found(shop, asked, copies.OFTEN - 1)) is None
    name, changed = shop.run(found(shop, asked)) or ('', [])
    assert (name[:12], changed) == ('copies.main.', [])
    shop.query(f"UPDATE {name} SET credit = 0 WHERE id = 'c1'")
    page = shop.run(shop.data.at_hand.page('customers', [*asked, ('limit', '1')], ADMIN))
    assert page and [one['id'] for one in codec.decode(page)['records']] == ['c0']
    shop.query(f"UPDATE {name} SET credit = 5 WHERE id = 'c1'")
    shop.change('customers', 'c0', name='0')
    assert shop.run(found(shop, asked)) == (name, ['c0'])
    assert ids(shop, asked) == ['c0', 'c1', 'c2']


def test_many_changes_have_the_table_read_and_the_copy_made_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(shop, 'b', 'a')
    asked = [('sort', 'name')]
    before = shop.run(found(shop, asked))
    monkeypatch.setattr(copies, 'USELESS', 2)
    monkeypatch.setattr(copies, 'OUTDATED', 2)
    fill_more = [shop.create('customers', name=name) for name in 'xyz']
    assert shop.run(found(shop, asked, 1)) is None
    assert ids(shop, asked) == ['c1', 'c0', *(record.id for record in fill_more)]
    after = shop.run(found(shop, asked))
    assert before and after and after[0] != before[0]
    assert after[1] == []
    shop.run(asyncio.sleep(0.05))
    assert len(shop.query("SELECT * FROM duckdb_tables() WHERE database_name = 'copies'")) == 1


def test_what_a_copy_cannot_answer_is_read_from_the_table(shop: Shop) -> None:
    fill(shop, 'b', 'a')
    assert shop.run(found(shop, [('sort', 'name')]))
    others = [('as_of', '9'), ('filter', "name = 'b'"), ('name[in]', 'a,b'), ('offset', '5000'), ('sort', '-_created')]
    for other in others:
        assert shop.run(found(shop, [('sort', 'name'), other], 5)) is None


def test_copies_are_few_and_a_new_config_has_none(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, 'MOST', 2)
    shop = open_shop(DOCUMENTS)
    fill(shop, 'b', 'a')
    for sort in SORTS[:4]:
        assert shop.run(found(shop, [('sort', sort)]))
    shop.run(asyncio.sleep(0.05))
    tables = "SELECT * FROM duckdb_tables() WHERE database_name = 'copies'"
    assert len(shop.query(tables)) == 2
    shop.configure(DOCUMENTS | {'entities/customers.yaml': CUSTOMERS.replace('since: date', 'until: date')})
    assert shop.run(found(shop, [('sort', 'name')], 1)) is None
    shop.run(asyncio.sleep(0.05))
    assert shop.query(tables) == []


def test_a_copy_that_cannot_be_made_or_is_gone_only_means_sorting(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(shop, 'b', 'a')
    asked = [('sort', 'name')]
    name, _ = shop.run(found(shop, asked)) or ('', [])
    shop.query(f'DROP TABLE {name}')
    assert ids(shop, asked) == ['c1', 'c0']
    real = shop.log.database.read

    async def fail(question: object, *, narrow: bool = False) -> object:
        raise Error('no room')

    monkeypatch.setattr(shop.log.database, 'read', fail)
    assert shop.run(found(shop, [('sort', '-name')], 20)) is None
    monkeypatch.setattr(shop.log.database, 'read', real)
    assert ids(shop, [('sort', '-name')]) == ['c0', 'c1']


def test_what_changes_while_a_copy_is_made_is_read_from_the_table(shop: Shop) -> None:
    fill(shop, 'b', 'a')
    asked, written = [('sort', 'name')], shop.events('customers/c0')

    async def story() -> Found | None:
        await found(shop, asked, copies.OFTEN - 1)
        shop.data.views.copies.find(shop.catalog.table('customers'), query_of(shop, asked))
        shop.data.views.copies.note('customers', written)
        return await found(shop, asked)

    copy = shop.run(story())
    assert copy and copy[1] == ['c0']
    assert ids(shop, asked) == ['c1', 'c0']


def test_records_that_left_the_first_page_make_room_for_the_next(shop: Shop) -> None:
    fill(shop, *'abcdefgh')
    asked = [('sort', 'name')]
    assert shop.run(found(shop, asked))
    for number in range(3):
        shop.change('customers', f'c{number}', name='z')
    copy = shop.run(found(shop, asked))
    assert copy and sorted(copy[1]) == ['c0', 'c1', 'c2']
    assert ids(shop, asked) == ['c3', 'c4', 'c5', 'c6', 'c7', 'c0', 'c1', 'c2']


def test_a_column_that_a_copy_lacks_is_asked_of_the_table(shop: Shop) -> None:
    fill(shop, 'b', 'a')
    assert shop.run(found(shop, [('sort', 'name')]))
    query = query_of(shop, [('sort', 'name')])
    query.add('t."extra" IS NULL')
    assert shop.data.views.copies.find(shop.catalog.table('customers'), query) is None
