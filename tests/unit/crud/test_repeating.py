"""A request that is sent again with the same Idempotency-Key happens once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app.crud.operations import Operation, perform
from app.events.log import IdReused
from tests.unit.crud.shop import ANN, BOB, Shop, author


def test_a_repeated_request_answers_as_the_first_time(shop: Shop) -> None:
    ada = shop.create('customers', key='c', name='Ada')
    changed = shop.change('customers', ada.id, key='u', name='Ada L.')
    shop.delete('customers', ada.id, key='d')
    restored = shop.restore('customers', ada.id, key='r')
    with shop.recording() as happened:
        assert shop.create('customers', key='c', name='Ada') == ada
        assert shop.change('customers', ada.id, key='u', name='Ada L.') == changed
        assert shop.delete('customers', ada.id, key='d') == 3
        assert shop.restore('customers', ada.id, key='r') == restored
    assert happened == []


def test_a_repeated_key_with_another_request_is_a_conflict(shop: Shop) -> None:
    shop.create('customers', key='k', name='Ada')
    with shop.recording() as happened, pytest.raises(IdReused, match='used before for another request'):
        shop.create('customers', key='k', name='Bob')
    assert happened == []
    assert shop.create('customers', key='k', by=BOB, name='Bob').version == 1  # keys belong to who sends them


def test_two_equal_requests_at_once_make_one_record(shop: Shop) -> None:
    async def race() -> list[Any]:
        asked = (shop.data.records.create('customers', {'name': 'A'}, author(ANN, 'k', 'A')) for _ in range(2))
        return await asyncio.gather(*asked)

    with shop.recording() as happened:
        one, two = shop.run(race())
    assert (one, len(happened)) == (two, 1)


def test_equal_requests_for_many_changes_at_once_answer_the_same(shop: Shop) -> None:
    creates = [Operation('create', 'customers', values={'name': name}) for name in 'AB']

    async def thrice(ask: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> list[dict[str, Any]]:
        return await asyncio.gather(*(ask() for _ in range(3)))

    with shop.recording() as happened:
        one, *others = shop.run(thrice(lambda: perform(shop.data.records, creates, author(ANN, 'k', 'AB'))))
        assert others == [one, one]
        one, *others = shop.run(thrice(lambda: shop.data.undo.undo(one['batch'], author(ANN, 'u', 'AB'))))
        assert [sorted(each) for each in others] == [['batch', 'changes', 'count', 'position']] * 2
        assert all(each.items() <= one.items() for each in others)
    assert [line.split()[0] for line in happened] == ['created', 'created', 'deleted', 'deleted']
