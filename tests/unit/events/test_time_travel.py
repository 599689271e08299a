"""From a moment to a position, and from there to the records of a category, whatever events it holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.errors import Malformed
from app.events import Append, Event, new_event, rfc3339
from app.events.time_travel import position_at, records_as_of
from tests.rounds import rounds
from tests.unit.events.test_store import Lasting

NUMBERS = itertools.count()
COLUMNS = {'text': 'VARCHAR', 'whole': 'BIGINT', 'Odd_1': 'VARCHAR', 'yes': 'BOOLEAN', 'any': 'JSON'}
VALUES = {
    'text': st.none() | st.text('a\'"\\ö', max_size=3),
    'whole': st.none() | st.integers(-3, 3) | st.just(2**63 - 1),
    'Odd_1': st.none() | st.just('x'),
    'yes': st.none() | st.booleans(),
    'any': st.none() | st.lists(st.integers(0, 3) | st.none(), max_size=2) | st.just({'from': 1, 'to': None}),
    'gone': st.integers(0, 3),
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(['1', '1/ä']),
        st.sampled_from(['created', 'changed', 'restored', 'deleted', 'noticed']),
        st.fixed_dictionaries({}, optional=VALUES),
        st.sampled_from([{'actor': 'ann'}, {'actor': 'bob', 'owner': 'ann'}, {'actor': 'bob', 'owner': ''}, {}]),
    ),
    min_size=3,
    max_size=12,
)


@pytest.fixture(scope='module')
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    lasting = Lasting(tmp_path_factory.mktemp('time'))
    yield lasting
    lasting.close()


def replayed(events: list[Event]) -> list[tuple[Any, ...]]:
    """The records that the events leave, in the columns of the query."""
    records: dict[str, dict[str, Any]] = {}
    for event in events:
        data, meta = codec.decode(event.data), codec.parse(event.meta)
        record = records.setdefault(event.stream.partition('/')[2], {'begun': False})
        record |= {'version': event.version, 'type': event.type}
        if event.type in {'created', 'restored'}:
            owner = meta.get('owner') or meta.get('actor')
            record |= {
                'begun': True,
                'created': event.position,
                'owner': owner,
                'values': dict.fromkeys(COLUMNS) | data,
            }
        elif event.type == 'changed' and record['begun']:
            record['values'] |= {name: change['to'] for name, change in data.items()}
    return sorted(
        (name, one['version'], one['created'], one['owner'], *(as_column(one['values'][c], c) for c in COLUMNS))
        for name, one in records.items()
        if one['begun'] and one['type'] != 'deleted'
    )


def as_column(value: Any, column: str) -> Any:
    return codec.canonical(value) if column == 'any' and value is not None else value


@given(STEPS)
@settings(deadline=None, max_examples=rounds(15))
def test_records_at_every_position_are_what_a_replay_gives(lasting: Lasting, steps: list[Any]) -> None:
    category = f'c{next(NUMBERS)}'
    news = []
    for name, type_, data, meta in steps:
        if type_ == 'changed':
            data = {field: {'from': None, 'to': value} for field, value in data.items()}
        news.append(new_event(f'{category}/{name}', type_, data if type_ != 'deleted' else {}, meta))
    news.append(new_event(f'{category}x/1', 'created', {'text': 'of another category'}, {}))
    recorded = lasting.run(lasting.log.append(Append(events=news))).events
    events = [event for event in recorded if event.stream.startswith(f'{category}/')]
    for end in range(len(events) + 1):
        position = events[end - 1].position if end else recorded[0].position - 1
        rows = lasting.run(lasting.log.database.query(f'SELECT * FROM {records_as_of(category, COLUMNS, position)}'))
        assert sorted(rows) == replayed(events[:end])


def test_a_value_that_the_type_of_today_cannot_hold_is_nothing(lasting: Lasting) -> None:
    category = f'c{next(NUMBERS)}'
    data = {'a': 'x', 'b': '12', 'c': True, 'd': '1.005', 'e': [1], 'f': '2026-02-30'}
    lasting.run(lasting.log.append(Append(events=[new_event(f'{category}/1', 'created', data, {})])))
    types = {'a': 'BIGINT', 'b': 'BIGINT', 'c': 'VARCHAR', 'd': 'DECIMAL(9,3)', 'e': 'VARCHAR', 'f': 'DATE'}
    rows = lasting.run(lasting.log.database.query(f'SELECT * FROM {records_as_of(category, types, 2**60)}'))
    assert [str(value) for value in rows[0][4:]] == ['None', '12', 'true', '1.005', '[1]', 'None']


def test_a_position_or_a_moment_is_resolved_to_the_last_event_until_then(lasting: Lasting) -> None:
    log = lasting.log
    if not log.position:
        lasting.run(log.append(Append(events=[new_event('a/1', 'sent', {}, {})])))
    lasting.run(log.append(Append(events=[new_event('a/1', 'sent', {}, {}) for _ in range(3)])))
    events = lasting.run(log.read(0, 100_000))

    def at(text: str) -> int:
        return lasting.run(log.database.read(lambda read: position_at(read, text)))

    for event in (events[0], events[len(events) // 2], events[-1]):
        together = [other.position for other in events if other.recorded_at <= event.recorded_at]
        assert at(rfc3339(event.recorded_at)) == together[-1]
        before = [other.position for other in events if other.recorded_at < event.recorded_at]
        assert at(rfc3339(event.recorded_at - 1)) == (before[-1] if before else 0)
        assert at(str(event.position)) == event.position
    assert at('0001-01-01T00:00:00Z') == 0
    assert at('9999-12-31T23:59:59+00:00') == len(events)
    assert at('0') == 0


@pytest.mark.parametrize('text', ['', ' ', 'x', '1.0', '-1', '1' * 19, '2026-05-03', '2026-05-03T10:00:00', '٣'])
def test_what_is_neither_is_refused(lasting: Lasting, text: str) -> None:
    with pytest.raises(Malformed, match='then: '):
        lasting.run(lasting.log.database.read(lambda read: position_at(read, text, 'then')))
