"""Saved views over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from tests.process import System
from tests.scenario import appended_since, last_position


def test_a_view_is_saved_changed_and_deleted(system: System) -> None:
    address, before = system.url('crud', '/api/customers/views'), last_position(system)
    state = {'columns': [{'name': 'name'}], 'filter': "status = 'active'", 'sort': '-name'}
    made = system.client.post(address, json={'name': 'Active', 'shared': True, 'state': state})
    assert (made.status_code, made.headers['etag'], made.json()['state']) == (201, '"1"', state)
    one = f'{address}/{made.json()["id"]}'
    changed = system.client.patch(one, json={'name': 'Active ones'}, headers={'If-Match': '"1"'})
    assert (changed.status_code, changed.json()['version']) == (200, 2)
    late = system.client.patch(one, json={'name': 'x'}, headers={'If-Match': '"1"'})
    assert (late.status_code, late.json()['current']['name']) == (412, 'Active ones')
    assert [view['name'] for view in system.client.get(address).json()['views']] == ['Active ones']
    wrong = system.client.post(address, json={'name': 'y', 'state': {'filter': 'staus = 1'}})
    assert (wrong.status_code, 'staus' in wrong.json()['errors']['state.filter']) == (422, True)
    assert system.client.delete(one).status_code == 204
    assert system.client.get(address).json() == {'views': []}
    assert appended_since(system, before) == {'created': 1, 'changed': 1, 'deleted': 1}


def test_views_outlive_a_power_cut_and_belong_to_the_service(start_system: Callable[..., System]) -> None:
    system = start_system()
    address = system.url('crud', '/api/customers/views')
    made = system.client.post(address, json={'name': 'Kept'}).json()
    system.kill()
    system.restart()
    assert system.client.get(address).json() == {'views': [made]}
    event = {'events': [{'stream': f'views/{made["id"]}', 'type': 'deleted'}]}
    refused = system.client.post(system.url('events', '/events'), json=event)
    assert (refused.status_code, '/views' in refused.json()['detail']) == (403, True)
