"""Who is told of whom: those who say where they are, of all others who do, and no more often than they can read."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from app.crud import presence
from app.crud.presence import Presence, Visit
from app.permissions import Principal

ANN, BEN = Principal(id='1', name='ann'), Principal(id='2', name='ben')


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, 'PAUSE', 0)


def at(record: str, field: str = 'name', *, editing: bool = False) -> str:
    return json.dumps({'presence': {'record': record, 'field': field, 'editing': editing}})


async def told(visit: Visit) -> dict[str, Any]:
    stream = visit.messages()
    message = await asyncio.wait_for(anext(stream), 5)
    await stream.aclose()  # type: ignore[attr-defined]
    said: dict[str, Any] = json.loads(message)
    return said


def where(message: dict[str, Any]) -> dict[str, tuple[str, str, bool]]:
    return {one['name']: (one['record'], one['field'], one['editing']) for one in message['people']}


def test_people_see_where_others_are_until_they_leave() -> None:
    async def story() -> None:
        rooms = Presence()
        ann, ben = rooms.visit('customers', ANN, places=True), rooms.visit('customers', BEN, places=True)
        ann.hear(at('dan'))
        ben.hear(at('ada', 'email', editing=True))
        assert where(await told(ann)) == {'ann': ('dan', 'name', False), 'ben': ('ada', 'email', True)}
        ben.leave()
        assert where(await told(ann)) == {'ann': ('dan', 'name', False)}

    asyncio.run(story())


def test_a_window_learns_which_one_it_is_itself() -> None:
    async def story() -> None:
        ann = Presence().visit('customers', ANN, places=True)
        ann.hear(at('dan'))
        message = await told(ann)
        assert message['you'] == message['people'][0]['key']

    asyncio.run(story())


def test_who_says_nothing_is_told_nothing_and_nobody_is_told_of_him() -> None:
    async def story() -> None:
        rooms = Presence()
        silent, ann = rooms.visit('customers', BEN, places=True), rooms.visit('customers', ANN, places=True)
        ann.hear(at('dan'))
        assert where(await told(ann)) == {'ann': ('dan', 'name', False)}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(silent.messages()), 0.05)

    asyncio.run(story())


def test_who_may_not_see_all_records_does_not_tell_which_ones_he_sees() -> None:
    async def story() -> None:
        ann = Presence().visit('customers', ANN, places=False)
        ann.hear(at('secret'))
        assert where(await told(ann)) == {'ann': ('', '', False)}

    asyncio.run(story())


def test_other_entities_are_other_rooms() -> None:
    async def story() -> None:
        rooms = Presence()
        ann, ben = rooms.visit('customers', ANN, places=True), rooms.visit('orders', BEN, places=True)
        ann.hear(at('dan'))
        ben.hear(at('1'))
        assert where(await told(ann)) == {'ann': ('dan', 'name', False)}

    asyncio.run(story())


@pytest.mark.parametrize(
    'text', ['', '{', '[]', '{}', '{"presence": 3}', '"x"', 'null', '{"presence": "x"}', 'x' * 9000]
)
def test_nonsense_is_not_heard(text: str) -> None:
    visit = Presence().visit('customers', ANN, places=True)
    visit.hear(text)
    assert visit.person is None


def test_long_names_are_cut() -> None:
    visit = Presence().visit('customers', ANN, places=True)
    visit.hear(at('r' * 500))
    assert visit.person is not None
    assert len(visit.person['record']) == presence.LONGEST
