"""Whether an append is accepted is decided by one pure function; here is what it decides, sentence by sentence."""

from __future__ import annotations

import copy
import uuid
from dataclasses import replace
from typing import Any

import pytest

from app.events.event import chain
from app.events.log import Append, Appended, CategoryChanged, Expect, IdReused, Taken, WrongVersion
from app.events.plan import Facts, category, plan
from tests.unit.events.asking import NOW, START, after, ask, create, free, happened, take

ANY, NEW, NONE, EXISTS = Expect.ANY, Expect.NEW, Expect.NONE, Expect.EXISTS
FIRST, SECOND = str(uuid.uuid4()), str(uuid.uuid4())

BORN = create('c/1')
GONE = ask(happened('deleted', 'c/1'))
BACK = ask(happened('restored', 'c/1'))
ORDER = happened('created', 'orders/9')


def change(expected: Any = ANY, event_id: str | None = None, **data: object) -> Append:
    return ask(happened('changed', 'c/1', event_id, **data), expected={'c/1': expected})


SENTENCES: list[tuple[str, list[Append], Append, Any]] = [
    ('any is met by a stream that was never written to', [], change(ANY), ['c/1@1']),
    ('any is met by a stream that is there', [BORN], change(ANY), ['c/1@2']),
    ('any is met by a deleted stream', [BORN, GONE], change(ANY), ['c/1@3']),
    ('new is met by a stream that was never written to', [], create('c/1', NEW), ['c/1@1']),
    ('none is met by a stream that was never written to', [], create('c/1', NONE), ['c/1@1']),
    ('none is not met by a stream that is there', [BORN], create('c/1', NONE), WrongVersion),
    ('a deleted record is created again at the version of its tombstone', [BORN, GONE], create('c/1', NONE), ['c/1@3']),
    ('a record that was restored is there', [BORN, GONE, BACK], create('c/1', NONE), WrongVersion),
    ('exists is not met by a stream that was never written to', [], change(EXISTS), WrongVersion),
    ('exists is met by a stream that is there', [BORN], change(EXISTS), ['c/1@2']),
    ('exists is not met by a deleted stream', [BORN, GONE], change(EXISTS), WrongVersion),
    ('exists is met by a restored stream', [BORN, GONE, BACK], change(EXISTS), ['c/1@4']),
    ('an exact version is met by that version', [BORN], change(1), ['c/1@2']),
    ('an exact version is not met by an older one', [BORN], change(2), WrongVersion),
    ('an exact version is not met by a newer one', [BORN, change()], change(1), WrongVersion),
    ('version 0 is a stream that was never written to', [], change(0), ['c/1@1']),
    ('an exact version counts the tombstone', [BORN, GONE], ask(*BACK.events, expected={'c/1': 2}), ['c/1@3']),
    ('a stream may be expected without being written to', [BORN], ask(ORDER, expected={'c/1': EXISTS}), ['orders/9@1']),
    ('a missing target refuses the whole request', [], ask(ORDER, expected={'c/1': EXISTS}), WrongVersion),
    ('a deleted target refuses it too', [BORN, GONE], ask(ORDER, expected={'c/1': EXISTS}), WrongVersion),
    (
        'a target may be created in the same request',
        [],
        ask(*BORN.events, ORDER, expected={'c/1': EXISTS}),
        ['c/1@1', 'orders/9@1'],
    ),
    (
        'several events of one stream get versions in turn',
        [BORN],
        ask(happened('changed', 'c/1'), ORDER, happened('deleted', 'c/1'), expected={'c/1': 1}),
        ['c/1@2', 'orders/9@1', 'c/1@3'],
    ),
    (
        'one unmet expectation of several refuses all',
        [BORN],
        ask(ORDER, happened('changed', 'c/1'), expected={'orders/9': NONE, 'c/1': 7}),
        WrongVersion,
    ),
    ('a request without events is accepted', [], ask(), []),
    ('a category is unchanged at its last position', [BORN], ask(ORDER, unchanged={'c': 1}), ['orders/9@1']),
    ('a category that nobody wrote to is unchanged', [BORN], ask(ORDER, unchanged={'orders': 0}), ['orders/9@1']),
    ('other categories may change', [BORN, change()], ask(ORDER, unchanged={'orders': 0}), ['orders/9@1']),
    (
        'a category has changed since an earlier position',
        [BORN, change()],
        ask(ORDER, unchanged={'c': 1}),
        CategoryChanged,
    ),
    ('categories are told apart by their whole name', [create('c2/1')], ask(ORDER, unchanged={'c': 0}), ['orders/9@1']),
    ('a free key can be taken', [], ask(ORDER, claims=[take('a', 'c/1')]), ['orders/9@1']),
    ('its owner may take it once more', [ask(claims=[take('a', 'c/1')])], ask(claims=[take('a', 'c/1')]), []),
    ('nobody else may take it', [ask(claims=[take('a', 'c/1')])], ask(ORDER, claims=[take('a', 'c/2')]), Taken),
    ('another key is another claim', [ask(claims=[take('a', 'c/1')])], ask(claims=[take('A', 'c/2')]), []),
    (
        'a released key can be taken',
        [ask(claims=[take('a', 'c/1')]), ask(claims=[free('a', 'c/1')])],
        ask(claims=[take('a', 'c/2')]),
        [],
    ),
    (
        'only its owner can release a key',
        [ask(claims=[take('a', 'c/1')]), ask(claims=[free('a', 'c/2')])],
        ask(claims=[take('a', 'c/2')]),
        Taken,
    ),
    (
        'a key moves to another owner',
        [ask(claims=[take('a', 'c/1')])],
        ask(claims=[free('a', 'c/1'), take('a', 'c/2')]),
        [],
    ),
    (
        'two owners exchange their keys within one request',
        [ask(claims=[take('a', 'c/1'), take('b', 'c/2')])],
        ask(claims=[free('a', 'c/1'), take('b', 'c/1'), free('b', 'c/2'), take('a', 'c/2')]),
        [],
    ),
    ('two in one request cannot take the same key', [], ask(claims=[take('a', 'c/1'), take('a', 'c/2')]), Taken),
    (
        'a key that was taken and released in one request is free',
        [ask(claims=[take('a', 'c/1'), free('a', 'c/1')])],
        ask(claims=[take('a', 'c/2')]),
        [],
    ),
    (
        'an id used before with the same content answers as then',
        [change(event_id=FIRST)],
        change(event_id=FIRST),
        'duplicate',
    ),
    ('it does so whatever is expected now', [change(event_id=FIRST)], change(0, event_id=FIRST), 'duplicate'),
    ('an id with other data is refused', [change(event_id=FIRST, a=1)], change(event_id=FIRST, a=2), IdReused),
    ('an id with another stream is refused', [create('c/2', None, FIRST)], create('c/1', None, FIRST), IdReused),
    ('an id with another type is refused', [create('c/1', None, FIRST)], change(event_id=FIRST), IdReused),
    (
        'a request that repeats half of another is refused',
        [change(event_id=FIRST)],
        ask(happened('changed', 'c/1', FIRST), happened('changed', 'c/1', SECOND)),
        IdReused,
    ),
    (
        'an id beside an event without one is refused too',
        [change(event_id=FIRST)],
        ask(happened('changed', 'c/1', FIRST), happened('changed', 'c/1')),
        IdReused,
    ),
    (
        'the same id twice in one request is refused',
        [],
        ask(happened('changed', 'c/1', FIRST), happened('changed', 'c/1', FIRST)),
        IdReused,
    ),
]


@pytest.mark.parametrize(
    ('before', 'request_', 'outcome'), [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES]
)
@pytest.mark.parametrize('grouped', [False, True], ids=['later', 'in the same group'])
def test_the_decision(before: list[Append], request_: Append, outcome: Any, grouped: bool) -> None:
    if grouped:
        result = plan(START, [*before, request_], NOW)
        facts = plan(START, before, NOW).facts
    else:
        facts = after(*before)
        result = plan(facts, [request_], NOW)
    verdict = result.verdicts[-1]
    if outcome == 'duplicate':
        assert isinstance(verdict, Appended) and verdict.duplicate
        assert verdict.events == (facts.recorded[FIRST],)
    elif isinstance(outcome, list):
        assert isinstance(verdict, Appended) and not verdict.duplicate, verdict
        assert [f'{event.stream}@{event.version}' for event in verdict.events] == outcome
    else:
        assert type(verdict) is outcome, verdict
    if not isinstance(outcome, list):
        assert result.facts == facts, 'a refused request and a repeated one change nothing'


def test_a_group_holds_a_verdict_for_each_request() -> None:
    result = plan(Facts(), [BORN, change(7), change(1), create('c/1', NONE), create('c/2')], NOW)
    assert [type(verdict).__name__ for verdict in result.verdicts] == [
        'Appended',
        'WrongVersion',
        'Appended',
        'WrongVersion',
        'Appended',
    ]
    assert [(event.position, event.stream, event.version) for event in result.events] == [
        (1, 'c/1', 1),
        (2, 'c/1', 2),
        (3, 'c/2', 1),
    ]


def test_the_events_of_a_group_are_one_chain() -> None:
    result = plan(after(BORN), [change(), change(9), create('c/2'), ask(ORDER, happened('changed', 'orders/9'))], NOW)
    previous = after(BORN).head.hash
    for event in result.events:
        assert event.hash == chain(previous, *event[:-1])
        previous = event.hash
    assert result.facts.head == (result.events[-1].position, previous)


def test_time_never_runs_backwards() -> None:
    early = plan(after(BORN), [change()], NOW - 5_000_000)
    later = plan(early.facts, [change()], NOW + 1)
    assert early.events[0].recorded_at == NOW
    assert later.events[0].recorded_at == NOW + 1


def test_claims_that_change_hands_are_reported_once_with_their_last_holder() -> None:
    result = plan(
        after(ask(claims=[take('a', 'c/1'), take('b', 'c/1')])),
        [
            ask(claims=[free('a', 'c/1'), take('a', 'c/2'), take('x', 'c/1')]),
            ask(claims=[take('a', 'c/3'), take('x', 'c/3')]),
            ask(claims=[free('a', 'c/2'), free('b', 'c/1')]),
            ask(claims=[take('b', 'c/3')]),
        ],
        NOW,
    )
    scope = 'customers.email'
    assert result.claims == {(scope, 'a'): None, (scope, 'b'): 'c/3', (scope, 'x'): 'c/1'}
    assert result.facts.claims == {(scope, 'b'): 'c/3', (scope, 'x'): 'c/1'}


def test_deciding_leaves_the_given_facts_as_they_were() -> None:
    facts = after(BORN, ask(claims=[take('a', 'c/1')]))
    before = copy.deepcopy(facts)
    plan(facts, [change(1, FIRST), ask(ORDER, claims=[free('a', 'c/1')])], NOW)
    assert facts == before


@pytest.mark.parametrize(
    ('stream', 'expected'), [('customers/1', 'customers'), ('a/b/c', 'a'), ('alone', 'alone'), ('', '')]
)
def test_a_category_is_what_comes_before_the_first_slash(stream: str, expected: str) -> None:
    assert category(stream) == expected


def test_a_refusal_says_what_was_found_and_what_was_wanted() -> None:
    refusals = plan(after(BORN, GONE), [change(1), change(EXISTS), ask(expected={'c/2': EXISTS})], NOW).verdicts
    assert [str(refusal) for refusal in refusals] == [
        'c/1 is deleted at version 2; expected version 1.',
        'c/1 is deleted at version 2; expected an existing one.',
        'c/2 does not exist; expected an existing one.',
    ]


def test_what_is_tentative_is_decided_as_it_would_be_and_changes_nothing_for_those_behind() -> None:
    requests = [replace(create(f'c/{n}'), claims=[take('a', f'c/{n}')], tentative=n != 2) for n in (1, 2, 3)]
    result = plan(START, requests, NOW)
    assert [type(verdict) for verdict in result.verdicts] == [Appended, Appended, Taken]
    assert [(event.position, event.stream) for event in result.events] == [(1, 'c/2')]
    assert result.claims == {('customers.email', 'a'): 'c/2'}
    assert 'c/1' not in result.facts.streams
