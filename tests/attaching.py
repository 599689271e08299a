"""A system whose records have files: short words for what tests ask of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.process import PASSWORD, PATIENCE, System

LIMIT = 20_000_000
THINGS = f"""
resource: things
fields:
  id: primary_key
  name: string
  photo: image
  paper: {{type: file, max_size: {LIMIT}}}
  secret: {{type: file, permissions: {{read: [admin], write: [admin]}}}}
permissions: {{create: authenticated, read: owner, update: owner, delete: owner}}
"""


def start(folder: Path) -> System:
    """Such a system in a folder of its own."""
    (folder / 'config' / 'entities').mkdir(parents=True)
    (folder / 'config' / 'entities' / 'things.yaml').write_text(THINGS, 'utf-8')
    return System(folder / 'data', folder / 'config')


def send(system: System, content: Any, field: str = 'paper', *, name: str = 'a.bin', **headers: str) -> httpx.Response:
    """An upload as an admin."""
    address = system.url('crud', f'/api/things/files/{field}')
    sent = {name.replace('_', '-'): value for name, value in headers.items()}
    return system.client.post(address, content=content, headers=sent, params={'name': name} if name else {})


def attach(system: System, content: bytes, field: str = 'paper', *, name: str = 'a.bin', kind: str = '') -> str:
    """The address of the file of a new thing."""
    value = send(system, content, field, name=name, Content_Type=kind).json()
    made = system.client.post(system.url('crud', '/api/things'), json={field: value})
    assert made.status_code == 201, made.text
    return system.url('crud', made.json()[field]['url'])


def stored(system: System) -> set[str]:
    """The names of all files in the store."""
    return {path.name for path in (system.data / 'files').rglob('*') if path.is_file()}


def somebody(system: System, name: str) -> httpx.Client:
    """A client of another user."""
    sent = {'username': name, 'email': f'{name}@example.com', 'password': PASSWORD}
    system.client.post(system.url('auth', '/api/users'), json=sent).raise_for_status()
    login = httpx.post(
        system.url('auth', '/api/login'),
        json={'username': name, 'password': PASSWORD},
        timeout=PATIENCE,
        trust_env=False,
    ).json()
    headers = {'Authorization': f'Bearer {login["token"]}'}
    return httpx.Client(headers=headers, timeout=PATIENCE, trust_env=False)
