"""What events add up to: the values, the version, and who owns them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import codec
from app.events import Event
from app.events.aggregate import EMPTY, Aggregate, event_owner, fold, new_values
from app.events.event import GENESIS


def happened(version: int, type_: str, data: dict[str, Any], **meta: str) -> Event:
    """The event of a stream at this version, recorded at twice its position."""
    position = 10 * version
    texts = codec.canonical(data), codec.canonical({'actor': 'ann'} | meta)
    return Event(position, 's/1', version, type_, *texts, '', 2 * position, GENESIS)


def change(**values: Any) -> dict[str, Any]:
    """What a `changed` of a record says."""
    return {name: {'from': 'whatever', 'to': value} for name, value in values.items()}


def test_nothing_has_happened_to_an_empty_stream() -> None:
    assert fold([]) is EMPTY
    assert (EMPTY.version, EMPTY.values, EMPTY.deleted) == (0, {}, False)


@pytest.mark.parametrize(
    ('story', 'deleted', 'owner', 'values'),
    [
        ([('created', {'a': 1, 'b': 2})], False, 'ann', {'a': 1, 'b': 2}),
        ([('created', {'a': 1, 'b': 2}), ('changed', change(a=None))], False, 'ann', {'a': None, 'b': 2}),
        (
            [('created', {'a': 1}), ('changed', change(a={'from': 1, 'to': 2}))],
            False,
            'ann',
            {'a': {'from': 1, 'to': 2}},
        ),
        ([('created', {'a': 1}), ('deleted', {})], True, 'ann', {'a': 1}),
        ([('created', {'a': 1}), ('deleted', {}), ('restored', {'b': 1})], False, 'ann', {'b': 1}),
        ([('created', {'a': 1}), ('deleted', {}), ('created', {'c': 1})], False, 'ann', {'c': 1}),
        ([('sent', {'a': 1}), ('lost', {'b': 2}), ('sent', {'a': 3})], False, '', {'a': 3, 'b': 2}),
        ([('changed', {'a': 1})], False, '', {'a': 1}),
        ([('changed', {'a': {'from': 1, 'to': 2}, 'b': 1})], False, '', {'a': {'from': 1, 'to': 2}, 'b': 1}),
        ([('sent', {'a': {'from': 1, 'to': 2}})], False, '', {'a': {'from': 1, 'to': 2}}),
        ([('changed', {})], False, '', {}),
    ],
)
def test_the_state_follows_from_the_events(
    story: list[tuple[str, dict[str, Any]]], deleted: bool, owner: str, values: dict[str, Any]
) -> None:
    state = fold(happened(version, type_, data) for version, (type_, data) in enumerate(story, 1))
    assert state == Aggregate(len(story), 10 * len(story), 20 * len(story), deleted, values, owner)


def test_the_owner_is_who_created_it_last_or_whom_the_event_names() -> None:
    events = [happened(1, 'created', {}, owner='bob'), happened(2, 'changed', {}, actor='cy')]
    assert fold(events).owner == 'bob'
    assert fold([*events, happened(3, 'restored', {}, actor='cy')]).owner == 'cy'
    assert event_owner(happened(1, 'created', {}, owner='', actor='')) == ''


def test_numbers_keep_every_digit() -> None:
    number = Decimal('0.1234567890123456789012345')
    assert fold([happened(1, 'sent', {'n': number})]).values == {'n': number}


def test_it_is_shown_with_its_moment_in_utc() -> None:
    shown = fold([happened(1, 'created', {'a': 1})]).as_json()
    assert shown == {
        'version': 1,
        'position': 10,
        'changed_at': '1970-01-01T00:00:00.000020Z',
        'deleted': False,
        'owner': 'ann',
        'state': {'a': 1},
    }


@given(
    st.lists(
        st.tuples(
            st.sampled_from(['created', 'changed', 'deleted', 'restored', 'sent']),
            st.dictionaries(st.sampled_from('ab'), st.integers(0, 3)),
        ),
        max_size=8,
    ),
    st.integers(0, 8),
)
def test_a_fold_may_stop_anywhere_and_go_on_from_there(story: list[tuple[str, dict[str, Any]]], pause: int) -> None:
    events = [happened(version, *one) for version, one in enumerate(story, 1)]
    before = fold(events[:pause])
    kept = before.values.copy()
    assert fold(events[pause:], before) == fold(events)
    assert before.values == kept, 'a state is never altered'


def test_only_a_whole_change_tells_of_fields() -> None:
    assert new_values('changed', {'a': {'from': 1, 'to': 2}}) == {'a': 2}
    assert new_values('changed', {'a': {'from': 1, 'to': 2, 'why': 3}}) == {'a': {'from': 1, 'to': 2, 'why': 3}}
