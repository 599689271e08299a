"""Undo looks at what refers to a record since: what others have come to refer to stays."""

from __future__ import annotations

import pytest

from app.crud.operations import Operation
from app.errors import Conflict
from tests.unit.crud.deals import RULES, do, undo
from tests.unit.crud.shop import BOB, Shop


def referred(*ids: str) -> list[dict[str, str]]:
    """What is told of deals that are referred to since."""
    return [{'entity': 'deals', 'id': record_id, 'reason': 'it is referred to since'} for record_id in ids]


@pytest.mark.parametrize('entity', RULES)
def test_undoing_a_creation_leaves_what_others_have_come_to_refer_to(deals: Shop, entity: str) -> None:
    deals.create('deals', id='su1')
    position = deals.log.position
    deals.create(entity, id='x', deal='su1', by=BOB)
    with deals.recording() as happened, pytest.raises(Conflict, match='Nothing was undone') as refused:
        undo(deals, position)
    assert refused.value.extra['conflicts'] == referred('su1')
    assert undo(deals, position, dry_run=True)['conflicts'] == referred('su1')
    assert happened == []


def test_with_force_later_references_give_way_where_they_may(deals: Shop) -> None:
    positions = {}
    for entity in RULES:
        deals.create('deals', id=entity)
        positions[entity] = deals.log.position
        deals.create(entity, id='x', deal=entity, by=BOB)
    undo(deals, positions['notes'], force=True)
    undo(deals, positions['tasks'], force=True)
    assert (deals.ids('notes'), deals.get('tasks', 'x').values['deal']) == ([], None)
    with pytest.raises(Conflict, match='Nothing was undone') as refused:
        undo(deals, positions['bills'], force=True)
    assert refused.value.extra['conflicts'] == referred('bills')


@pytest.mark.parametrize('force', [False, True])
def test_what_must_not_be_deleted_is_left_and_the_rest_of_the_batch_undone(deals: Shop, force: bool) -> None:
    batch = do(deals, *(Operation('create', 'deals', values={'id': record_id}) for record_id in 'abc'))
    deals.create('bills', id='x', deal='b', by=BOB)
    tried = undo(deals, batch, dry_run=True, force=force)
    assert (tried['count'], tried['conflicts']) == (2, referred('b'))
    undone = undo(deals, batch, force=force)
    assert (undone['count'], undone['conflicts'], deals.ids('deals')) == (2, referred('b'), ['b'])


def test_what_is_forbidden_further_down_leaves_the_record_that_all_of_it_hangs_on(deals: Shop) -> None:
    batch = do(deals, *(Operation('create', 'deals', values={'id': record_id}) for record_id in 'ab'))
    deals.create('notes', id='n', deal='a', by=BOB)
    deals.create('receipts', id='r', note='n', by=BOB)
    undone = undo(deals, batch, force=True)
    assert (undone['conflicts'], deals.ids('deals'), deals.ids('notes')) == (referred('a'), ['a'], ['n'])


def test_references_from_what_the_same_undo_takes_away_or_changes_are_no_conflict(deals: Shop) -> None:
    deals.create('tasks', id='old')
    batch = do(
        deals,
        Operation('create', 'deals', values={'id': 'a'}),
        Operation('create', 'notes', values={'id': 'n', 'deal': 'a'}),
        Operation('create', 'bills', values={'id': 'b', 'deal': 'a'}),
        Operation('update', 'tasks', 'old', {'deal': 'a'}),
    )
    assert undo(deals, batch)['conflicts'] == []
    assert (deals.ids('deals'), deals.ids('notes'), deals.ids('bills')) == ([], [], [])


def test_what_a_record_that_stays_refers_to_stays_too(deals: Shop) -> None:
    batch = do(
        deals,
        Operation('create', 'deals', values={'id': 'a'}),
        Operation('create', 'notes', values={'id': 'n', 'deal': 'a'}),
    )
    deals.create('attachments', id='x', note='n', by=BOB)
    with pytest.raises(Conflict) as refused:
        undo(deals, batch)
    assert [one['id'] for one in refused.value.extra['conflicts']] == ['a', 'n']
