"""A view changes although no record does: as time goes by, and with other rules."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import codec
from app.config import check
from app.crud.watching import View
from app.errors import Denied
from tests.unit.crud.shop import ADMIN, ANN, BOB, CUSTOMERS, Shop, author
from tests.unit.crud.watching import poll, watch

RECENT = 'updated_at > @now - INTERVAL 1 SECOND'


def test_who_may_no_longer_read_is_told_so(shop: Shop) -> None:
    async def story() -> None:
        stream = watch(shop, by=BOB)
        await anext(stream)
        closed = CUSTOMERS.replace('read: authenticated', 'read: admin')
        waiting = asyncio.ensure_future(shop.data.watching.poll('customers', '', shop.log.position, 30, BOB))
        await asyncio.sleep(0)
        await shop.catalog.activate(check({'entities/customers.yaml': closed}), shop.log)
        with pytest.raises(Denied):
            await anext(stream)
        with pytest.raises(Denied):
            await waiting

    shop.run(story())


def test_a_changed_rule_lets_records_leave_and_enter_at_once_also_for_those_who_poll(shop: Shop) -> None:
    def only(name: str) -> dict[str, str]:
        rule = f"read: {{expression: name = '{name}'}}"
        return {'entities/customers.yaml': CUSTOMERS.replace('read: authenticated', rule)}

    async def story() -> tuple[list[dict[str, Any]], dict[str, Any]]:
        streams = [watch(shop, text, by=BOB) for text in ('', 'credit > 0')]
        told = [codec.decode(await anext(stream)) for stream in streams]
        assert [[record['id'] for record in one['records']] for one in told] == [['n'], ['n']]
        polled = await shop.data.watching.poll('customers', '', None, 0, BOB)
        await shop.catalog.activate(check(only('south')), shop.log)
        told = [codec.decode(await anext(stream)) for stream in streams for _ in range(2)]
        return told, await shop.data.watching.poll('customers', '', polled['position'], 0, BOB)

    shop.configure(only('north'))
    shop.create('customers', id='n', name='north')
    shop.create('customers', id='s', name='south')
    told, answer = shop.run(story())
    assert [(one['type'], one['id']) for one in told] == [('leave', 'n'), ('enter', 's')] * 2
    assert codec.decode(codec.encode(answer))['changes'] == told[:2]


def test_whoever_comes_back_to_other_rules_gets_the_view_anew(shop: Shop) -> None:
    shop.create('customers', id='a', name='A')
    before = shop.log.position
    shop.configure({'entities/customers.yaml': CUSTOMERS.replace('read: authenticated', 'read: owner')})
    first = codec.decode(shop.run(anext(watch(shop, after=before, by=BOB))))  # type: ignore[arg-type]
    assert first == {'type': 'snapshot', 'position': shop.log.position, 'records': []}
    assert poll(shop, '', before, by=BOB)['changes'] == [first]


def test_a_view_follows_the_time_although_nothing_happens(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> list[tuple[str, str]]:
        stream, records = watch(shop, RECENT), shop.data.records
        told = [codec.decode(await anext(stream))]
        assert told[0]['records'] == []
        polled = await shop.data.watching.poll('customers', RECENT, None, 0, ADMIN)
        await records.create('customers', {'id': 'a', 'name': 'A'}, author(ANN))
        told = [codec.decode(await anext(stream))]
        answers = list[Any]()
        for _ in range(2):
            polled = await shop.data.watching.poll('customers', RECENT, polled['position'], 30, ADMIN)
            answers += codec.decode(codec.encode(polled))['changes']
        told.append(codec.decode(await anext(stream)))
        assert answers == told
        return [(one['type'], one['id']) for one in told]

    monkeypatch.setattr('app.crud.watching.QUIET', 0.05)
    assert shop.run(story()) == [('enter', 'a'), ('leave', 'a')]


def test_later_changes_and_a_busy_log_let_a_view_look_at_the_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(entity: str, values: dict[str, Any]) -> list[tuple[str, str]]:
        stream = watch(shop, f"{RECENT} AND name = 'A'")
        await anext(stream)
        await shop.data.records.create('customers', {'id': entity, 'name': 'A'}, author(ANN))
        told = [codec.decode(await anext(stream))]
        await asyncio.sleep(1)
        await shop.data.records.create(entity, values, author(ANN))
        told.append(codec.decode(await anext(stream)))
        return [(one['type'], one['id']) for one in told]

    monkeypatch.setattr('app.crud.watching.QUIET', 100)
    assert shop.run(story('customers', {'name': 'B'})) == [('enter', 'customers'), ('leave', 'customers')]
    monkeypatch.setattr('app.crud.watching.QUIET', 0.5)
    assert shop.run(story('staff', {'name': 'B'})) == [('enter', 'staff'), ('leave', 'staff')]


def test_views_that_do_not_depend_on_the_time_are_left_alone(shop: Shop) -> None:
    def quiet(text: str) -> float | None:
        return View(shop.data.views, shop.log, 'customers', text, ADMIN).quiet

    assert [quiet(text) for text in ('', 'credit > 1', 'since < @today', RECENT)] == [None, None, 5, 5]
