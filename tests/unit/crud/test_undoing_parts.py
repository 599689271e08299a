"""Batches that are too large for one append are undone in parts, the newest changes first."""

from __future__ import annotations

from typing import Any

import pytest

from app.crud import undoing
from app.errors import Malformed
from tests.unit.crud.shop import ADMIN, Shop, author


@pytest.fixture(autouse=True)
def _short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, 'MOST', 4)
    monkeypatch.setattr(undoing, 'PART', 3)


def undo(shop: Shop, batch: str, key: str = '', **options: bool) -> dict[str, Any]:
    """Take a batch back."""
    return shop.run(shop.data.undo.undo(batch, author(ADMIN, key, batch), **options))


def brought(shop: Shop) -> str:
    """The batch of eight members of staff, each the boss of the next."""
    rows = ['id,name,boss_id', 's0,N0,', *(f's{n},N{n},s{n - 1}' for n in range(1, 8))]
    return str(shop.bring('staff', '\n'.join(rows))['batch'])


def test_all_of_it_is_undone_and_can_be_redone(shop: Shop) -> None:
    with shop.recording() as happened:
        undone = undo(shop, brought(shop))
    assert [one for one in happened if one.startswith('deleted')] == [f'deleted staff/s{n}' for n in reversed(range(8))]
    assert (undone['count'], undone['conflicts'], undone['position']) == (8, [], shop.events()[-1].position)
    assert [one['id'] for one in undone['changes']] == [f's{n}' for n in reversed(range(8))]
    assert shop.ids('staff') == []
    undo(shop, undone['batch'])
    assert len(shop.ids('staff')) == 8


def test_what_was_changed_since_is_left_and_named(shop: Shop) -> None:
    batch = brought(shop)
    shop.change('staff', 's7', name='Mine')
    undone = undo(shop, batch)
    assert (undone['count'], len(undone['conflicts']), len(shop.ids('staff'))) == (0, 8, 8)
    shop.change('staff', 's7', boss_id=None)
    undone = undo(shop, batch)
    assert (undone['count'], shop.ids('staff')) == (7, ['s7'])
    assert [(one['id'], one['reason']) for one in undone['conflicts']] == [('s7', 'it was changed since')]


def test_what_is_referred_to_since_is_left_and_asking_again_goes_on(shop: Shop) -> None:
    batch = brought(shop)
    shop.create('staff', id='fresh', boss_id='s1')
    undone = undo(shop, batch)
    assert (undone['count'], set(shop.ids('staff'))) == (6, {'s0', 's1', 'fresh'})
    reasons = {(one['id'], one['reason']) for one in undone['conflicts']}
    assert reasons == {('s0', 'it is referred to since'), ('s1', 'it is referred to since')}
    shop.delete('staff', 'fresh')
    assert undo(shop, batch)['count'] == 2
    assert shop.ids('staff') == []


def test_the_same_request_again_undoes_nothing_else(shop: Shop) -> None:
    batch = brought(shop)
    first = undo(shop, batch, key='k')
    with shop.recording() as happened:
        again = undo(shop, batch, key='k')
    assert (again, happened) == ({name: first[name] for name in again}, [])


def test_it_cannot_be_tried(shop: Shop) -> None:
    batch = brought(shop)
    with pytest.raises(Malformed, match='it is undone in parts'):
        undo(shop, batch, dry_run=True)
