"""Nothing is deleted that somebody has come to refer to meanwhile, and only that is in the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.events import Append, Appended, CategoryChanged, Expect, Unreferred
from app.events import facts as facts_module
from app.events.plan import plan
from tests.unit.events.asking import NOW, after, append_together, ask, create, happened, opened

BORN = [create('c/1'), create('c/2')]


def order(number: int, customer: str, expected: Any = Expect.EXISTS) -> Append:
    """An order that refers to a customer."""
    return ask(happened('created', f'orders/{number}'), expected={customer: expected})


def delete(customer: str, position: int) -> Append:
    """The end of a customer to whom no order referred at that position."""
    return ask(happened('deleted', customer), unreferred={customer: Unreferred(position, ('orders',))})


SENTENCES: list[tuple[str, list[Append], Append, type]] = [
    ('what nobody refers to may go', [], delete('c/1', 2), Appended),
    ('what was referred to before one looked does not matter', [order(1, 'c/1')], delete('c/1', 3), Appended),
    ('who came to refer to it afterwards is in the way', [order(1, 'c/1')], delete('c/1', 2), CategoryChanged),
    ('of several the newest counts', [order(1, 'c/1'), order(2, 'c/1')], delete('c/1', 3), CategoryChanged),
    ('who refers to something else is not', [order(1, 'c/2'), order(2, 'c/2')], delete('c/1', 2), Appended),
    ('nor is who names it otherwise', [order(1, 'c/1', Expect.ANY), order(2, 'c/1', 1)], delete('c/1', 2), Appended),
    ('nor is a change of its category', [create('orders/7')], delete('c/1', 2), Appended),
]


@pytest.mark.parametrize(
    ('before', 'request_', 'outcome'), [one[1:] for one in SENTENCES], ids=[x[0] for x in SENTENCES]
)
@pytest.mark.parametrize('grouped', [False, True], ids=['later', 'in the same group'])
def test_the_decision(before: list[Append], request_: Append, outcome: type, grouped: bool) -> None:
    if grouped:
        verdict = plan(after(*BORN), [*before, request_], NOW).verdicts[-1]
    else:
        verdict = plan(after(*BORN, *before), [request_], NOW).verdicts[-1]
    assert type(verdict) is outcome, verdict


def test_a_refused_reference_is_in_nobodys_way() -> None:
    wrong = ask(happened('created', 'orders/1'), expected={'c/1': Expect.EXISTS, 'c/9': Expect.EXISTS})
    verdicts = plan(after(*BORN), [wrong, delete('c/1', 2)], NOW).verdicts
    assert [type(verdict).__name__ for verdict in verdicts] == ['WrongVersion', 'Appended']


@pytest.mark.parametrize(
    ('position', 'outcome'), [(3, CategoryChanged), (4, CategoryChanged), (5, Appended)], ids=['older', 'old', 'new']
)
def test_where_it_is_not_remembered_who_referred_the_whole_category_counts(position: int, outcome: type) -> None:
    facts = replace(after(*BORN, order(1, 'c/2'), create('d/1'), order(2, 'c/2')), referred={}, referred_since=6)
    assert type(plan(facts, [delete('c/1', position)], NOW).verdicts[0]) is outcome


def test_what_is_remembered_is_bounded_and_forgotten_on_the_safe_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts_module, 'REFERRED', 3)

    async def story() -> None:
        async with opened(tmp_path) as log:
            for number in range(10):
                await log.append(create(f'c/{number}'))
            for number in range(1, 10):
                await log.append(order(number, f'c/{number}'))
                assert len(log.writer._facts._referred) <= 2 * 3
            refused = await append_together(log, delete('c/9', 10), delete('c/0', 10), delete('c/9', 18))
            assert [type(answer) for answer in refused] == [CategoryChanged] * 3
            assert log.writer._facts._referred_since == 14
            await log.append(order(10, 'c/8'))
            await log.append(delete('c/0', 14))
        async with opened(tmp_path) as log:
            with pytest.raises(CategoryChanged, match='orders changed since position 19'):
                await log.append(delete('c/1', 19))
            await log.append(delete('c/1', 21))

    asyncio.run(story())
