"""`python -m benchmarks [group …]`: median of three runs (lowest to highest), and the load beside it."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import auth, data, http, log, pages, peer, peers, subscribers, transfer
from benchmarks.measuring import RUNS, SECONDS

GROUPS = ('log', 'http', 'auth', 'data', 'subscribers', 'transfer', 'pages', 'peers')
WITHOUT_WRK = {'log', 'subscribers', 'transfer', 'pages'}


def main() -> int:
    """Run the groups that were asked for, or all."""
    parser = argparse.ArgumentParser('python -m benchmarks', description=__doc__)
    parser.add_argument('groups', nargs='*', metavar='group', help=f'{", ".join(GROUPS)}; all if none is named')
    parser.add_argument('--records', type=int, default=100_000, help='customers that are there before reading (100000)')
    parser.add_argument('--rows', type=int, default=1_000_000, help='customers in the grid (1000000)')
    parser.add_argument('--events', type=int, default=1_000_000, help='events in the log that is replayed (1000000)')
    parser.add_argument('--seconds', type=int, default=60, help='of appends while checkpoints happen (60)')
    parser.add_argument('--runs', type=int, default=RUNS, help=f'runs of each operation beside a peer ({RUNS})')
    parser.add_argument('--load', type=int, default=SECONDS, help=f'seconds of each of these runs ({SECONDS})')
    options = parser.parse_args()
    groups = options.groups or GROUPS
    if unknown := [name for name in groups if name not in GROUPS]:
        parser.error(f'there is no group {unknown[0]!r}; there are {", ".join(GROUPS)}')
    if not shutil.which('wrk') and not WITHOUT_WRK.issuperset(groups):
        print('The benchmarks need the load generator wrk: apt-get install wrk', file=sys.stderr)
        return 1
    print(f'{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}')
    print('Median of three runs (lowest–highest).\n')
    if not peer.INSTALLED and 'log' in groups:
        print('Nothing is measured beside ours: pip install eventsourcing does that.\n')
    with tempfile.TemporaryDirectory() as folder:
        for name in groups:
            (Path(folder) / name).mkdir()
            _run(name, Path(folder) / name, options)
    return 0


def _run(name: str, folder: Path, options: argparse.Namespace) -> None:
    print(f'— {name}', flush=True)
    if name == 'log':
        log.run(folder, options.events)
    elif name == 'http':
        http.run(folder, options.records, options.seconds)
    elif name == 'auth':
        auth.run(folder)
    elif name == 'data':
        data.run(folder, options.records)
    elif name == 'subscribers':
        subscribers.run(folder)
    elif name == 'transfer':
        transfer.run(folder, options.records)
    elif name == 'pages':
        pages.run(folder, options.rows)
    else:
        peers.run(folder, options.records, options.runs, options.load)


if __name__ == '__main__':
    sys.exit(main())
