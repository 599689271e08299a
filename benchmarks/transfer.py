"""Many records brought, changed, taken back and fetched: how long, in how much memory, how long others wait."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.data import STATES
from benchmarks.measuring import RUNS, Watch, peak_memory, resident_memory, say, settle, spread
from tests.process import System

IMPORT, EXPORT = '/api/customers/import', '/api/customers/export.csv'
EACH = 0.01
"""Seconds between two requests of somebody else."""
MEGABYTE = 1_000_000


class Waits:
    """Seconds that others waited: one for a record, the other for a list, again and again."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {'a record': [], 'a list': []}

    def add(self, other: Waits) -> None:
        """Those of another time as well."""
        for name, seconds in other.seconds.items():
            self.seconds[name] += seconds

    def say(self) -> None:
        """The longest, and the most usual."""
        for name, seconds in self.seconds.items():
            longest, mostly = max(seconds) * 1000, statistics.median(seconds) * 1000
            print(f'  who asked for {name} meanwhile waited {longest:.0f} ms at most, {mostly:.1f} ms mostly')


def run(folder: Path, records: int) -> None:
    """Import into fresh systems, and export from the last."""
    body, seconds, peaks, longest = rows(records), [], [], Waits()
    for number in range(RUNS):
        with System(folder / f'data{number}') as system:
            settle(system.process.pid)
            with somebody_else(system) as waits:
                seconds.append(bring(system, body, records))
            peaks.append(peak_memory(system.process.pid))
            longest.add(waits)
            if number == RUNS - 1:
                say(f'import of {records:,} rows: {spread(seconds, 1)} s', '≤ 10 s')
                say(f'  at most {spread(peaks)} MB since the start', '≤ 500 MB')
                longest.say()
                exports(system, records)
                changes(system, records)


def exports(system: System, records: int) -> None:
    """All of them as CSV, again and again."""
    process, seconds, grown, longest = system.process.pid, list[float](), list[float](), Waits()
    settle(process)
    for _ in range(RUNS):
        before = resident_memory(process)
        Path(f'/proc/{process}/clear_refs').write_text('5')
        with somebody_else(system) as waits:
            taken, size = fetch(system, records)
        seconds.append(taken)
        grown.append(peak_memory(process) - before)
        longest.add(waits)
    say(f'export of {records:,} records as CSV, {size / MEGABYTE:.0f} MB: {spread(seconds, 2)} s', '≤ 3 s')
    print(f'  takes {spread(grown)} MB while it runs')
    longest.say()


def changes(system: System, records: int) -> None:
    """All that was brought is changed at once, then deleted, and both taken back."""
    meant = {'filter': "starts_with(name, 'Customer')"}
    wanted: dict[str, dict[str, Any]] = {
        'change': {'update': meant | {'set': {'notes': 'x'}}},
        'deletion': {'delete': meant},
    }
    for name, asked in wanted.items():
        done, seconds, waits = ask(system, '/api/customers/batch', asked)
        _, back, others = ask(system, '/api/undo', {'batch': done['batch']})
        waits.add(others)
        say(f'{name} of {records:,} records at once: {seconds:.1f} s, taken back in {back:.1f} s')
        waits.say()


def ask(system: System, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], float, Waits]:
    """The answer, how many seconds it took, and how long others waited."""
    with somebody_else(system) as waits:
        watch = Watch()
        answer = httpx.post(system.url('crud', path), json=body, headers=system.headers, timeout=600)
        answer.raise_for_status()
        return answer.json(), watch.seconds, waits


def rows(count: int) -> bytes:
    """A file of customers."""
    lines = [f'Customer {n},c{n}@example.org,{n % 1000}.50,{STATES[n % 3]}' for n in range(count)]
    return '\n'.join(['name,email,credit_limit,status', *lines]).encode()


def bring(system: System, body: bytes, records: int) -> float:
    """Import a file; returns how many seconds that takes."""
    watch = Watch()
    headers = system.headers | {'Content-Type': 'text/csv'}
    answer = httpx.post(system.url('crud', IMPORT), content=body, headers=headers, timeout=600)
    assert answer.status_code < 300 and answer.json()['created'] == records, answer.text[:500]
    return watch.seconds


def fetch(system: System, records: int) -> tuple[float, int]:
    """Export everything; returns how many seconds that takes and how many bytes come."""
    watch, size, lines = Watch(), 0, 0
    with httpx.stream('GET', system.url('crud', EXPORT), headers=system.headers, timeout=600) as answer:
        for piece in answer.iter_raw():
            size += len(piece)
            lines += piece.count(b'\n')
    assert lines >= records, f'{lines} lines'
    return watch.seconds, size


@contextmanager
def somebody_else(system: System) -> Iterator[Waits]:
    """Asks for a record, and for a list, every hundredth of a second during the block."""
    waits, over = Waits(), threading.Event()
    with httpx.Client(base_url=system.url('crud'), headers=system.headers, timeout=600, trust_env=False) as client:
        created = client.post('/api/customers', json=OTHER).raise_for_status().json()
        record = f'/api/customers/{created["id"]}'

        def look(path: str, seconds: list[float]) -> None:
            while not over.is_set():
                began = time.monotonic()
                client.get(path).raise_for_status()
                seconds.append(time.monotonic() - began)
                over.wait(max(0.0, EACH - seconds[-1]))

        asking = zip((record, '/api/customers?limit=25'), waits.seconds.values(), strict=True)
        threads = [threading.Thread(target=look, args=one) for one in asking]
        for thread in threads:
            thread.start()
        try:
            yield waits
        finally:
            over.set()
            for thread in threads:
                thread.join()
            client.delete(record).raise_for_status()


OTHER = {'name': 'Somebody Else', 'email': 'else@example.net'}
