"""Opening a log that is there, in a process of its own: `python -m benchmarks.opening ours|peer PATH`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from app.events import open_log
from benchmarks import peer
from benchmarks.measuring import RUNS, Watch, say, spread


def opening(name: str, whose: str, path: Path, events: int) -> None:
    """Open it several times, each in a fresh process; print seconds, and the memory that the process then has."""
    command = [sys.executable, '-m', 'benchmarks.opening', whose, str(path)]
    found = [json.loads(subprocess.check_output(command)) for _ in range(RUNS)]
    seconds, memory = ([run[key] for run in found] for key in ('seconds', 'megabytes'))
    aim = '≤ 1 s and ≤ 300 MB' if whose == 'ours' else ''
    say(f'opening {name} with {events:,} events: {spread(seconds, 3)} s, {spread(memory)} MB resident', aim)


def main() -> None:
    """Open once and print what it took, in seconds and megabytes."""
    whose, path = sys.argv[1:]
    print(json.dumps(_open_peer(Path(path)) if whose == 'peer' else asyncio.run(_open(Path(path)))))


async def _open(path: Path) -> dict[str, float]:
    watch = Watch()
    log = await open_log(path)
    seconds = watch.seconds
    found = {'seconds': seconds, 'megabytes': resident(os.getpid())}
    await log.close()
    return found


def _open_peer(path: Path) -> dict[str, float]:
    watch = Watch()
    application = peer.Application(path)
    application.position()
    return {'seconds': watch.seconds, 'megabytes': resident(os.getpid())}


def resident(process: int) -> float:
    """The megabytes of memory that a process occupies now; 0 where the system does not say."""
    status = Path(f'/proc/{process}/status')
    lines = status.read_text('ascii').splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith('VmRSS')), 0.0)


if __name__ == '__main__':
    main()
