"""The log over HTTP: appends from many connections, appends while checkpoints happen, and tables as they were."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from app.events import open_log
from app.events.time_travel import records_as_of
from benchmarks.data import fill
from benchmarks.measuring import RUNS, Watch, measure, say, say_commits, spread, stats, wrk
from tests.process import System

RATE = '≥ 2,000/s at 32 connections'
THOUSANDS = '≥ 40,000 events/s'
MOST_PERIODS = 4
COLUMNS = {'name': 'VARCHAR', 'email': 'VARCHAR', 'credit_limit': 'DECIMAL(18, 2)', 'status': 'VARCHAR'}


def run(folder: Path, records: int, seconds: int) -> None:
    """Append to one system, travel in time in another; `seconds` is how long appends go on for the checkpoints."""
    with System(folder / 'data') as system:
        appends(system)
        checkpoints(system, seconds)
    with System(folder / 'records') as system:
        position = as_of(system, records)
        system.stop()
        asyncio.run(whole_table(folder / 'records', records, position))


def appends(system: System) -> None:
    """Single events, then a thousand in each request."""
    url = system.url('events', '/events')
    for connections in (1, 32, 128):
        before = stats(system)
        name = f'HTTP: appends of 1 event, {connections} connections'
        measure(name, system, url, 'append.lua', connections, aim=RATE if connections == 32 else '', EVENTS='1')
        say_commits(system, before)
    for connections in (1, 4):
        name = f'HTTP: appends of 1,000 events, {connections} connections'
        runs = measure(name, system, url, 'append.lua', connections, EVENTS='1000')
        say(f'  {spread([run.rate * 1000 for run in runs])} events/s', THOUSANDS)


def checkpoints(system: System, seconds: int) -> None:
    """Single events for so long that the WAL is written back into the database at least once in between."""
    for _ in range(MOST_PERIODS):
        before = stats(system)['checkpoints']
        load = wrk(system, system.url('events', '/events'), 'append.lua', 32, {'EVENTS': '1'}, seconds)
        after = stats(system)['checkpoints']
        times = f'p50 {load.p50:.1f} ms, p99 {load.p99:.1f} ms, longest {load.longest:.0f} ms'
        made = (
            f'{after["count"] - before["count"]} checkpoints, the longest since the start {after["longest_ms"]:.0f} ms'
        )
        say(f'HTTP: appends of 1 event for {seconds} s, 32 connections: {load.rate:,.0f}/s, {times}', 'p99 ≤ 250 ms')
        print(f'  {made}, the last {after["last_ms"]:.0f} ms')
        if after['count'] > before['count']:
            break


def as_of(system: System, records: int) -> int:
    """Pages of customers as they were; returns the position that was asked for."""
    fill(system, records)
    position = int(stats(system)['position'])
    client = httpx.Client(base_url=system.url('crud'), headers=system.headers, timeout=120)
    for name, count in (('and their number', ''), ('without it', '&count=none')):
        seconds = []
        for _ in range(RUNS):
            watch = Watch()
            client.get(f'/api/customers?as_of={position}&limit=25{count}').raise_for_status()
            seconds.append(watch.seconds)
        say(f'HTTP: 25 of {records:,} records as of a position, {name}: {spread(seconds, 2)} s')
    return position


async def whole_table(data: Path, records: int, position: int) -> None:
    """All records as they were, in one SELECT, handed over as Python rows."""
    log = await open_log(data)
    seconds = []
    for _ in range(RUNS):
        watch = Watch()
        rows = await log.database.query(f'SELECT * FROM {records_as_of("customers", COLUMNS, position)}')
        seconds.append(watch.seconds)
    await log.close()
    say(f'in-process: all {len(rows):,} records as of a position: {spread(seconds, 2)} s')
