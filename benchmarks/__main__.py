"""`python -m benchmarks [--records N]`: three runs each, median and spread, load from `wrk` in its own process."""

from __future__ import annotations

import argparse
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from tests.process import System

SCRIPTS = Path(__file__).parent
RUNS = 3
SECONDS = 8
BATCH = 50_000


def main() -> int:
    """Start a system, fill it, load it, print."""
    parser = argparse.ArgumentParser('python -m benchmarks', description=__doc__)
    parser.add_argument('--records', type=int, default=100_000, help='customers that are there before reading (100000)')
    options = parser.parse_args()
    if not shutil.which('wrk'):
        print('The benchmarks need the load generator wrk: apt-get install wrk', file=sys.stderr)
        return 1
    print(f'{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}')
    print(f'{RUNS} runs of {SECONDS} s each: median (lowest–highest)\n')
    with tempfile.TemporaryDirectory() as folder, System(Path(folder) / 'data') as system:
        creates(system)
        ids = fill(system, options.records)
        reads(system, ids, Path(folder))
    return 0


def creates(system: System) -> None:
    """Single creates, with permissions, validation, fdatasync and history on."""
    for connections in (1, 32):
        before = stats(system)
        measure(f'single creates, {connections} connections', system, 'create.lua', '/api/customers', connections)
        after = stats(system)
        commits, written = after['commits'] - before['commits'], after['written'] - before['written']
        print(f'  {written / max(commits, 1):.1f} events per commit, {commits} commits')


def reads(system: System, ids: list[str], folder: Path) -> None:
    """Random records by id, and pages of 25."""
    chosen = folder / 'ids.txt'
    chosen.write_text('\n'.join(random.Random(1).sample(ids, min(len(ids), 20_000))))
    os.environ['IDS'] = str(chosen)
    measure(f'get by id, random out of {len(ids):,}', system, 'get.lua', '/api/customers', 32)
    for name, query in {
        'pages of 25, newest first': 'limit=25',
        'pages of 25, sorted by name': 'limit=25&sort=name',
        'pages of 25, filtered by status': 'limit=25&status=pending',
        'pages of 25, searched': 'limit=25&search=77',
    }.items():
        measure(f'{name}, of {len(ids):,}', system, 'read.lua', f'/api/customers?{query}', 16)


def measure(name: str, system: System, script: str, path: str, connections: int) -> None:
    """Run `wrk` and print requests per second and the slowest per cent."""
    rates, slowest, failed = [], [], 0
    for run in range(RUNS):
        command = ['wrk', '-t1', f'-c{connections}', f'-d{SECONDS}s', '--latency', '-s', str(SCRIPTS / script)]
        environment = os.environ | {
            'TOKEN': system.headers['Authorization'].removeprefix('Bearer '),
            'RUN': f'{name}-{run}'.replace(' ', ''),
        }
        url = system.url('crud', path)
        output = subprocess.run([*command, url], capture_output=True, text=True, check=True, env=environment).stdout
        rates.append(float(found(r'Requests/sec:\s+([\d.]+)', output)))
        slowest.append(milliseconds(found(r'99%\s+(\S+)', output)))
        failed += int(found(r'Non-2xx or 3xx responses: (\d+)', output) or 0)
    spread = f'({min(rates):,.0f}–{max(rates):,.0f})'
    print(f'{name}: {statistics.median(rates):,.0f}/s {spread}, p99 {statistics.median(slowest):.1f} ms', flush=True)
    if failed:
        print(f'  {failed} answers were errors')


def fill(system: System, records: int) -> list[str]:
    """Import customers until there are `records`; returns all ids."""
    client = httpx.Client(base_url=system.url('crud'), headers=system.headers, timeout=120)
    there = client.get('/api/customers', params={'limit': 1}).json()['total']
    while there < records:
        count = min(BATCH, records - there)
        lines = [f'Customer {n},c{n}@example.org,{n % 1000}.50,{STATES[n % 3]}' for n in range(there, there + count)]
        body = '\n'.join(['name,email,credit_limit,status', *lines])
        answer = client.post('/api/customers/import', content=body, headers={'Content-Type': 'text/csv'})
        answer.raise_for_status()
        there += count
    ids: list[str] = []
    cursor = ''
    while cursor is not None:
        page = client.get('/api/customers', params={'limit': 500, 'cursor': cursor, 'count': 'none'}).json()
        ids += [record['id'] for record in page['records']]
        cursor = page['next']
    return ids


def stats(system: System) -> dict[str, int]:
    """The writer's counters."""
    answer: dict[str, int] = httpx.get(system.url('events', '/stats'), headers=system.headers).json()
    return answer


def found(pattern: str, text: str) -> str:
    """The first group of the first match, or nothing."""
    match = re.search(pattern, text)
    return match[1] if match else ''


def milliseconds(text: str) -> float:
    """A duration as `wrk` writes it."""
    number, unit = float(re.sub('[a-z]+', '', text)), re.sub('[0-9.]+', '', text)
    return number * {'us': 0.001, 'ms': 1.0, 's': 1000.0}[unit]


STATES = ('active', 'inactive', 'pending')

if __name__ == '__main__':
    sys.exit(main())
