"""A deleted record comes back with what went with it, by restore as by undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import codec
from app.crud.operations import Operation, perform
from app.errors import Conflict
from app.permissions import Principal
from tests.unit.crud.deals import do, documents, undo
from tests.unit.crud.shop import ANN, BOB, OPEN, Shop, author


def full_deal(shop: Shop) -> list[str]:
    """A deal with a note that has an attachment, and a task; what is there."""
    shop.create('deals', id='n1', name='Big')
    shop.create('notes', id='n', deal='n1', text='N', by=BOB)
    shop.create('attachments', id='a', note='n')
    shop.create('tasks', id='t', deal='n1')
    return content(shop)


def content(shop: Shop) -> list[str]:
    """All records and what they refer to."""
    references = {'notes': 'deal', 'attachments': 'note', 'tasks': 'deal'}
    found = [f'deals/{record_id}' for record_id in shop.ids('deals')]
    return found + [
        f'{entity}/{one.id} of {one.values[name]}'
        for entity, name in references.items()
        for one in shop.page(entity).records
    ]


def bring_back(shop: Shop, way: str, by: Principal = ANN) -> None:
    """Take a deletion back, by one of the ways to do so."""
    deletion = shop.events('deals/n1')[-1]
    if way == 'restore':
        assert shop.restore('deals', 'n1', by=by).values['name'] == 'Big'
    else:
        undo(shop, deletion.position if way == 'position' else codec.parse(deletion.meta)['batch'], by)


@pytest.mark.parametrize('way', ['restore', 'position', 'batch'])
def test_a_deleted_record_comes_back_with_all_that_went_with_it(deals: Shop, way: str) -> None:
    before = full_deal(deals)
    deals.delete('deals', 'n1')
    assert content(deals) == ['tasks/t of None']
    bring_back(deals, way)
    assert content(deals) == before


@pytest.mark.parametrize('way', ['restore', 'position'])
def test_what_has_got_another_life_since_does_not_follow(deals: Shop, way: str) -> None:
    full_deal(deals)
    deals.create('deals', id='n2')
    deals.delete('deals', 'n1')
    deals.change('tasks', 't', deal='n2', by=BOB)
    bring_back(deals, way)
    assert content(deals) == ['deals/n1', 'deals/n2', 'notes/n of n1', 'attachments/a of n', 'tasks/t of n2']


@pytest.mark.parametrize('way', ['restore', 'position'])
def test_records_that_were_deleted_together_come_back_each_with_its_own(deals: Shop, way: str) -> None:
    full_deal(deals)
    deals.create('deals', id='n2')
    deals.create('notes', id='m', deal='n2')
    do(deals, *(Operation('delete', 'deals', record_id) for record_id in ('n1', 'n2')))
    bring_back(deals, way)
    assert content(deals) == ['deals/n1', 'notes/n of n1', 'attachments/a of n', 'tasks/t of n1']
    undo(deals, deals.events('deals/n2')[-1].position)
    assert sorted(deals.ids('notes')) == ['m', 'n']


def test_what_was_meant_to_be_deleted_itself_does_not_come_back_with_another(deals: Shop) -> None:
    full_deal(deals)
    do(deals, Operation('delete', 'notes', 'n'), Operation('delete', 'deals', 'n1'))
    bring_back(deals, 'restore')
    assert content(deals) == ['deals/n1', 'tasks/t of n1']


def test_what_went_with_a_record_comes_back_on_its_own_with_what_went_with_it(deals: Shop) -> None:
    full_deal(deals)
    deals.delete('notes', 'n')
    with deals.recording() as happened:
        deals.restore('notes', 'n')
    assert happened == ['restored notes/n', 'restored attachments/a']


def test_bringing_back_can_be_undone_and_done_again(deals: Shop) -> None:
    before = full_deal(deals)
    deals.delete('deals', 'n1')
    bring_back(deals, 'restore')
    batch = codec.parse(deals.events()[-1].meta)['batch']
    undone = undo(deals, batch)
    assert (undone['conflicts'], content(deals)) == ([], ['tasks/t of None'])
    undo(deals, undone['batch'])
    assert content(deals) == before


@pytest.mark.parametrize('way', ['restore', 'position', 'batch'])
@pytest.mark.parametrize('rule', ['owner', 'authenticated'])
def test_what_went_without_a_permission_of_its_own_comes_back_without_one(tmp_path: Path, way: str, rule: str) -> None:
    closed = documents()
    guarded = OPEN.replace('delete: authenticated', 'delete: owner').replace('read: authenticated', f'read: {rule}')
    closed['entities/notes.yaml'] = closed['entities/notes.yaml'].replace(OPEN, guarded)
    shop = Shop(tmp_path / 'data', closed)
    before, visible = full_deal(shop), {'notes'} if rule == 'authenticated' else set()
    for _ in range(2):
        shop.delete('deals', 'n1')
        shown = undo(shop, shop.events('deals/n1')[-1].position, dry_run=True)['changes']
        assert {one['entity'] for one in shown} == {'deals', 'tasks', 'attachments'} | visible
        bring_back(shop, way)
        assert [shop.events(stream)[-1].type for stream in ('notes/n', 'attachments/a')] == ['restored'] * 2
        again = undo(shop, codec.parse(shop.events()[-1].meta)['batch'])
        assert 'notes' not in {one['entity'] for one in again['changes']}, 'nobody told, who may not read it'
        assert content(shop) == ['tasks/t of None']
        undo(shop, again['batch'])
        assert content(shop) == before
    shop.close()


@pytest.mark.parametrize('rule', ['owner', 'authenticated'])
def test_what_was_left_behind_when_its_cause_came_back_needs_a_permission_of_its_own(tmp_path: Path, rule: str) -> None:
    closed = documents()
    guarded = OPEN.replace('delete: authenticated', 'delete: owner').replace('read: authenticated', f'read: {rule}')
    closed['entities/notes.yaml'] = closed['entities/notes.yaml'].replace(OPEN, guarded)
    shop = Shop(tmp_path / 'data', closed)
    full_deal(shop)
    shop.delete('deals', 'n1')
    deletion = shop.events('deals/n1')[-1].position
    shop.restore('deals', 'n1')
    shop.delete('notes', 'n', by=BOB)
    with shop.recording() as happened, pytest.raises(Conflict) as refused:
        undo(shop, deletion)
    assert happened == []
    conflicts = refused.value.extra['conflicts']
    told = [one for one in conflicts if one['entity'] == 'notes']
    assert [one['id'] for one in told] == (['n'] if rule == 'authenticated' else [])
    shop.close()


def test_what_cannot_be_brought_back_is_named_but_for_what_one_may_not_see(tmp_path: Path) -> None:
    closed = documents()
    closed['entities/tasks.yaml'] = closed['entities/tasks.yaml'].replace('read: authenticated', 'read: owner')
    shop = Shop(tmp_path / 'data', closed)
    full_deal(shop)
    for record_id in ('hidden', 'gone'):
        shop.create('tasks', id=record_id, deal='n1', by=BOB)
    shop.delete('deals', 'n1')
    shop.delete('tasks', 'gone', by=BOB)
    shop.delete('tasks', 't')
    said = undo(shop, shop.events('deals/n1')[-1].position)
    assert said['conflicts'] == [{'entity': 'tasks', 'id': 't', 'reason': 'it was deleted since'}]
    assert shop.get('tasks', 'hidden', by=BOB).values['deal'] == 'n1'
    shop.close()


@pytest.mark.parametrize('verb', ['delete', 'change'])
def test_a_preview_shows_what_a_deletion_entails_as_far_as_one_may_read_it(tmp_path: Path, verb: str) -> None:
    closed = documents()
    entity = {'delete': 'notes', 'change': 'tasks'}[verb]
    closed[f'entities/{entity}.yaml'] = closed[f'entities/{entity}.yaml'].replace('read: authenticated', 'read: owner')
    shop = Shop(tmp_path / 'data', closed)
    full_deal(shop)
    shop.create(entity, id='hidden', deal='n1', by=BOB)
    told = shop.run(perform(shop.data.records, [Operation('delete', 'deals', 'n1')], author(ANN), dry_run=True))
    shown = {f'{one["entity"]}/{one["id"]}' for one in told['changes']}
    assert f'{entity}/hidden' not in shown
    assert shown == {'deals/n1', 'attachments/a', 'tasks/t'} | ({'notes/n'} if verb == 'change' else set())
    shop.close()


def test_a_record_whose_reference_leads_nowhere_any_more_is_left_away(deals: Shop) -> None:
    deals.create('deals', id='n1', name='Big')
    deals.create('notes', id='n', deal='n1')
    deals.create('tasks', id='t')
    batch = do(deals, Operation('delete', 'notes', 'n'), Operation('delete', 'tasks', 't'))
    deals.delete('deals', 'n1')
    conflict = {'entity': 'notes', 'id': 'n', 'field': 'deal', 'reason': 'what it referred to was deleted since'}
    assert undo(deals, batch)['conflicts'] == [conflict]
    assert deals.ids('tasks') == ['t']


def test_the_receipt_of_a_deletion_and_of_a_restoration_says_how_to_undo_them(deals: Shop) -> None:
    before = full_deal(deals)
    ann = author(ANN)
    deals.run(deals.data.records.delete('deals', 'n1', ann))
    deletion = deals.events('deals/n1')[-1]
    assert ann.receipt.headers() == {
        'X-Position': str(deletion.position), 'X-Batch': codec.parse(deletion.meta)['batch']
    }  # fmt: skip
    undo(deals, ann.receipt.position)
    assert content(deals) == before
