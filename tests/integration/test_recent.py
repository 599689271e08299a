"""The home of the data port: how much there is, what has happened lately, and who is offered what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from tests.process import PATIENCE, System

PASSWORD = 'seven green bottles'
NOTICES = """resource: notices
fields: {title: {type: string, required: true}}
permissions: {create: editor, read: authenticated, update: editor, delete: editor}
"""
SECRETS = NOTICES.replace('notices', 'secrets').replace('authenticated', 'editor')


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
    assert system.client.get(system.url('crud', '/api/history?entity=products')).status_code == 400


def test_nobody_is_offered_or_told_what_he_may_not(start_system: Callable[..., System], config: Path) -> None:
    (config / 'entities/notices.yaml').write_text(NOTICES)
    (config / 'entities/secrets.yaml').write_text(SECRETS)
    system = start_system(config=config)
    for entity in ('notices', 'secrets'):
        system.client.post(system.url('crud', f'/api/{entity}'), json={'title': f'One of {entity}'}).raise_for_status()
    person = {'username': 'ida', 'email': 'ida@example.com', 'password': PASSWORD}
    system.client.post(system.url('auth', '/api/users'), json=person).raise_for_status()
    login = {'username': 'ida', 'password': PASSWORD}
    token = httpx.post(system.url('auth', '/api/login'), json=login, timeout=PATIENCE, trust_env=False).json()['token']
    with httpx.Client(headers={'Authorization': f'Bearer {token}'}, trust_env=False) as ida:
        page = ida.get(system.url('crud'), headers={'Accept': 'text/html'}).text
        closed = ida.get(system.url('crud', '/secrets'), headers={'Accept': 'text/html'})
        entities = ida.get(system.url('crud', '/api?counts=true')).json()['entities']
        lately = ida.get(system.url('crud', '/api/history?limit=100')).json()['changes']
        asked = [ida.get(system.url('crud', f'/api/{name}/import')).status_code for name in ('notices', 'customers')]
    assert asked == [403, 200]
    assert (closed.status_code, 'Not allowed' in closed.text) == (403, True)
    assert 'Export: Notices' in page
    assert 'Import: Notices' not in page
    assert 'Import: Customers' in page
    assert 'Secrets' not in page
    assert {'notices', 'secrets'} & {entity['name'] for entity in entities} == {'notices'}
    assert [change['label'] for change in lately if change['entity'] in {'notices', 'secrets'}] == ['One of notices']
