"""Whatever is asked of the log, in whatever groups, it answers and holds what a list and a dictionary would."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.errors import Unavailable
from app.events import Append, Appended, CategoryChanged, Claim, Event, Expect, Taken, WrongVersion, open_log
from app.events import facts as facts_module
from app.events import waiting as waiting_module
from app.events import writer as writer_module
from app.events.event import GENESIS, chain
from app.events.log import IdReused
from tests.rounds import rounds
from tests.unit.events.asking import all_claims, all_events, append_together, happened

STREAMS = ['a/1', 'a/2', 'b/1', 'b/2', 'b/3', 'c/1']
IDS = [str(uuid.UUID(int=number)) for number in range(5)]
FRESH = 'fresh'
"""Stands for a stream name made up just now."""

streams = st.sampled_from(STREAMS)
new_events = st.builds(
    lambda type_, stream, event_id, n, poison: happened(
        type_, stream, event_id, n=n, **({'poison': 1} if poison else {})
    ),
    st.sampled_from(['created', 'changed', 'changed', 'deleted', 'restored']),
    st.sampled_from([*STREAMS, FRESH]),
    st.sampled_from([None, None, None, *IDS]),
    st.integers(0, 1),
    st.sampled_from([False] * 14 + [True]),
)
claims = st.builds(
    Claim, st.sampled_from(['a.x', 'b.y']), st.sampled_from('kl'), st.sampled_from(STREAMS[:3]), st.booleans()
)
expectations = st.sampled_from([Expect.ANY, Expect.NONE, Expect.EXISTS, 0, 1, 2, 3])
requests = st.builds(
    Append,
    events=st.lists(new_events, max_size=3),
    expected=st.dictionaries(streams, expectations, max_size=2),
    unchanged=st.dictionaries(st.sampled_from('abd'), st.integers(0, 60), max_size=1),
    claims=st.lists(claims, max_size=3),
    checked=st.booleans(),
)


class Model:
    """What the log promises, without a database, a cache or a group."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int, str, str, str]] = []
        self.claims: dict[tuple[str, str], str] = {}

    def append(self, request: Append) -> type:
        """Record `request`; returns the type of the answer."""
        given = [event.event_id for event in request.events if not event.minted]
        known = [event for event in self.events if event[4] in given]
        if len(set(given)) < len(given):
            return IdReused
        if known:
            return self._again(request, known)
        if any(not self._meets(request, stream, expected) for stream, expected in request.expected.items()):
            return WrongVersion
        for name, position in request.unchanged.items():
            if any(event[0].split('/')[0] == name for event in self.events[position:]):
                return CategoryChanged
        return self._record(request)

    def _again(self, request: Append, known: list[tuple[str, int, str, str, str]]) -> type:
        wanted = [(event.stream, event.type, event.data, event.event_id) for event in request.events]
        same = sorted((stream, type_, data, id_) for stream, _, type_, data, id_ in known) == sorted(wanted)
        return Appended if same else IdReused

    def _record(self, request: Append) -> type:
        given_up = {
            claim[:2] for claim in request.claims if claim.release and self.claims.get(claim[:2]) == claim.owner
        }
        claims = {key: owner for key, owner in self.claims.items() if key not in given_up}
        for claim in request.claims:
            key = claim.scope, claim.key
            if claim.release and claims.get(key) == claim.owner:
                del claims[key]
            elif not claim.release and claims.setdefault(key, claim.owner) != claim.owner:
                return Taken
        if any('poison' in event.data for event in request.events):
            return Unavailable
        self.claims = claims
        for new in request.events:
            self.events.append((new.stream, self.version(new.stream) + 1, new.type, new.data, new.event_id))
        return Appended

    def version(self, stream: str) -> int:
        return sum(event[0] == stream for event in self.events)

    def _meets(self, request: Append, stream: str, expected: Any) -> bool:
        types = [event[2] for event in self.events if event[0] == stream]
        there = bool(types) and types[-1] != 'deleted'
        created = any(new.stream == stream and new.type in {'created', 'restored'} for new in request.events)
        if isinstance(expected, int):
            return len(types) == expected
        met = {Expect.ANY: True, Expect.NEW: not types, Expect.NONE: not there, Expect.EXISTS: there or created}
        return met[expected]


def refuse_poison(_: Any, events: Sequence[Event]) -> None:
    """A read table that refuses some events."""
    if any('poison' in event.data for event in events):
        raise ValueError('poison')


class LogAndModel(RuleBasedStateMachine):
    """Asks both for the same."""

    @initialize()
    def begin(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(facts_module, 'CACHED', 1)
        self.patch.setattr(waiting_module, 'GROUP', 4)
        self.patch.setattr(writer_module, 'LULL_SECONDS', 0.01)
        self.runner = asyncio.Runner()
        self.root = Path(tempfile.mkdtemp())
        self.folder = self.root / '0'
        self.model = Model()
        self.open()

    def open(self) -> None:
        self.log = self.runner.run(open_log(self.folder, [refuse_poison]))

    @rule(group=st.lists(requests, min_size=1, max_size=6), together=st.booleans())
    def append(self, group: list[Append], together: bool) -> None:
        group = [with_fresh_names(request) for request in group]
        expected = []
        for request in group:
            before = len(self.model.events)
            expected.append((self.model.append(request), range(before + 1, len(self.model.events) + 1)))
        answers = self.runner.run(append_together(self.log, *group) if together else self.one_by_one(group))
        for answer, (kind, positions) in zip(answers, expected, strict=True):
            assert type(answer) is kind, (answer, kind)
            if isinstance(answer, Appended) and positions:
                assert [event.position for event in answer.events] == list(positions)
            elif isinstance(answer, Appended):
                assert answer.duplicate == bool(answer.events)

    async def one_by_one(self, group: list[Append]) -> list[Any]:
        return [(await asyncio.gather(self.log.append(request), return_exceptions=True))[0] for request in group]

    @rule(group=st.lists(requests, min_size=1, max_size=3))
    def append_and_lose_power_at_once(self, group: list[Append]) -> None:
        self.append(group, together=False)
        self.lose_power()

    @rule()
    def close_and_reopen(self) -> None:
        self.runner.run(self.log.close())
        self.open()

    @rule()
    def lose_power(self) -> None:
        before, self.folder = self.folder, self.root / str(int(self.folder.name) + 1)
        shutil.copytree(before, self.folder)
        self.runner.run(self.log.close())
        self.open()

    @invariant()
    def the_log_holds_what_the_model_holds(self) -> None:
        events, taken, head = self.runner.run(self.contents())
        assert [
            (event.stream, event.version, event.type, event.data, event.event_id) for event in events
        ] == self.model.events
        assert taken == {f'{scope}\x1f{key}': owner for (scope, key), owner in self.model.claims.items()}
        previous = GENESIS
        for position, event in enumerate(events, 1):
            assert event.position == position
            assert event.hash == chain(previous, *event[:-1])
            previous = event.hash
        assert head == (len(events), previous)
        assert sorted(event.recorded_at for event in events) == [event.recorded_at for event in events]

    async def contents(self) -> tuple[list[Event], dict[str, str], tuple[int, str]]:
        return await all_events(self.log), await all_claims(self.log), await self.log.head()

    def teardown(self) -> None:
        self.runner.run(self.log.close())
        self.runner.close()
        self.patch.undo()
        shutil.rmtree(self.root)


def with_fresh_names(request: Append) -> Append:
    """Give each stream that is to be made up a name, and expect it to be new, as the verbs do."""
    events, expected = [], dict(request.expected)
    for new in request.events:
        if new.stream == FRESH:
            events.append(new._replace(stream=f'a/{uuid.uuid4()}'))
            expected[events[-1].stream] = Expect.NEW
        else:
            events.append(new)
    checked = request.checked and not any('poison' in event.data for event in events)
    return replace(request, events=events, expected=expected, checked=checked)


TestLogAndModel = LogAndModel.TestCase
TestLogAndModel.settings = settings(deadline=None, max_examples=rounds(20), stateful_step_count=12)
