"""Who is asking: verifying tokens in-process and over HTTP, and what a crowd that logs in costs everybody else."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx

from app.auth import Auth, Policy
from app.auth.events import Caller
from benchmarks.measuring import RUNS, Watch, measure, percentile, say, spread, wrk
from tests.process import ADMIN, EMAIL, PASSWORD, System

SEEN, NEW, LOGINS = 1_000, 5_000, 50
TIMES = 100
ASKED = '≥ 2,500/s'


def run(folder: Path) -> None:
    """In-process first, then over HTTP."""
    in_process(folder / 'alone')
    with System(folder / 'data') as system:
        measure('GET /api/verify, 32 connections', system, system.url('auth', '/api/verify'), 'read.lua', 32, aim=ASKED)
        crowd(system)


def in_process(folder: Path) -> None:
    """Tokens that were verified before, and tokens never seen."""
    with closing(Auth.open(folder, policy=Policy(bcrypt_cost=4))) as auth:
        auth.create_admin(ADMIN, EMAIL, PASSWORD)
        seen = signed(auth, SEEN)
        verify_all(auth, seen)
        rates = [SEEN * TIMES / timed(lambda: verify_all(auth, seen * TIMES)) for _ in range(RUNS)]
        say(f'in-process: {SEEN:,} tokens verified again: {spread(rates)}/s', '≥ 20,000/s')
        rates = []
        for _ in range(RUNS):
            fresh = signed(auth, NEW)
            rates.append(NEW / timed(lambda: verify_all(auth, fresh)))  # noqa: B023 - called at once
        say(f'in-process: {NEW:,} new tokens: {spread(rates)}/s', '≥ 4,000/s')


def crowd(system: System) -> None:
    """A record, alone and while people log in, each until he is let in."""
    url = system.url('crud', '/api/customers/ada')
    for name, people in (('alone', 0), (f'while {LOGINS} people log in', LOGINS)):
        slowest, waits = [], list[float]()
        for _ in range(RUNS):
            with httpx.Client(timeout=60, trust_env=False) as client, ThreadPoolExecutor(LOGINS) as threads:
                logins = [threads.submit(log_in, client, system.url('auth', '/api/login')) for _ in range(people)]
                slowest.append(wrk(system, url, 'read.lua', 4, {}, seconds=6).p99)
            waits += [login.result() for login in logins]
        say(f'GET, 4 connections, {name}: p99 {spread(slowest, 1)} ms', 'p99 < 50 ms' if people else '')
        if waits:
            print(f'  logins took {statistics.median(waits):.1f} s, the slowest {percentile(waits, 1) / 1000:.1f} s')


def log_in(client: httpx.Client, address: str) -> float:
    """How many seconds somebody takes to get in, who asks again when told to."""
    watch = Watch()
    while True:
        answer = client.post(address, json={'username': ADMIN, 'password': PASSWORD})
        if answer.status_code == 200:
            return watch.seconds
        time.sleep(float(answer.headers['retry-after']))


def signed(auth: Auth, count: int) -> list[str]:
    """Tokens of one session, each with an id of its own."""
    parts = auth._parts
    login = parts.accounts.log_in_client(ADMIN, PASSWORD, Caller())
    return [parts.tokens.sign(login.user, login.session.id, int(time.time()) + 600) for _ in range(count)]


def verify_all(auth: Auth, tokens: Sequence[str]) -> None:
    """Verify each once."""
    for token in tokens:
        assert auth.verify(f'Bearer {token}', None)


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    watch = Watch()
    work()
    return watch.seconds
