"""Searches in memory find what the database finds, or say nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from app import codec
from app.crud import searched, texts
from app.crud.query import Query
from app.events import Event
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, DOCUMENTS, Shop, author


def query_of(shop: Shop, entity: str, words: str, **more: Any) -> Query:
    parameters = [('search', words), ('count', 'none'), *((name, str(value)) for name, value in more.items())]
    return shop.data.views.query(shop.catalog.table(entity), parameters, ADMIN)


def found(shop: Shop, entity: str, words: str, **more: Any) -> list[str] | None:
    """The ids that memory finds, once it has read what it can."""
    searches, table = shop.data.views.searches, shop.catalog.table(entity)
    shop.data.views.holds_all(entity)  # forgets what a former config has left

    async def find() -> list[str] | None:
        for _ in range(200):
            rows = await searches.newest(table, query_of(shop, entity, words, **more))
            if rows is not None:
                return [id_ for id_, _, _ in rows]
            await asyncio.sleep(0.001)
        return None

    return shop.run(find())


def fill(shop: Shop, *titles: str) -> None:
    for number, title in enumerate(titles):
        shop.create('customers', id=f'c{number}', name=title)


def test_all_words_are_found_in_any_field_the_newest_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searched, 'FULL', 2)
    fill(shop, 'Ann', 'Bob', 'Anna Bobson', 'Joanne')
    shop.change('customers', 'c1', email='ann@example.org')
    assert found(shop, 'customers', 'ANN') == ['c3', 'c2', 'c1', 'c0']
    assert found(shop, 'customers', 'ann bob') == ['c2', 'c1']
    assert found(shop, 'customers', 'ann', limit=1, offset=1) == ['c2', 'c1']
    assert found(shop, 'customers', 'nowhere') == []
    shop.create('customers', id='c4', name='Anny')
    shop.delete('customers', 'c3')
    assert found(shop, 'customers', 'ann', limit=2) == ['c4', 'c2', 'c1']


def test_what_memory_cannot_tell_is_left_to_the_database(open_shop: OpenShop) -> None:
    dated = DOCUMENTS['entities/customers.yaml'].replace('since: date', 'since: {type: date, searchable: true}')
    shop = open_shop(DOCUMENTS)
    fill(shop, 'Ann')
    assert found(shop, 'customers', 'ann') == ['c0']
    table, searches = shop.catalog.table('customers'), shop.data.views.searches
    others = [{'count': 'exact'}, {'sort': 'name'}, {'active': 'true'}, {'as_of': '9'}, {'filter': "name = 'Ann'"}]
    for other in others:
        assert shop.run(searches.newest(table, query_of(shop, 'customers', 'ann', **other))) is None
    assert shop.run(searches.newest(table, query_of(shop, 'customers', 'a' * 50))) is None
    assert shop.run(searches.newest(table, query_of(shop, 'customers', 'a\0'))) is None
    assert shop.run(searches.newest(table, query_of(shop, 'customers', ''))) is None
    assert found(open_shop(DOCUMENTS | {'entities/customers.yaml': dated}), 'customers', 'ann') is None


def test_what_came_while_the_texts_were_read_is_found(shop: Shop) -> None:
    fill(shop, 'Ann', 'Anna')

    async def story() -> None:
        records, searches, table = shop.data.records, shop.data.views.searches, shop.catalog.table('customers')
        assert await searches.newest(table, query_of(shop, 'customers', 'ann')) is None
        await records.create('customers', {'id': 'c2', 'name': 'Anne'}, author(ANN))
        await records.change('customers', 'c0', {'name': 'Bob'}, author(ANN))

    shop.run(story())
    assert found(shop, 'customers', 'ann') == ['c2', 'c1']


def test_a_new_config_is_searched_anew(open_shop: OpenShop) -> None:
    shop = open_shop(DOCUMENTS)
    fill(shop, 'Ann')
    shop.change('customers', 'c0', email='hidden@example.org')
    assert found(shop, 'customers', 'hidden') == ['c0']
    other = DOCUMENTS['entities/customers.yaml'].replace('unique: true, searchable: true', 'unique: true')
    shop.configure(DOCUMENTS | {'entities/customers.yaml': other})
    assert found(shop, 'customers', 'hidden') == []


def test_many_changes_have_all_texts_read_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(shop, 'Ann', 'Bob')
    assert found(shop, 'customers', 'ann') == ['c0']
    read = counted(shop, monkeypatch)
    monkeypatch.setattr(searched, 'WAITING', 2)
    for name in ('Cid', 'Dan', 'Ann B'):
        shop.change('customers', 'c1', name=name)
    assert found(shop, 'customers', 'ann') == ['c1', 'c0']
    monkeypatch.setattr(searched, 'ALTERED', 0)
    shop.change('customers', 'c1', name='Eve')
    assert first(shop, 'ann') is None
    monkeypatch.setattr(searched, 'ALTERED', 9)
    assert found(shop, 'customers', 'ann') == ['c0']
    assert len(read) == 2


def test_more_text_than_there_is_room_for_is_left_to_the_database(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(shop, 'Ann')
    monkeypatch.setattr(searched, 'LARGEST', 2)
    read = counted(shop, monkeypatch)
    assert found(shop, 'customers', 'ann') is None
    assert len(read) == 1
    assert shop.ids('customers', 'search=ann&count=none') == ['c0']
    monkeypatch.setattr(searched, 'LARGEST', 3)
    monkeypatch.setattr(searched, 'REST', 0)
    for one in shop.data.views.searches._by_entity.values():
        one._rest_until = 0
    assert found(shop, 'customers', 'ann') == ['c0']


def test_a_word_that_is_nowhere_lets_others_have_their_turn(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searched, 'FULL', 1)
    monkeypatch.setattr(searched, 'STRETCH', 1)
    fill(shop, 'Ann', 'Bob', 'Cid')
    assert found(shop, 'customers', 'nowhere') == []
    table, searches = shop.catalog.table('customers'), shop.data.views.searches
    turns = list[str]()

    async def walk() -> list[tuple[str, int, int]] | None:
        rows = await searches.newest(table, query_of(shop, 'customers', 'nn'))
        turns.append('found')
        return rows

    async def story(between: Coroutine[Any, Any, Any]) -> list[tuple[str, int, int]] | None:
        walking = asyncio.ensure_future(walk())
        await asyncio.sleep(0)
        turns.append('another')
        await between
        return await walking

    assert shop.run(story(asyncio.sleep(0))) == [('c0', 1, position(shop, 'c0'))]
    assert turns == ['another', 'found']


def test_a_text_rewritten_while_a_search_walks_sends_it_to_the_database(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searched, 'FULL', 1)
    monkeypatch.setattr(searched, 'STRETCH', 1)
    fill(shop, 'Ann', 'Bob', 'Cid')
    assert found(shop, 'customers', 'nowhere') == []
    table, searches = shop.catalog.table('customers'), shop.data.views.searches

    async def story() -> list[tuple[str, int, int]] | None:
        walking = asyncio.ensure_future(searches.newest(table, query_of(shop, 'customers', 'ann')))
        await asyncio.sleep(0)
        searches.note('customers', [Event(99, 'customers/c0', 2, 'deleted', '{}', '{}', '', 0, '')])
        await searches.newest(table, query_of(shop, 'customers', 'bob'))
        return await walking

    assert shop.run(story()) is None


def test_texts_that_could_not_be_read_again_are_not_trusted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(shop, 'Ann', 'Bob')
    assert found(shop, 'customers', 'ann') == ['c0']
    shop.change('customers', 'c1', name='Anna')

    async def fail(self: object, altered: set[str]) -> None:
        raise OSError('once')

    with monkeypatch.context() as broken:
        broken.setattr(searched.Searched, '_read_again', fail)
        with pytest.raises(OSError, match='once'):
            first(shop, 'ann')
    assert found(shop, 'customers', 'ann') == ['c1', 'c0']


def test_a_page_comes_from_texts_where_memory_has_no_room_for_all_records(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shop, 'Ann', 'Anna', 'Anne')
    assert found(shop, 'customers', 'ann') == ['c2', 'c1', 'c0']
    shop.data.views.memory.clear()
    asked = [('search', 'ann'), ('count', 'none'), ('limit', '2')]
    page = shop.run(shop.data.views.page('customers', asked, ADMIN))
    assert shop.run(shop.data.at_hand.page('customers', asked, ADMIN)) == codec.encode(page.as_json())


def first(shop: Shop, words: str) -> list[tuple[str, int, int]] | None:
    """What memory finds at the first try."""
    asked = shop.data.views.searches.newest(shop.catalog.table('customers'), query_of(shop, 'customers', words))
    return shop.run(asked)


def counted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows whenever all texts are read."""
    read, whole = list[None](), searched.Searched._all_parts

    async def all_parts(self: searched.Searched) -> list[texts.Part] | None:
        read.append(None)
        return await whole(self)

    monkeypatch.setattr(searched.Searched, '_all_parts', all_parts)
    return read


def position(shop: Shop, record_id: str) -> int:
    return shop.events(f'customers/{record_id}')[0].position
