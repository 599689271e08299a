"""The same with the library `eventsourcing` (PyPI), on an SQLite file with WAL, where it happens to be installed."""

from __future__ import annotations

import importlib.util
import itertools
import statistics
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measuring import RUNS, Watch, percentile, say, spread

INSTALLED = importlib.util.find_spec('eventsourcing') is not None
SECONDS = 2.0
"""How long each run appends."""
STREAMS = [uuid.uuid5(uuid.NAMESPACE_URL, str(number)) for number in range(10_000)]
STATES = ('active', 'inactive', 'pending')
Happened: Any = None
"""The class of events; the library finds it by its name in this module."""


class Application:
    """The library's application over one file; its events are encoded as JSON, its default."""

    def __init__(self, path: Path) -> None:
        global Happened  # noqa: PLW0603
        event = import_module('eventsourcing.domain').DomainEvent
        fields = {'name': str, 'status': str, 'number': int, 'actor': str, 'source': str}
        Happened = Happened or type('Happened', (event,), {'__annotations__': fields, '__module__': __name__})
        environment = {'PERSISTENCE_MODULE': 'eventsourcing.sqlite', 'SQLITE_DBNAME': str(path)}
        self._application = import_module('eventsourcing.application').Application(environment)
        self._versions: Counter[uuid.UUID] = Counter()
        self._numbers = itertools.count()

    def append(self, size: int) -> None:
        """Record so many events in one transaction."""
        self._application.events.put([self._event(number) for number in itertools.islice(self._numbers, size)])

    def read(self, page: int) -> Iterator[list[Any]]:
        """All events in order, as they are stored."""
        position = 1
        while events := self._application.recorder.select_notifications(start=position, limit=page):
            position = events[-1].id + 1
            yield events

    def happened(self, stored: Any) -> Any:
        """A stored event with its data decoded."""
        return self._application.mapper.to_domain_event(stored)

    def position(self) -> int:
        """The position of the last event."""
        return int(self._application.recorder.max_notification_id() or 0)

    def close(self) -> None:
        """Let go of the file."""
        self._application.close()

    def _event(self, number: int) -> Any:
        stream = STREAMS[number % len(STREAMS)]
        self._versions[stream] += 1
        actor = '01a206ba-327a-74a5-b780-bd93634612d0'
        fields = (f'Customer {number}', STATES[number % 3], number, actor, 'events')
        return Happened(stream, self._versions[stream], datetime.now(UTC), *fields)


def appends(path: Path, size: int) -> None:
    """Requests of `size` events, one after the other; print events per second."""
    if not INSTALLED:
        return
    application = Application(path)
    rates, times, processor = [], list[float](), []
    for _ in range(RUNS):
        watch, written = Watch(), 0
        while (began := watch.seconds) < SECONDS:
            application.append(size)
            times.append(watch.seconds - began)
            written += size
        rates.append(written / watch.seconds)
        processor.append(watch.processor / written * 1e6)
    application.close()
    latency = f'p50 {percentile(times, 0.5):.2f} ms, p99 {percentile(times, 0.99):.2f} ms'
    rest = f'longest {max(times) * 1000:.0f} ms, {statistics.median(processor):.1f} µs CPU/event'
    say(f'  eventsourcing, append of {size:,}: {spread(rates)} events/s, {latency}, {rest}')


def whole_log(path: Path, events: int) -> None:
    """Write so many events, read them, and add them up, which is the least that a projection does."""
    if not INSTALLED:
        return
    application = Application(path)
    watch = Watch()
    while application.position() < events:
        application.append(1000)
    say(f'  eventsourcing, {events:,} events, 1,000 per request: {events / watch.seconds:,.0f} events/s')
    for page in (1000, 10_000):
        rates = []
        for _ in range(RUNS):
            watch = Watch()
            read = sum(len(found) for found in application.read(page))
            rates.append(read / watch.seconds)
        say(f'  eventsourcing, replay, pages of {page:,}: {spread(rates)} events/s')
    began = time.perf_counter()
    counted: Counter[str] = Counter()
    for found in application.read(10_000):
        for event in map(application.happened, found):
            counted[event.status] += event.number
    say(f'  eventsourcing, sums over {events:,} decoded events in Python: {time.perf_counter() - began:.2f} s')
    application.close()
