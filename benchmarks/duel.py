"""Two systems that hold the same: what they answer is compared, then each is loaded in its turn."""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from benchmarks.measuring import Load, Loadable, peak_memory, say, settle, spread, wrk
from benchmarks.operations import Operation

CHECKED = 5
"""How many requests of each operation are looked at before it is measured."""

ENOUGH = 10
"""Answers per connection: a run with fewer is made anew, longer, for what is under way at its end is not counted."""


class Side(NamedTuple):
    """One of the two systems."""

    name: str
    system: Loadable
    base: str
    process: int

    def ask(self, line: str, method: str = 'GET') -> Any:
        """What is answered to one line of requests; of a write, what is there afterwards if it is what was sent."""
        path, _, body = line.partition('\t')
        headers = self.system.headers | {'Content-Type': 'application/json'}
        answer = httpx.request(method, f'{self.base}{path}', content=body, headers=headers, timeout=60)
        answer.raise_for_status()
        if method == 'GET':
            return answer.json()
        written = self.ask(path if method == 'PATCH' else f'{path}/{answer.json()["id"]}')
        sent = {name: value for name, value in json.loads(body).items() if isinstance(value, str)}
        assert sent.items() <= written.items(), f'{self.name} was sent {sent} and has {written}'
        return written


class Duel:
    """Both systems, and how often and for how many seconds each is loaded."""

    def __init__(self, ours: Side, theirs: Side, folder: Path, runs: int, seconds: int) -> None:
        self.ours, self.theirs = ours, theirs
        self._folder, self._runs, self._seconds = folder, runs, seconds
        self._numbers = itertools.count(1)

    def compare(self, operation: Operation) -> list[Load]:
        """Load both in turns; print both, how many times as fast ours is, and the aim. Returns our runs."""
        self._check(operation)
        pairs = [(self._load(self.ours, operation), self._load(self.theirs, operation)) for _ in range(self._runs)]
        ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        rates = f'ours {_rate(ours)}, {self.theirs.name} {_rate(theirs)}, {_ratio(ours, theirs)}'
        say(f'{operation.name}, {operation.connections} connections: {rates}', f'≥ {operation.aim:g}')
        print(f'  p99 ours {_slowest(ours):.1f} ms, {self.theirs.name} {_slowest(theirs):.1f} ms', flush=True)
        _say_failed(self.ours, ours)
        _say_failed(self.theirs, theirs)
        return ours

    def ours_alone(self, operation: Operation, aim: str = '') -> None:
        """Load ours only."""
        runs = [self._load(self.ours, operation) for _ in range(self._runs)]
        rates = f'ours {_rate(runs)}, p99 {_slowest(runs):.1f} ms'
        say(f'{operation.name}, {operation.connections} connections: {rates}', aim)
        _say_failed(self.ours, runs)

    def theirs_again(self, name: str, operation: Operation, ours: Sequence[Load]) -> None:
        """Load theirs only, changed in the way that the name tells; our runs are those of `compare`."""
        runs = [self._load(self.theirs, operation) for _ in range(self._runs)]
        say(f'  {operation.name}: {name} {_rate(runs)}, {_ratio(ours, runs)}')
        _say_failed(self.theirs, runs)

    def say_memory(self, when: str, aim: str = '') -> None:
        """The highest memory of both so far."""
        megabytes = [f'{side.name} {peak_memory(side.process):,.0f} MB' for side in (self.ours, self.theirs)]
        say(f'peak memory {when}: {", ".join(megabytes)}', aim)

    def _check(self, operation: Operation) -> None:
        pairs = list(zip(operation.ours, operation.theirs, strict=True))
        for pair in pairs[:: -(-len(pairs) // CHECKED)]:
            number = str(next(self._numbers))
            lines = [line.replace('#', number) for line in pair]
            answers = [
                side.ask(line, operation.method) for side, line in zip((self.ours, self.theirs), lines, strict=True)
            ]
            ours, theirs = (_emails(answer) for answer in answers)
            assert len(ours) == len(theirs), f'{lines}: {ours} and {theirs}'
            assert ours == theirs or not operation.ordered, f'{lines}: {ours} and {theirs}'
            total, their_total = answers[0].get('total'), answers[1].get('totalItems', -1)
            assert their_total in {-1, total}, f'{lines}: {total} and {their_total}'

    def _load(self, side: Side, operation: Operation) -> Load:
        file = self._folder / 'requests.txt'
        file.write_text('\n'.join(operation.ours if side is self.ours else operation.theirs))
        for seconds in (self._seconds, 4 * self._seconds):
            for process in (self.ours.process, self.theirs.process):
                settle(process)
            variables = {'METHOD': operation.method, 'REQUESTS': str(file), 'RUN': str(next(self._numbers))}
            load = wrk(side.system, side.base, 'requests.lua', operation.connections, variables, seconds)
            if load.rate * seconds >= ENOUGH * operation.connections:
                break
        return load


def _emails(answer: Any) -> list[str]:
    return [record['email'] for record in answer.get('records', answer.get('items', [answer]))]


def _rate(runs: Sequence[Load]) -> str:
    return f'{spread([run.rate for run in runs])}/s'


def _ratio(ours: Sequence[Load], theirs: Sequence[Load]) -> str:
    beside = statistics.median(run.rate for run in theirs)
    return f'ratio {statistics.median(run.rate for run in ours) / beside:.2f}' if beside else 'no ratio'


def _slowest(runs: Sequence[Load]) -> float:
    return statistics.median(run.p99 for run in runs)


def _say_failed(side: Side, runs: Sequence[Load]) -> None:
    if failed := sum(run.failed for run in runs):
        print(f'  {side.name}: {failed} answers were errors or did not come', flush=True)
