"""DBBasic beside PocketBase: the same customers and the same requests, in turns while both are there."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from benchmarks import operations, pocketbase
from benchmarks.data import customers_of, fill
from benchmarks.duel import Duel, Side
from benchmarks.measuring import RUNS, SECONDS, Load
from benchmarks.operations import GROUPS, Operation
from benchmarks.pocketbase import PocketBase
from tests.process import System


def run(folder: Path, records: int, runs: int = RUNS, seconds: int = SECONDS) -> None:
    """Fill both, see that they answer alike, load them, print. Writes come last: all reads find the same records."""
    if not pocketbase.BINARY:
        print(f'Nothing is measured beside PocketBase: {pocketbase.INSTALL} does that.')
        return
    print(f'Each operation is checked, then both are loaded in turns: {runs} × {seconds} s each.')
    with System(folder / 'data') as system, PocketBase(folder / 'pocketbase') as other:
        ours = Side('ours', system, system.url('crud', ''), system.process.pid)
        theirs = Side('PocketBase', other, other.base, other.process.pid)
        duel = Duel(ours, theirs, folder, runs, seconds)
        fill(system, records)
        customers = customers_of(system)[::-1]  # some are not from here: the shipped config brings examples
        ids = [customer['id'] for customer in customers], other.fill(customers)
        duel.say_memory(f'after {records:,} customers came in')
        reads = operations.reads(*ids)
        measured = [duel.compare(operation) for operation in reads]
        _indexed(duel, other, reads, measured)
        _groups(duel, customers)
        for operation in operations.writes(*ids):
            duel.compare(operation)
        duel.say_memory('at the end', 'ours ≤ 500 MB')


def _indexed(duel: Duel, other: PocketBase, reads: list[Operation], measured: list[list[Load]]) -> None:
    """The lists that it sorts, with indexes made for them, to see how much of the ratio they would cost."""
    other.index(pocketbase.UNIQUE, *pocketbase.EXTRA)
    for operation, ours in zip(reads, measured, strict=True):
        if 'sort=-created' in operation.theirs[0] or 'sort=name' in operation.theirs[0]:
            duel.theirs_again('PocketBase with indexes for it', operation, ours)
    other.index(pocketbase.UNIQUE)


def _groups(duel: Duel, customers: list[dict[str, Any]]) -> None:
    """Sums, which PocketBase does not offer."""
    try:
        answer = duel.ours.ask(GROUPS)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != 400:
            raise
        print(f'group-by: left out, {GROUPS} is answered with {error.response.text}')
        return
    limits: dict[str, list[Decimal]] = {}
    for customer in customers:
        limits.setdefault(customer['status'], []).append(Decimal(customer['credit_limit']))
    expected = {status: (len(parts), sum(parts)) for status, parts in limits.items()}
    found = {
        group['group']['status']: (group['count'], Decimal(group['sum']['credit_limit'])) for group in answer['groups']
    }
    assert found == expected, f'{GROUPS}: {found}, not {expected}'
    duel.ours_alone(Operation('group-by of all, asked differently each time', 0, operations.groups(), []), '≥ 200/s')
    duel.ours_alone(Operation('group-by of all, the same again and again', 0, [GROUPS], []))
