"""Many changes at once, sums, history and the way back over REST: what is answered, and which events it leaves."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.process import System
from tests.scenario import Scenario, appended_since, last_position

SCENARIOS = [
    Scenario(
        name='many at once',
        method='POST',
        path='/api/products/batch',
        json={
            'upsert': [{'sku': 'mug', 'name': 'Mug', 'price': 4}],
            'update': {'filter': "name = 'Porcelain cup'", 'set': {'price': 9}},
        },
        contains=('"count":2', '"batch":"'),
        events={'changed': 1, 'created': 1},
    ),
    Scenario(
        name='a preview of many',
        method='POST',
        path='/api/products/batch',
        json={'update': {'filter': 'price > 0', 'set': {'price': 1}}, 'dry_run': True},
        contains=('"dry_run":true', '"before":{', '"price":"1.00"'),
    ),
    Scenario(
        name='one transaction over two entities',
        method='POST',
        path='/api/transaction',
        json={
            'operations': [
                {'create': 'customers', 'values': {'id': 'tia', 'name': 'Tia', 'email': 'tia@example.com'}},
                {'create': 'orders', 'values': {'number': 'T-1', 'customer_id': 'tia', 'ordered_on': '2026-02-01'}},
            ]
        },
        contains=('"count":2',),
        events={'created': 2},
    ),
    Scenario(
        name='a transaction that cannot be',
        method='POST',
        path='/api/transaction',
        json={
            'operations': [{'create': 'customers', 'values': {'name': 'X', 'email': 'x@x.org'}}, {'delete': 'orders'}]
        },
        status=422,
        contains=(
            'operation 1',
            '"failed":[{"number":1',
        ),
    ),
    Scenario(
        name='a transaction of nonsense',
        method='POST',
        path='/api/transaction',
        json={'operations': [{'destroy': 'customers'}]},
        status=400,
        contains=('operations[0]: needs one of create',),
    ),
    Scenario(name='history', path='/api/products/cup/history', contains=('"blame":{', '"versions":[{"version":2')),
    Scenario(
        name='two versions',
        path='/api/products/cup/history?from=1&to=2',
        contains=('"price":{"from":"9.50","to":"9.00"}',),
    ),
    Scenario(
        name='back to an earlier version',
        method='POST',
        path='/api/products/cup/revert',
        json={'version': 1, 'fields': ['price']},
        contains=('"price":"9.50"', '"_version":3'),
        events={'changed': 1},
    ),
    Scenario(
        name='undo without a login',
        method='POST',
        path='/api/undo',
        json={'batch': 'x'},
        logged_in=False,
        status=401,
        contains=('needs a login',),
    ),
    Scenario(
        name='a transaction of nothing without a login',
        method='POST',
        path='/api/transaction',
        json={'operations': []},
        logged_in=False,
        status=401,
        contains=('needs a login',),
    ),
    Scenario(
        name='undo of nothing in particular',
        method='POST',
        path='/api/undo',
        json={'force': True},
        status=400,
        contains=('Name one of',),
    ),
    Scenario(
        name='sums',
        path="/api/products?group_by=sku&sum=price&count=*&filter=sku IN ('cup', 'mug')",
        contains=('"groups":[{"group":{"sku":"mug"},"count":1,"sum":{"price":"4.00"}}',),
    ),
    Scenario(
        name='a filter that is wrong',
        path='/api/products?filter=pric > 3',
        status=400,
        contains=("there is no field 'pric', did you mean 'price'?, at character 1", '"character":1'),
    ),
]


@pytest.mark.parametrize('scenario', SCENARIOS, ids=str)
def test_request(scenario: Scenario, changing_system: System) -> None:
    scenario.run(changing_system)


def test_an_import_is_undone_weeks_later_and_done_again(system: System) -> None:
    lines = '\n'.join(['name,email', *(f'Person {n},undo{n}@example.com' for n in range(50))])
    sent = system.client.post(
        system.url('crud', '/api/customers/import'), content=lines, headers={'Content-Type': 'text/csv'}
    )
    before = last_position(system)
    address = system.url('crud', '/api/undo')
    undone = system.client.post(address, json={'batch': sent.json()['batch']})
    assert (undone.status_code, undone.json()['count'], undone.json()['conflicts']) == (200, 50, [])
    again = system.client.post(address, json={'batch': undone.json()['batch']})
    assert again.json()['count'] == 50
    assert appended_since(system, before) == {'deleted': 50, 'restored': 50}


def test_each_answer_says_how_to_undo_what_was_done(system: System) -> None:
    def send(method: str, path: str, **sent: Any) -> httpx.Response:
        done = system.client.request(method, system.url('crud', path), **sent)
        assert done.is_success, done.text
        return done

    address, key = '/api/customers/pos', {'Idempotency-Key': 'first'}
    values = {'id': 'pos', 'name': 'Po', 'email': 'pos@example.com'}
    created, again = (send('POST', '/api/customers', json=values, headers=key) for _ in range(2))
    assert again.headers['X-Position'] == created.headers['X-Position']
    changed = send('PATCH', address, json={'name': 'Pa'})
    assert int(changed.headers['X-Position']) > int(created.headers['X-Position'])
    assert 'X-Position' not in send('PATCH', address, json={'name': 'Pa'}).headers, 'nothing was changed'
    assert send('PUT', address, json=values).headers['X-Position']
    send('POST', '/api/orders', json={'number': 'POS', 'customer_id': 'pos', 'ordered_on': '2026-02-01'})
    deleted = send('DELETE', '/api/orders/POS')
    send('POST', '/api/undo', json={'position': int(deleted.headers['X-Position'])})
    send('DELETE', '/api/orders/POS')
    restored = send('POST', '/api/orders/POS/restore')
    assert (int(restored.headers['X-Position']), restored.headers.get('X-Batch')) == (last_position(system), None)
