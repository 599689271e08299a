"""Rules that look at the record: as filter of what is read, as check of what is written."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import codec
from app.config import check
from app.crud.operations import Operation, perform
from app.errors import Conflict, Denied, NotFound
from app.events import Event
from app.permissions import Principal
from tests.unit.crud.shop import ADMIN, ANN, BOB, Shop, author

LEADS = """
resource: leads
fields:
  id: primary_key
  region: {type: string, permissions: {read: boss}}
  status: {type: select, options: [open, closed], default: open}
  amount: {type: decimal, default: 0}
permissions:
  create: {expression: "region = @user.name AND amount < 100"}
  read: [owner, {expression: "region = @user.name"}, {expression: "status = 'closed' AND 'audit' IN @user.roles"}]
  update: {expression: "region = @user.name AND status = 'open'"}
  delete: [owner, boss]
"""
NORTH = Principal(id='n', name='north')
SOUTH = Principal(id='s', name='south')
NORTHERN_BOSS = Principal(id='nb', name='north', roles=frozenset({'boss'}))
BOSS_OF_NOTHING = Principal(id='b', name='boss', roles=frozenset({'boss', 'audit'}))
AUDIT = Principal(id='a', name='audit', roles=frozenset({'audit'}))


@pytest.fixture
def sales(shop: Shop) -> Shop:
    """Two regions with a lead each, and a closed one."""
    shop.configure({'entities/leads.yaml': LEADS})
    shop.create('leads', id='1', region='north', by=NORTH)
    shop.create('leads', id='2', region='south', by=SOUTH)
    shop.create('leads', id='3', region='south', status='closed', by=ADMIN)
    return shop


def test_everyone_reads_what_the_rules_open_to_him(sales: Shop) -> None:
    def seen(by: Principal) -> list[str]:
        return sales.ids('leads', 'sort=id', by=by)

    assert (seen(NORTH), seen(SOUTH), seen(AUDIT), seen(ANN)) == (['1'], ['2', '3'], ['3'], [])
    assert sales.page('leads', '', by=SOUTH).total == 2
    assert sales.get('leads', '3', by=AUDIT).values['status'] == 'closed'
    for record_id, principal in (('1', SOUTH), ('1', AUDIT), ('2', ANN)):
        with pytest.raises(NotFound):
            sales.get('leads', record_id, by=principal)
    assert sales.run(sales.data.views.counts(SOUTH))['leads'] == 2
    parameters = [('group_by', 'status'), ('count', '*')]
    assert len(sales.run(sales.data.aggregates.groups('leads', parameters, AUDIT))['groups']) == 1
    assert sales.run(sales.data.life.history('leads', '3', AUDIT))['versions']
    with pytest.raises(NotFound):
        sales.run(sales.data.life.history('leads', '1', SOUTH))


def test_a_record_must_fulfil_the_rule_before_and_after_a_change(sales: Shop) -> None:
    with sales.recording() as happened:
        with pytest.raises(Denied, match=r'update is open under a condition\. With these values it would not be'):
            sales.change('leads', '1', region='south', by=NORTH)
        with pytest.raises(Denied, match='does not fulfil that'):
            sales.change('leads', '3', amount=1, by=SOUTH)
        with pytest.raises(NotFound):
            sales.change('leads', '1', amount=1, by=SOUTH)
        with pytest.raises(Denied, match='create is open under a condition'):
            sales.create('leads', region='north', amount=100, by=NORTH)
        with pytest.raises(Denied):
            sales.bring('leads', 'region,amount\nnorth,1\nsouth,1\n', by=NORTH)
        with pytest.raises(Denied):
            operation = Operation('create', 'leads', values={'region': 'south'})
            sales.run(perform(sales.data.records, [operation], author(NORTH)))
    assert happened == []
    sales.change('leads', '1', amount='99.5', by=NORTH)
    sales.create('leads', region='north', amount=1, by=NORTH)


def test_admins_need_fulfil_nothing(sales: Shop) -> None:
    sales.change('leads', '1', amount=1000, by=ADMIN)
    assert len(sales.ids('leads', by=ADMIN)) == 3


def test_what_is_live_follows_the_rules_too(sales: Shop) -> None:
    async def story() -> list[Any]:
        start = sales.log.position
        await sales.data.records.change('leads', '1', {'amount': 1}, author(NORTH))
        await sales.data.records.change('leads', '2', {'amount': 1}, author(SOUTH))
        await sales.data.records.delete('leads', '2', author(SOUTH))
        since = [sales.data.changes.since('leads', start, 100, one) for one in (NORTH, SOUTH, BOB)]
        return [said['changes'] for said in await asyncio.gather(*since)]

    north, south, bob = sales.run(story())
    assert (len(north), len(south), len(bob)) == (1, 2, 0)


def test_who_follows_changes_hears_what_leaves_and_enters_what_he_may_read(sales: Shop) -> None:
    def told(start: int, by: Principal) -> list[Any]:
        changes = codec.decode(codec.encode(sales.run(sales.data.changes.since('leads', start, 100, by))))['changes']
        assert [one['position'] for one in changes] == sorted(one['position'] for one in changes)
        return [(one['type'], one['id'], one['version'], one['values']) for one in changes]

    start = sales.log.position
    sales.change('leads', '1', region='south', amount=1, by=ADMIN)
    sales.change('leads', '1', amount=2, by=ADMIN)
    sales.change('leads', '1', status='closed', by=ADMIN)
    sales.change('leads', '1', region='north', by=ADMIN)
    sales.delete('leads', '1', by=ADMIN)
    sales.restore('leads', '1', by=ADMIN)
    whole = {'status': 'closed', 'amount': '2.00'}
    with_region = {'region': 'north', **whole}
    assert told(start, NORTHERN_BOSS) == [
        ('leave', '1', 2, {}),
        ('enter', '1', 5, with_region),
        ('deleted', '1', 6, {}),
        ('restored', '1', 7, with_region),
    ]
    assert told(start, SOUTH) == [
        ('enter', '1', 2, {'status': 'open', 'amount': '1.00'}),
        ('changed', '1', 3, {'amount': '2.00'}),
        ('changed', '1', 4, {'status': 'closed'}),
        ('leave', '1', 5, {}),
    ]
    assert [one[:2] for one in told(start, AUDIT)] == [
        ('enter', '1'),
        ('changed', '1'),
        ('deleted', '1'),
        ('restored', '1'),
    ]
    assert [one[0] for one in told(start, NORTH)] == ['changed'] * 4 + ['deleted', 'restored'], 'its owner'
    recent = sales.run(sales.data.recent.newest(10, SOUTH))['changes']
    assert ('leads', '1') not in [(one['entity'], one['id']) for one in recent]


def test_a_change_is_looked_up_once_however_many_follow(sales: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> list[Any]:
        streams = [sales.data.changes.follow('leads', sales.log.position, NORTHERN_BOSS) for _ in range(5)]
        await asyncio.gather(*(anext(stream) for stream in streams))
        coming = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await sales.data.records.change('leads', '1', {'region': 'south'}, author(ADMIN))
        told = [await one for one in coming]
        coming = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await sales.data.records.change('leads', '1', {'region': 'north'}, author(ADMIN))
        return [codec.decode(message)['type'] for message in [*told, *await asyncio.gather(*coming)]]

    reads, read_stream = list[str](), sales.log.read_stream

    async def counted(stream: str, after_version: int = 0) -> list[Event]:
        reads.append(stream)
        return await read_stream(stream, after_version)

    monkeypatch.setattr(sales.log, 'read_stream', counted)
    assert sales.run(story()) == ['leave'] * 5 + ['enter'] * 5
    assert reads == ['leads/1']


def test_explaining_tells_the_condition_to_those_who_see_its_fields(sales: Shop) -> None:
    north_boss = Principal(id='n', name='north', roles=frozenset({'boss'}))
    said = sales.run(sales.data.explanations.explain('leads', '1', 'update', '', north_boss))
    assert said['allowed'] is True
    assert said['reason'] == "update is open where region = @user.name AND status = 'open'. This one does."
    assert said['rules'] == ["(region = @user.name AND status = 'open')"]
    said = sales.run(sales.data.explanations.explain('leads', '1', 'update', '', NORTH))
    assert said['reason'] == 'update is open under a condition. This one does.'
    assert said['rules'] == ['(under a condition)']
    said = sales.run(sales.data.explanations.explain('leads', '1', 'read', '', NORTH))
    assert (said['reason'], said['rules'][0]) == ('read is open under a condition. This one does.', 'owner')


def test_several_conditions_keep_their_brackets(sales: Shop) -> None:
    said = sales.run(sales.data.explanations.explain('leads', '3', 'read', '', BOSS_OF_NOTHING))
    assert said['reason'] == (
        'read is open where (_owner = @user.id) OR (region = @user.name) '
        "OR (status = 'closed' AND 'audit' IN @user.roles). This one does."
    )


@pytest.mark.parametrize(
    ('rule', 'message'),
    [
        ('"regin = 1"', "there is no field 'regin', did you mean 'region'?"),
        ('amount', 'must be a boolean, not a number'),
        ('"status ="', 'this is not an expression'),
    ],
)
def test_a_rule_that_makes_no_sense_is_found_with_the_config(rule: str, message: str) -> None:
    text = LEADS.replace('"region = @user.name AND amount < 100"', rule)
    with pytest.raises(Exception, match=r'permissions\.create') as refused:
        check({'entities/leads.yaml': text})
    assert message in str(refused.value)


def test_a_preview_shows_nothing_that_is_hidden_from_its_author(sales: Shop) -> None:
    operation = Operation('update', 'leads', '1', {'amount': 5})
    said = sales.run(perform(sales.data.records, [operation], author(NORTH), dry_run=True))
    assert said['changes'][0]['after']['amount'] == '5.00'
    assert 'region' not in str(said)
    sales.change('leads', '1', amount=7, by=NORTH)
    said = sales.run(sales.data.undo.undo(sales.log.position, author(NORTH), dry_run=True))
    assert said['changes'][0]['after']['amount'] == '0.00'
    assert 'region' not in str(said)


def test_who_may_not_know_of_a_record_learns_only_that_its_unique_value_is_taken(shop: Shop) -> None:
    coded = LEADS.replace('  amount:', '  code: {type: string, unique: true}\n  amount:')
    shop.configure({'entities/leads.yaml': coded})
    shop.create('leads', id='hidden', region='south', code='C', by=SOUTH)
    upsert = Operation('upsert', 'leads', '', {'region': 'north', 'code': 'C'}, by='code')
    for dry_run in (False, True):
        with pytest.raises(Conflict, match="'C' is already used by another record") as refused:
            shop.run(perform(shop.data.records, [upsert], author(NORTH), dry_run=dry_run))
        assert 'hidden' not in str(refused.value.document())
    assert shop.get('leads', 'hidden', by=SOUTH).values['region'] == 'south'


def test_a_living_record_that_one_may_not_read_was_never_there_to_be_restored(sales: Shop) -> None:
    for record_id in ('1', 'nowhere'):
        with pytest.raises(NotFound, match=f"There was never a record '{record_id}' in leads"):
            sales.restore('leads', record_id, by=SOUTH)
    with pytest.raises(Conflict, match='is not deleted'):
        sales.restore('leads', '2', by=SOUTH)
