"""Changing the schema of a running system over HTTP, also when it is killed in the middle of that."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.process import System

PERMISSIONS = 'permissions: {create: authenticated, read: authenticated, update: authenticated, delete: authenticated}'
TEXT = f'resource: things\nfields:\n  name: string\n  size: string\n{PERMISSIONS}\n'
NUMBER = TEXT.replace('size: string', 'size: {type: integer, required: true}')
Start = Callable[..., System]


def ask(system: System, what: str, text: str | None, **more: Any) -> httpx.Response:
    """Plan or apply one document."""
    body = {'documents': {'entities/things.yaml': text}, **more}
    return system.client.post(system.url('crud', f'/api/schema/{what}'), json=body)


def bring(system: System, rows: int) -> None:
    """So many things."""
    body = 'name,size\n' + '\n'.join(f'N{number},{number}' for number in range(rows))
    address, kind = system.url('crud', '/api/things/import'), {'Content-Type': 'text/csv'}
    system.client.post(address, content=body, headers=kind).raise_for_status()


def sizes(system: System) -> list[Any]:
    """All of them."""
    found: list[Any] = []
    query = 'fields=size&limit=500&count=none'
    cursor = ''
    while True:
        page = system.client.get(system.url('crud', f'/api/things?{query}{cursor}')).json()
        found += [record['size'] for record in page['records']]
        if not page['next']:
            return found
        cursor = f'&cursor={page["next"]}'


def test_a_change_is_planned_then_applied_and_stands_in_the_folder(start_system: Start, config: Path) -> None:
    system = start_system(config=config)
    assert ask(system, 'apply', TEXT).json()['entities'][0]['changes'][0]['change'] == 'add_entity'
    things = system.url('crud', '/api/things')
    for size in ('1', 'x', None):
        system.client.post(things, json={'name': 'N', 'size': size}).raise_for_status()
    told = ask(system, 'plan', NUMBER).json()
    assert (told['possible'], len(told['entities'][0]['problems'])) == (False, 2)
    assert 0 < told['applying_seconds'] < 60
    refused = ask(system, 'apply', NUMBER)
    assert refused.status_code == 409
    assert refused.json()['plan']['entities'] == told['entities']
    assert (config / 'entities/things.yaml').read_text() == TEXT
    applied = ask(system, 'apply', NUMBER, fill={'things.size': 0})
    assert applied.status_code == 200, applied.text
    assert (config / 'entities/things.yaml').read_text() == NUMBER
    assert sorted(sizes(system)) == [0, 0, 1]
    assert system.client.post(things, json={'size': 'x'}).status_code == 422
    assert ask(system, 'apply', None).status_code == 200
    assert not (config / 'entities/things.yaml').exists()
    assert system.client.get(things).status_code == 404
    system.stop()
    system.restart()
    assert ask(system, 'apply', NUMBER).status_code == 200
    assert sorted(sizes(system)) == [0, 0, 1]


@pytest.mark.parametrize(
    ('body', 'status'),
    [
        ({'documents': {'../outside.yaml': 'x: 1'}}, 400),
        ({'documents': {'entities/../app.yaml': 'x: 1'}}, 400),
        ({'documents': {'entities/a.yaml': 7}}, 400),
        ({'documents': []}, 400),
        ({'document': {}}, 400),
        ({'documents': {'entities/a.yaml': 'resource: a\nfields: {b: strnig}\n'}}, 422),
    ],
)
def test_what_is_no_config_is_refused(system: System, body: dict[str, Any], status: int) -> None:
    for what in ('plan', 'apply'):
        answer = system.client.post(system.url('crud', f'/api/schema/{what}'), json=body)
        assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()['errors'] == {
            'entities/a.yaml:2': "fields.b.type unknown type 'strnig', did you mean 'string'?"
        }


def test_the_schema_is_for_admins(system: System) -> None:
    for method, path in (('GET', ''), ('POST', '/plan'), ('POST', '/apply')):
        answer = httpx.request(
            method, system.url('crud', f'/api/schema{path}'), json={'documents': {}}, trust_env=False
        )
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ('rows', 'rounds'), [(2_000, 2), pytest.param(100_000, 12, marks=pytest.mark.long)], ids=['short', 'long']
)
def test_a_kill_in_the_middle_of_a_change_leaves_the_old_or_the_new(
    start_system: Start, config: Path, rows: int, rounds: int
) -> None:
    system = start_system(config=config)
    assert ask(system, 'apply', TEXT).status_code == 200
    bring(system, rows)
    for number in range(rounds):
        text = (NUMBER, TEXT)[number % 2]
        asking = threading.Thread(target=lambda text=text: _ask_until_killed(system, text))
        asking.start()
        asking.join(random.uniform(0, rows / 20_000 + 0.2))
        system.kill()
        asking.join()
        system.restart()
        kinds = {type(size) for size in sizes(system)}
        documents = system.client.get(system.url('crud', '/api/schema')).json()['documents']
        assert kinds == {int if documents['entities/things.yaml'] == NUMBER else str}
        assert len(sizes(system)) == rows
        assert _verified(system)['status'] == 'whole'


def _ask_until_killed(system: System, text: str) -> None:
    body = {'documents': {'entities/things.yaml': text}}
    try:
        address = system.url('crud', '/api/schema/apply')
        httpx.post(address, json=body, headers=system.headers, timeout=60, trust_env=False)
    except httpx.HTTPError:
        return


def _verified(system: System) -> dict[str, Any]:
    lines = system.client.get(system.url('events', '/verify')).text.splitlines()
    said: dict[str, Any] = json.loads(lines[-1])
    return said
