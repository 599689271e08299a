"""What the home of the data port asks: how much there is, and what has happened lately."""

from __future__ import annotations

import httpx

from tests.process import System


def test_the_home_is_told_what_there_is_and_what_happened(system: System) -> None:
    entities = system.client.get(system.url('crud', '/api?counts=true')).json()['entities']
    counts = {entity['name']: entity['count'] for entity in entities}
    for name, count in counts.items():
        assert system.client.get(system.url('crud', f'/api/{name}')).json()['total'] == count
    before = system.client.get(system.url('crud', '/api/history')).json()['position']
    body = {'sku': 'LATE-1', 'name': 'Late', 'price': '1'}
    made = system.client.post(system.url('crud', '/api/products'), json=body).json()
    lately = system.client.get(system.url('crud', f'/api/history?limit=1&after={before}&wait=20')).json()
    [change] = lately['changes']
    assert (change['type'], change['id'], change['label'], change['name']) == ('created', made['id'], 'Late', 'admin')
    assert httpx.get(system.url('crud', '/api/history'), trust_env=False).status_code == 401
