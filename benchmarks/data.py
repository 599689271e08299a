"""Records over HTTP, with permissions, validation, durability and history on: creating, getting, listing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measuring import measure, say_commits, stats
from tests.process import System

BATCH = 50_000
STATES = ('active', 'inactive', 'pending')


def run(folder: Path, records: int) -> None:
    """Start a system, fill it, load it, print."""
    with System(folder / 'data') as system:
        creates(system)
        fill(system, records)
        reads(system, ids_of(system), folder)


def creates(system: System) -> None:
    """Single creates."""
    for connections in (1, 32):
        before = stats(system)
        url = system.url('crud', '/api/customers')
        measure(f'single creates, {connections} connections', system, url, 'create.lua', connections)
        say_commits(system, before)


def reads(system: System, ids: list[str], folder: Path) -> None:
    """Random records by id, and pages of 25."""
    chosen = folder / 'ids.txt'
    chosen.write_text('\n'.join(random.Random(1).sample(ids, min(len(ids), 20_000))))
    url = system.url('crud', '/api/customers')
    measure(f'get by id, random out of {len(ids):,}', system, url, 'get.lua', 32, IDS=str(chosen))
    for name, query in {
        'pages of 25, newest first': 'limit=25',
        'pages of 25, sorted by name': 'limit=25&sort=name',
        'pages of 25, filtered by status': 'limit=25&status=pending',
        'pages of 25, searched': 'limit=25&search=77',
    }.items():
        measure(f'{name}, of {len(ids):,}', system, f'{url}?{query}', 'read.lua', 16)


def fill(system: System, records: int) -> None:
    """Import customers until there are `records`."""
    client = httpx.Client(base_url=system.url('crud'), headers=system.headers, timeout=120)
    there = client.get('/api/customers', params={'limit': 1}).json()['total']
    while there < records:
        count = min(BATCH, records - there)
        lines = [f'Customer {n},c{n}@example.org,{n % 1000}.50,{STATES[n % 3]}' for n in range(there, there + count)]
        body = '\n'.join(['name,email,credit_limit,status', *lines])
        answer = client.post('/api/customers/import', content=body, headers={'Content-Type': 'text/csv'})
        answer.raise_for_status()
        there += count


def ids_of(system: System) -> list[str]:
    """The ids of all customers."""
    return [record['id'] for record in customers_of(system)]


def customers_of(system: System) -> list[dict[str, Any]]:
    """All customers, the newest first."""
    client = httpx.Client(base_url=system.url('crud'), headers=system.headers, timeout=120)
    customers: list[dict[str, Any]] = []
    cursor = ''
    while cursor is not None:
        page = client.get('/api/customers', params={'limit': 500, 'cursor': cursor, 'count': 'none'}).json()
        customers += page['records']
        cursor = page['next']
    return customers
