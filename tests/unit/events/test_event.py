"""An event is a fact with a place in the log, and its hash covers everything about it."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

import pytest

from app.errors import Malformed
from app.events.event import GENESIS, Head, chain, new_event, record, rfc3339
from tests.unit.events.asking import happened

NOW = 1_790_000_000_123_456


def test_an_event_follows_the_head_it_is_recorded_after() -> None:
    event = record(happened('created', 'customers/1', name='Ann'), Head(41, 'ab' * 32), 3, NOW)
    assert (event.position, event.stream, event.version, event.recorded_at) == (42, 'customers/1', 3, NOW)


def test_the_hash_is_sha256_of_the_previous_hash_and_the_other_columns_as_json() -> None:
    event = record(happened('created', 'customers/é', name='Ann'), Head(0, GENESIS), 1, NOW)
    columns = json.dumps(event[:-1], ensure_ascii=False, separators=(',', ':'))
    assert event.hash == hashlib.sha256((GENESIS + columns).encode()).hexdigest()


def test_whatever_is_altered_alters_the_hash() -> None:
    event = record(happened('created', 'customers/1', name='Ann'), Head(0, GENESIS), 1, NOW)
    hashes = {chain('1' * 64, *event[:-1])}
    columns: list[Any] = list(event[:-1])
    for place, value in enumerate(columns):
        altered = list(columns)
        altered[place] = value + 1 if isinstance(value, int) else value + ' '
        hashes.add(chain(GENESIS, *altered))
    assert len(hashes) == 9
    assert event.hash not in hashes


def test_equal_data_make_the_same_text_whatever_their_order() -> None:
    one, other = (
        happened('created', 's/1', a=1, b={'d': 1, 'c': 2}),
        happened('created', 's/1', b={'c': 2, 'd': 1}, a=1),
    )
    assert one.data == other.data == '{"a":1,"b":{"c":2,"d":1}}'


def test_an_event_without_an_id_gets_a_fresh_one() -> None:
    one, other = happened('created', 's/1'), happened('created', 's/1')
    assert one.minted
    assert other.minted
    assert one.event_id != other.event_id


@pytest.mark.parametrize('spelling', [str, lambda id_: str(id_).upper(), lambda id_: f'{{{id_}}}', lambda id_: id_.hex])
def test_an_event_id_has_one_spelling_because_the_hash_covers_it(spelling: object) -> None:
    event_id = uuid.uuid5(uuid.NAMESPACE_URL, 'order')
    event = new_event('s/1', 'created', {}, {}, spelling(event_id))  # type: ignore[operator]
    assert (event.event_id, event.minted) == (str(event_id), False)


def test_an_event_id_that_is_no_uuid_is_refused() -> None:
    with pytest.raises(Malformed, match='order 17'):
        new_event('s/1', 'created', {}, {}, 'order 17')


def test_the_api_shows_data_as_json_and_times_in_utc() -> None:
    shown = record(happened('created', 's/1', name='Ann'), Head(0, GENESIS), 1, NOW).as_json()
    assert shown['recorded_at'] == '2026-09-21T14:13:20.123456Z'
    assert set(shown) == {'position', 'stream', 'version', 'type', 'data', 'meta', 'event_id', 'recorded_at', 'hash'}


def test_microseconds_are_never_rounded() -> None:
    assert rfc3339(0) == '1970-01-01T00:00:00.000000Z'
    assert rfc3339(1_790_000_000_999_999).endswith('.999999Z')
    assert rfc3339(253_402_300_799_999_999) == '9999-12-31T23:59:59.999999Z'
