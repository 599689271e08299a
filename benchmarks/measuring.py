"""What every group shares: runs, medians, percentiles, `wrk`, and the load of the machine beside each figure."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import httpx

from tests.process import System

SCRIPTS = Path(__file__).parent
RUNS = 3
SECONDS = 8
"""How long `wrk` loads the system in each run."""


class Loadable(Protocol):
    """What `wrk` can load: DBBasic, or what it is measured beside."""

    @property
    def headers(self) -> dict[str, str]:
        """What a request needs to be allowed."""


class Load(NamedTuple):
    """One run of `wrk`: requests per second, milliseconds, answers that were errors, and when it ended."""

    rate: float
    p50: float
    p99: float
    longest: float
    failed: int


def say(text: str, aim: str = '') -> None:
    """A line of the report, with the aim beside it and the load of the machine."""
    aim = f', aim {aim}' if aim else ''
    print(f'{text}{aim} [load {os.getloadavg()[0]:.1f}]', flush=True)


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median of several runs, with the lowest and the highest."""
    low, middle, high = (f'{value:,.{digits}f}' for value in (min(values), statistics.median(values), max(values)))
    return f'{middle} ({low}–{high})'


def percentile(seconds: Sequence[float], share: float) -> float:
    """The milliseconds within which `share` of the `seconds` lie."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class Watch:
    """Seconds and processor seconds since it was made, of this process with all its threads."""

    def __init__(self) -> None:
        self._began, self._processor = time.perf_counter(), time.process_time()

    @property
    def seconds(self) -> float:
        """Seconds by the clock."""
        return time.perf_counter() - self._began

    @property
    def processor(self) -> float:
        """Seconds of processors."""
        return time.process_time() - self._processor


def peak_memory(process: int) -> float:
    """The most megabytes that a process has ever had in memory."""
    return int(_found(r'VmHWM:\s+(\d+)', Path(f'/proc/{process}/status').read_text())) / 1024


def resident_memory(process: int) -> float:
    """The megabytes that a process has in memory now."""
    return int(_found(r'VmRSS:\s+(\d+)', Path(f'/proc/{process}/status').read_text())) / 1024


def processor_seconds(process: int) -> float:
    """Seconds of processors that a process has had."""
    return _ticks(process) / 100


def settle(process: int) -> None:
    """Wait until a process does next to nothing, so that it does not slow down another; for half a minute at most."""
    for _ in range(60):
        before = _ticks(process)
        time.sleep(0.5)
        if _ticks(process) - before <= 5:
            return


def wrk(
    system: Loadable, url: str, script: str, connections: int, variables: Mapping[str, str], seconds: int = SECONDS
) -> Load:
    """Load `url` for some seconds; the Lua script finds `variables` in its environment."""
    command = ['wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--timeout', '10s', '--latency']
    token = system.headers['Authorization'].removeprefix('Bearer ')
    output = subprocess.run(
        [*command, '-s', str(SCRIPTS / script), url],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {'TOKEN': token, **variables},
    ).stdout
    rate = float(_found(r'Requests/sec:\s+([\d.]+)', output))
    p50, p99, longest = (
        _milliseconds(_found(one, output)) for one in (r'\n +50%\s+(\S+)', r'\n +99%\s+(\S+)', LONGEST)
    )
    failed = int(_found(r'Non-2xx or 3xx responses: (\d+)', output) or 0)
    return Load(rate, p50, p99, longest, failed + sum(int(number) for number in re.findall(TROUBLE, output)))


def measure(
    name: str, system: System, url: str, script: str, connections: int, *, aim: str = '', **variables: str
) -> list[Load]:
    """Run `wrk` several times; print requests per second and the slowest per cent."""
    runs = [
        wrk(system, url, script, connections, {'RUN': re.sub('[^a-z0-9]', '', f'{name}{run}'), **variables})
        for run in range(RUNS)
    ]
    slowest = statistics.median(run.p99 for run in runs)
    say(f'{name}: {spread([run.rate for run in runs])}/s, p99 {slowest:.1f} ms', aim)
    if failed := sum(run.failed for run in runs):
        print(f'  {failed} answers were errors or did not come')
    return runs


def stats(system: System) -> dict[str, Any]:
    """The writer's counters."""
    answer: dict[str, Any] = httpx.get(system.url('events', '/stats'), headers=system.headers, timeout=60).json()
    return answer


def say_commits(system: System, before: dict[str, Any]) -> None:
    """How many events were committed together since `before`."""
    after = stats(system)
    commits, written = after['commits'] - before['commits'], after['written'] - before['written']
    print(f'  {written / max(commits, 1):.1f} events per commit, {commits} commits')


LONGEST = r'Latency\s+\S+\s+\S+\s+(\S+)'
TROUBLE = r'(?:connect|read|write|timeout) (\d+)'


def _ticks(process: int) -> int:
    """Hundredths of seconds of processors."""
    return sum(int(part) for part in Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[11:13])


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ''


def _milliseconds(text: str) -> float:
    number, unit = float(re.sub('[a-z]+', '', text)), re.sub('[0-9.]+', '', text)
    return number * {'us': 0.001, 'ms': 1.0, 's': 1000.0, 'm': 60_000.0}[unit]
