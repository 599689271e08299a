"""Rules that look at the records which foreign keys lead to: the same wherever somebody reads or writes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from app import codec
from app.config import check
from app.crud.field_rules import follow
from app.crud.operations import Operation, perform
from app.crud.records import Records
from app.crud.related import Related
from app.errors import Conflict, Denied, Invalid, NotFound
from app.permissions import Principal
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, Shop, author

REGIONS = """
resource: regions
key: code
fields:
  code: {type: string, required: true}
  open: {type: boolean, default: true}
permissions: {read: authenticated}
"""
CUSTOMERS = """
resource: customers
fields:
  name: string
  region: {type: foreign_key, references: regions}
  discount: {type: integer, default: 0}
permissions: {read: authenticated, update: authenticated}
"""
ORDERS = """
resource: orders
fields:
  customer_id: {type: foreign_key, references: customers}
  total: {type: integer, check: total <= 100 OR customer.region.open, message: is too much for a closed region}
  discount: {type: integer, default_expression: customer.discount}
  reason: {type: string, required_if: customer.discount > 50}
permissions:
  create: {expression: customer.region = @user.name}
  read: {expression: customer.region = @user.name}
  update: {expression: customer.region = @user.name AND customer.region.open}
  delete: {expression: customer.region = @user.name}
"""
DOCUMENTS = {
    'entities/regions.yaml': REGIONS,
    'entities/customers.yaml': CUSTOMERS,
    'entities/orders.yaml': ORDERS,
}
NORTH, SOUTH = Principal(id='n', name='north'), Principal(id='s', name='south')


@pytest.fixture
def trade(open_shop: OpenShop) -> Shop:
    """A customer with an order in each of two regions, of which the southern one is closed."""
    shop = open_shop(DOCUMENTS)
    for region, is_open in (('north', True), ('south', False)):
        shop.create('regions', code=region, open=is_open, by=ADMIN)
        shop.create('customers', id=region[0], name=region.title(), region=region, by=ADMIN)
        shop.create('orders', id=f'{region[0]}1', customer_id=region[0], total=1, by=ADMIN)
    shop.create('orders', id='nobodys', by=ADMIN)
    return shop


def since(trade: Shop, after: int, by: Principal) -> list[tuple[str, str | None]]:
    """Of the changes of orders, what happened to which."""
    said = codec.decode(codec.encode(trade.run(trade.data.changes.since('orders', after, 100, by))))
    return [(one['type'], one.get('id')) for one in said['changes']]


def test_they_decide_what_is_read(trade: Shop) -> None:
    def everywhere(by: Principal) -> set[str]:
        views = trade.data.views
        listed = trade.ids('orders', by=by)
        groups = trade.run(trade.data.aggregates.groups('orders', [('count', '*')], by))['groups']
        assert (trade.page('orders', by=by).total, groups[0]['count']) == (len(listed), len(listed))
        for record_id in ('n1', 's1', 'nobodys'):
            if record_id in listed:
                assert trade.get('orders', record_id, by=by).id == record_id
                assert trade.run(trade.data.life.history('orders', record_id, by))['versions']
            else:
                with pytest.raises(NotFound):
                    trade.get('orders', record_id, by=by)
                with pytest.raises(NotFound):
                    trade.run(trade.data.life.history('orders', record_id, by))
        assert trade.run(views.counts(by))['orders'] == len(listed)
        return set(listed)

    assert (everywhere(NORTH), everywhere(SOUTH)) == ({'n1'}, {'s1'})
    assert everywhere(ADMIN) == {'n1', 's1', 'nobodys'}
    before = trade.log.position
    trade.change('customers', 's', region='north', by=ADMIN)
    assert (everywhere(NORTH), everywhere(SOUTH)) == ({'n1', 's1'}, set())
    assert trade.ids('orders', f'as_of={before}', by=SOUTH) == ['s1']
    assert trade.run(trade.data.views.get('orders', 's1', SOUTH, as_of=str(before))).id == 's1'


def test_they_decide_what_is_written(trade: Shop) -> None:
    with trade.recording() as happened:
        with pytest.raises(Denied, match='This one does not fulfil that'):
            trade.change('orders', 's1', total=2, by=SOUTH)
        with pytest.raises(Denied, match='With these values it would not be'):
            trade.create('orders', customer_id='s', by=NORTH)
        with pytest.raises(Denied, match='With these values it would not be'):
            trade.change('orders', 'n1', customer_id='s', by=NORTH)
        with pytest.raises(NotFound):
            trade.delete('orders', 's1', by=NORTH)
        with pytest.raises(Denied):
            trade.bring('orders', 'customer_id,total\nn,1\ns,1\n', by=NORTH)
        with pytest.raises(Denied):
            many = [Operation('create', 'orders', values={'customer_id': one}) for one in 'ns']
            trade.run(perform(trade.data.records, many, author(NORTH)))
        with pytest.raises(NotFound):
            trade.run(trade.data.undo.undo(trade.events('orders/s1')[0].position, author(NORTH)))
    assert happened == []
    with trade.recording() as happened:
        trade.change('orders', 'n1', total=2, by=NORTH)
        trade.bring('orders', 'id,customer_id,total\na,n,1\nb,n,1\n', by=NORTH)
        trade.run(perform(trade.data.records, [Operation('update', 'orders', 'a', {'total': 3})], author(NORTH)))
        trade.delete('orders', 'a', by=NORTH)
        trade.restore('orders', 'a', by=NORTH)
        trade.run(trade.data.undo.undo(trade.events('orders/n1')[-1].position, author(NORTH)))
    assert [one for one in happened if one.split()[1].startswith('orders/')] == [
        'changed orders/n1',
        'created orders/a',
        'created orders/b',
        'changed orders/a',
        'deleted orders/a',
        'restored orders/a',
        'changed orders/n1',
    ]


def test_fields_say_what_must_hold_and_what_is_filled_in_by_them(trade: Shop) -> None:
    trade.change('customers', 'n', discount=7, by=ADMIN)
    assert trade.create('orders', customer_id='n', by=NORTH).values['discount'] == 7
    assert trade.create('orders', customer_id='n', total=101, by=NORTH).values['total'] == 101
    with pytest.raises(Invalid) as wrong:
        trade.create('orders', customer_id='s', total=101, by=ADMIN)
    assert wrong.value.errors == {'total': 'is too much for a closed region'}
    trade.change('customers', 'n', discount=60, by=ADMIN)
    with pytest.raises(Invalid, match=r'is required, since customer\.discount > 50'):
        trade.change('orders', 'n1', total=5, by=NORTH)
    with pytest.raises(Invalid) as wrong:
        trade.bring('orders', 'customer_id,total,reason\nn,1,\nn,1,x\n', by=NORTH)
    assert [one['field'] for one in wrong.value.extra['row_errors']] == ['reason']
    trade.change('orders', 'n1', total=5, reason='big', by=NORTH)


def test_an_import_looks_at_as_many_records_as_its_rows_lead_to(trade: Shop) -> None:
    names = [f'c{number}' for number in range(100)]
    trade.bring('customers', 'id,region\n' + ''.join(f'{name},north\n' for name in names), by=ADMIN)
    rows = ''.join(f'{name},1\n' for name in names)
    assert trade.bring('orders', f'customer_id,total\n{rows}', by=NORTH)['created'] == 100
    assert trade.bring('orders', f'customer_id,total\n{rows}', by=NORTH, dry_run='true')['create'] == 100


def test_a_form_follows_them_once_it_knows_what_they_look_at(trade: Shop) -> None:
    trade.change('customers', 'n', discount=60, by=ADMIN)
    table, related = trade.catalog.table('orders'), Related(trade.data.views)

    def needed() -> bool:
        return related.look(follow, table, None, {'customer_id': 'n'}, NORTH).conditions['reason'].needed

    assert (needed(), related.missed) == (False, True)
    trade.run(related.read())
    assert (needed(), related.missed) == (True, False)


def test_what_was_decided_holds_when_it_is_recorded(trade: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The customer moves to another region between the decision and the commit: it is decided again."""
    write, moved = Records.write, list[str]()

    async def late(records: Records, batch: Any, **options: Any) -> Any:
        if not moved:
            moved.append('n')
            await records.change('customers', 'n', {'region': 'south'}, author(ADMIN))
        return await write(records, batch, **options)

    monkeypatch.setattr(Records, 'write', late)
    with trade.recording() as happened, pytest.raises(Denied):
        trade.create('orders', customer_id='n', by=NORTH)
    assert happened == ['changed customers/n']


def test_who_follows_changes_is_told_to_read_anew_when_others_decide_otherwise(trade: Shop) -> None:
    async def first(by: Principal, change: Coroutine[Any, Any, Any]) -> Any:
        stream = trade.data.changes.follow('orders', trade.log.position, by)
        await anext(stream)
        coming = asyncio.ensure_future(anext(stream))
        await change
        return codec.decode(await coming)

    start = trade.log.position
    trade.change('orders', 'n1', total=3, by=NORTH)
    assert (since(trade, start, NORTH), since(trade, start, SOUTH)) == ([('changed', 'n1')], [])
    verbs = trade.data.records
    told = trade.run(first(NORTH, verbs.change('customers', 's', {'region': 'north'}, author(ADMIN))))
    assert told == {'type': 'reload', 'position': trade.log.position}
    assert (since(trade, start, NORTH), since(trade, start, SOUTH)) == ([('reload', None)], [('reload', None)])
    assert since(trade, start, ADMIN) == [('changed', 'n1')], 'whose rights hang on nothing'


def test_who_follows_changes_is_told_to_read_anew_when_the_rules_change(trade: Shop) -> None:
    async def story() -> Any:
        stream = trade.data.changes.follow('orders', trade.log.position, NORTH)
        await anext(stream)
        coming = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        changed = ORDERS.replace('read: {expression: customer.region', 'read: {expression: customer.name')
        await trade.catalog.activate(check(DOCUMENTS | {'entities/orders.yaml': changed}), trade.log)
        return codec.decode(await coming)

    before = trade.log.position
    assert trade.run(story())['type'] == 'reload'
    assert since(trade, before, NORTH) == [('reload', None)]

    async def resumed() -> list[Any]:
        stream = trade.data.changes.follow('orders', before, ADMIN)
        return [codec.decode(await anext(stream)) for _ in range(2)]

    assert trade.run(resumed())[1] == {'type': 'reload', 'position': trade.catalog.position}


def test_explaining_looks_at_them_and_names_no_hidden_fields(trade: Shop) -> None:
    asked = trade.data.explanations.explain('orders', 's1', 'update', '', SOUTH)
    assert trade.run(asked)['reason'].endswith('This one does not.')
    hidden = CUSTOMERS.replace('region: {', 'region: {permissions: {read: boss}, ')
    trade.configure(DOCUMENTS | {'entities/customers.yaml': hidden})
    said = trade.run(trade.data.explanations.explain('orders', 's1', 'update', '', SOUTH))
    assert (said['allowed'], said['rules']) == (False, ['(under a condition)'])
    assert 'region' not in said['reason']


def test_a_new_check_is_tried_on_the_records_and_what_they_lead_to(trade: Shop) -> None:
    changed = ORDERS.replace('reason: {type: string', 'reason: {type: string, check: customer.region.open')
    plan = trade.run(trade.catalog.plan(check(DOCUMENTS | {'entities/orders.yaml': changed}), trade.log))
    [problem] = plan.entities[0].problems
    assert (problem['ids'], problem['reason']) == (['s1'], 'does not fulfil customer.region.open')
    with pytest.raises(Conflict):
        trade.configure(DOCUMENTS | {'entities/orders.yaml': changed})
