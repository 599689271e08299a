"""Live changes: hundreds of subscribers while records change, and one among them who never reads."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from benchmarks.data import fill, ids_of
from benchmarks.measuring import peak_memory, processor_seconds, say, settle
from tests.process import ROOT, System

SUBSCRIBERS = 200
RECORDS = 1000
RATE = 50
SECONDS = 10
AIM = 'p99 ≤ 200 ms'
PLAIN = '/ws/customers'
VIEW = '/ws/customers?filter=' + quote('credit_limit >= 0 AND length(name) > 3')
KINDS = {'of the entity': [PLAIN], 'of a filtered view': [VIEW], 'half of each': [PLAIN, VIEW]}


def run(folder: Path) -> None:
    """Start a system with some customers; change them while all kinds of subscribers listen."""
    with System(folder / 'data') as system:
        fill(system, RECORDS)
        ids = ids_of(system)
        alone = unheard(system, ids)
        for name, paths in KINDS.items():
            with never_reading(system, PLAIN):
                measure(system, name, ids, [system.url('crud', path).replace('http', 'ws') for path in paths], alone)
        print(f'  at most {peak_memory(system.process.pid):.0f} MB')


def unheard(system: System, ids: list[str]) -> float:
    """The processor seconds of the same changes while nobody listens."""
    settle(system.process.pid)
    before = processor_seconds(system.process.pid)
    change(system, ids)
    return processor_seconds(system.process.pid) - before


def measure(system: System, name: str, ids: list[str], addresses: list[str], alone: float) -> None:
    """Print how long the subscribers waited for each change."""
    settle(system.process.pid)
    token = system.headers['Authorization'].removeprefix('Bearer ')
    command = [sys.executable, '-m', 'benchmarks.listeners', token, str(SUBSCRIBERS), *addresses]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding='utf-8') as listeners:
        assert listeners.stdout and listeners.stdout.readline() == 'ready\n'
        before, began = processor_seconds(system.process.pid), time.monotonic()
        slowest = change(system, ids)
        heard: dict[str, Any] = json.loads(listeners.stdout.readline())
        spent = processor_seconds(system.process.pid) - before
        share = spent / (time.monotonic() - began)
    whole = RATE * SECONDS
    missing = '' if heard['fewest'] == heard['most'] == whole else f', {heard["fewest"]} to {heard["most"]} heard'
    times = f'p50 {heard["p50"]:.1f} ms, p99 {heard["p99"]:.1f} ms, longest {heard["longest"] * 1000:.0f} ms'
    say(f'{SUBSCRIBERS} subscribers {name}, one never reads, {RATE} writes/s: {times}{missing}', AIM)
    each = (spent - alone) / (SUBSCRIBERS * whole)
    say(
        f'  {each * 1_000_000:.0f} µs of a processor for each subscriber and change',
        '≤ 150 µs' if PLAIN in ''.join(addresses) else '',
    )
    print(f'  {share:.0%} of a processor, the slowest write was acknowledged after {slowest * 1000:.0f} ms')


def change(system: System, ids: list[str]) -> float:
    """Change one customer after the other, each at its moment; returns the most seconds that an answer took."""
    slowest, began = 0.0, time.monotonic()
    with httpx.Client(base_url=system.url('crud'), headers=system.headers, timeout=60, trust_env=False) as client:
        for number in range(RATE * SECONDS + 1):
            time.sleep(max(0.0, began + number / RATE - time.monotonic()))
            sent = time.monotonic()
            notes = f'{"end " if number == RATE * SECONDS else ""}{sent:.6f}'
            client.patch(f'/api/customers/{ids[number % len(ids)]}', json={'notes': notes}).raise_for_status()
            slowest = max(slowest, time.monotonic() - sent)
    return slowest


@contextmanager
def never_reading(system: System, path: str) -> Iterator[None]:
    """A subscriber whose own buffers are small and who never empties them."""
    address = urlsplit(system.url('crud', path))
    with socket.socket() as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.connect((str(address.hostname), int(address.port or 0)))
        headers = {'Host': address.netloc, 'Upgrade': 'websocket', 'Connection': 'Upgrade', **system.headers}
        headers |= {'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=='}
        lines = [f'GET {path} HTTP/1.1', *(f'{name}: {text}' for name, text in headers.items()), '', '']
        opened.sendall('\r\n'.join(lines).encode())
        yield
