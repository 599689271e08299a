"""The log in this process: appending, replaying, rebuilding projections, opening; each beside `eventsourcing`."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from app.events import Append, DuckDBLog, new_event, open_log
from app.events.store import EventStore
from app.projection import Projection
from app.server import SWITCH_SECONDS
from benchmarks import peer
from benchmarks.measuring import RUNS, Watch, percentile, say, spread
from benchmarks.opening import opening

SIZES = (1, 10, 100, 1000)
SECONDS = 2.0
"""How long each run appends."""
SENDERS = 32
STATES = ('active', 'inactive', 'pending')
TOTALS = """
    SELECT data ->> '$.status' AS status, count(*) AS events, sum((data ->> '$.number')::BIGINT)::BIGINT AS total
    FROM events GROUP BY 1"""


def run(folder: Path, events: int) -> None:
    """Everything, with `events` in the log that is replayed, rebuilt from and opened."""
    sys.setswitchinterval(SWITCH_SECONDS)
    numbers = itertools.count()
    for size in SIZES:
        aim = '≥ 40,000 events/s' if size == 1000 else ''
        for senders in (1, SENDERS):
            asyncio.run(appends(folder / f'{size}-{senders}', numbers, size, senders, aim))
        peer.appends(folder / f'{size}.sqlite', size)
    asyncio.run(whole_log(folder / 'data', events))
    opening('the log', 'ours', folder / 'data', events)
    peer.whole_log(folder / 'whole.sqlite', events)
    opening('eventsourcing', 'peer', folder / 'whole.sqlite', events)


async def appends(data: Path, numbers: Iterator[int], size: int, senders: int, aim: str) -> None:
    """Requests of `size` events, from one sender that waits for each answer, or from several."""
    log = await open_log(data)
    rates, slow, processor = [], list[float](), []
    for _ in range(RUNS):
        times: list[float] = []
        watch = Watch()
        before = log.position
        await asyncio.gather(*(_send(log, numbers, size, times) for _ in range(senders)))
        written = log.position - before
        rates.append(written / watch.seconds)
        processor.append(watch.processor / written * 1e6)
        slow += times
    await log.close()
    latency = f'p50 {percentile(slow, 0.5):.2f} ms, p99 {percentile(slow, 0.99):.2f} ms'
    name = f'append of {size:,}, {senders} sender{"s" if senders > 1 else ""}'
    say(f'{name}: {spread(rates)} events/s, {latency}, {statistics.median(processor):.1f} µs CPU/event', aim)


async def _send(log: DuckDBLog, numbers: Iterator[int], size: int, times: list[float]) -> None:
    end = time.perf_counter() + SECONDS
    while (began := time.perf_counter()) < end:
        await log.append(_request(numbers, size))
        times.append(time.perf_counter() - began)


def _request(numbers: Iterator[int], size: int) -> Append:
    events = []
    for number in itertools.islice(numbers, size):
        data = {'name': f'Customer {number}', 'status': STATES[number % 3], 'number': number}
        meta = {'actor': '01a206ba-327a-74a5-b780-bd93634612d0', 'source': 'events'}
        events.append(new_event(f'bench/{number % 10_000}', 'counted', data, meta))
    return Append(events=events)


async def whole_log(data: Path, events: int) -> None:
    """Write a log of so many events, read it, and rebuild projections from it."""
    log = await open_log(data)
    numbers = itertools.count()
    watch = Watch()
    while log.position < events:
        await asyncio.gather(*(log.append(_request(numbers, 1000)) for _ in range(min(4, events // 1000))))
    say(f'{events:,} events, 1,000 per request: {events / watch.seconds:,.0f} events/s')
    for page in (1000, 10_000):
        rates = [await _replay(log, page) for _ in range(RUNS)]
        say(f'replay, pages of {page:,}: {spread(rates)} events/s', '≥ 300,000 events/s')
    say(f'replay, follow: {spread([await _follow(log) for _ in range(RUNS)])} events/s', '≥ 300,000 events/s')
    await _rebuild(log)
    await log.close()


async def _replay(log: DuckDBLog, page: int) -> float:
    watch, position = Watch(), 0
    while events := await log.read(position, page):
        position = events[-1].position
    return position / watch.seconds


async def _follow(log: DuckDBLog) -> float:
    watch, position = Watch(), 0
    async for page in log.follow(0):
        position = page[-1].position
        if position == log.position:
            break
    return position / watch.seconds


async def _rebuild(log: DuckDBLog) -> None:
    store = EventStore(log)
    for name, merge in (('incremental', {'events': 'sum', 'total': 'sum'}), ('whole', None)):
        definition = {'projection': name, 'key': 'status', 'sql': TOTALS, 'merge': merge}
        assert not await store.projections.activate({name: Projection.model_validate(definition)})
        await store.projections.wait_for(name, log.position, 600)
        projector, seconds = store.projections.get(name), []
        for _ in range(RUNS):
            watch = Watch()
            await projector.rebuild()
            while projector.building:
                await asyncio.sleep(0.005)
            seconds.append(watch.seconds)
        say(f'rebuild over {log.position:,} events, {name}: {spread(seconds, 2)} s', '≤ 2 s')
    await store.close()
