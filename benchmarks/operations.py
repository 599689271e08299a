"""What DBBasic and PocketBase are both asked for: the same requests in both spellings, each unlike those before it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.data import STATES
from benchmarks.pocketbase import RECORDS as THEIRS

OURS = '/api/customers'
GROUPS = f'{OURS}?group_by=status&sum=credit_limit&count=*'
MOST = 50_000
"""Requests of one operation that are spelled out; more than are answered in one run."""
PAGE = 25


class Operation(NamedTuple):
    """One thing to ask for: lines for `requests.lua`, those of both systems in the same order."""

    name: str
    aim: float
    """How many times as fast as PocketBase we want to be."""
    ours: list[str]
    theirs: list[str]
    method: str = 'GET'
    connections: int = 32
    ordered: bool = True
    """Whether both must answer with the same records: PocketBase's dates leave open which of a millisecond is first."""


def reads(ours: Sequence[str], theirs: Sequence[str]) -> list[Operation]:
    """Records and lists; the ids are those of the same customers in the same order."""
    chance = random.Random(1)
    places = chance.choices(range(len(ours)), k=MOST)
    return [
        Operation(
            'get by id, random', 1, [f'{OURS}/{ours[n]}' for n in places], [f'{THEIRS}/{theirs[n]}' for n in places]
        ),
        _pages(chance, len(ours)),
        hot_list(),
        _filters(chance),
        _searches(chance),
    ]


def writes(ours: Sequence[str], theirs: Sequence[str]) -> list[Operation]:
    """Changes and new records."""
    places = random.Random(2).sample(range(len(ours)), min(MOST, len(ours)))
    change = json.dumps({'phone': '+1 555 #'})
    customer = {'name': 'Load #', 'email': 'load#@example.com', 'credit_limit': 12.5, 'phone': '+1 555 #'}
    new = json.dumps(customer | {'status': 'active'})
    changes, their_changes = (
        [f'{path}/{ids[place]}\t{change}' for place in places] for path, ids in ((OURS, ours), (THEIRS, theirs))
    )
    return [
        Operation('update of one field, random', 1, changes, their_changes, 'PATCH'),
        Operation('create', 1, [f'{OURS}\t{new}'], [f'{THEIRS}\t{new}'], 'POST', 32),
        Operation('create', 1, [f'{OURS}\t{new}'], [f'{THEIRS}\t{new}'], 'POST', 64),
    ]


def groups() -> list[str]:
    """Sums of all by status; each limit is above all that there is, so none is answered from memory."""
    return [f'{GROUPS}&{urlencode({"credit_limit[lte]": f"{1000 + number / 100:.2f}"})}' for number in range(MOST)]


def hot_list() -> Operation:
    """The first page as the screen asks for it, with the total."""
    return Operation(
        'the first 25 again and again, with totals',
        10,
        [f'{OURS}?limit={PAGE}'],
        [f'{THEIRS}?perPage={PAGE}&sort=-created'],
        ordered=False,
    )


def _pages(chance: random.Random, records: int) -> Operation:
    offsets = chance.sample(range(records - PAGE), min(MOST, records - PAGE))
    return Operation(
        'random pages of 25, newest first',
        3,
        [f'{OURS}?limit={PAGE}&offset={offset}&count=none' for offset in offsets],
        [f'{THEIRS}?perPage={PAGE}&page={offset // PAGE + 1}&skipTotal=1&sort=-created' for offset in offsets],
        ordered=False,
    )


def _filters(chance: random.Random) -> Operation:
    ours, theirs = [], []
    for limit in _limits(chance):
        state = chance.choice(STATES)
        query = {'status': state, 'credit_limit[gte]': limit, 'sort': 'name', 'limit': PAGE, 'count': 'none'}
        ours.append(f'{OURS}?{urlencode(query)}')
        condition = f"status = '{state}' && credit_limit >= {limit}"
        theirs.append(f'{THEIRS}?{urlencode({"filter": condition, "sort": "name", "perPage": PAGE, "skipTotal": 1})}')
    return Operation('filter and sort, random', 5, ours, theirs)


def _searches(chance: random.Random) -> Operation:
    """Only 900 numbers have three digits. In a fixed order, none is asked for again before all others were."""
    numbers = chance.sample(range(100, 1000), 900)
    theirs = []
    for number in numbers:
        condition = f'name ~ "{number}" || email ~ "{number}"'
        # The order of the rows backwards is newest first, and lets it stop at the 25th that it finds.
        query = {'filter': condition, 'sort': '-@rowid', 'perPage': PAGE, 'skipTotal': 1}
        theirs.append(f'{THEIRS}?{urlencode(query)}')
    ours = [f'{OURS}?search={number}&limit={PAGE}&count=none' for number in numbers]
    return Operation('substring search, random', 4, ours, theirs)


def _limits(chance: random.Random) -> list[str]:
    return [f'{cents / 100:.2f}' for cents in chance.sample(range(99_000), MOST)]
