"""From the body of `POST /events` to an append: events of one or many streams, all or nothing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

from app import codec
from app.errors import Denied, Invalid, Malformed
from app.events.event import NewEvent, derived_id, new_event
from app.events.log import Append, Expect, Expectation
from app.events.plan import category

STREAM = re.compile(r'[a-z][a-z0-9_.\-]{0,59}/[^\s/][^\x00-\x1f]{0,400}')
TYPE = re.compile(r'[A-Za-z][A-Za-z0-9_.\-]{0,79}')
MOST = 10_000
"""Events in one request."""
WORDS = {'any': Expect.ANY, 'none': Expect.NONE, 'exists': Expect.EXISTS}
SEED_NAMES = {'event_type': 'type', 'event_data': 'data', 'event_metadata': 'meta'}
SEED_WORDS = frozenset({*SEED_NAMES, 'aggregate_type', 'aggregate_id'})
KNOWN = frozenset({'stream', 'type', 'data', 'meta', 'event_id'})
OURS = frozenset({'actor', 'name', 'source', 'request', 'owner', 'fingerprint'})
"""What the system itself writes into an event's meta."""

RESERVED = {
    **dict.fromkeys(('config', 'services', 'sites'), 'the files of the config folder'),
    'imports': 'POST /api/{entity}/import on the data port',
    'views': 'POST, PATCH or DELETE /api/{entity}/views on the data port',
}
"""Categories that are no entities, and how they are written."""
Owner = Callable[[str], str]
"""`owner(category)`: the REST call that writes streams of a category which a service owns, or nothing."""


def parse_append(body: Any, meta: dict[str, Any], owner: Owner, key: tuple[str, ...] = ()) -> Append:
    """The append that `body` asks for; `meta` says who asks. Raises `Malformed`, `Invalid` or `Denied`.

    With a `key`, events that bring no id get one that the same key gives again.
    """
    if not isinstance(body, dict):
        raise Malformed('The body must be an object: {"events": [{"stream", "type", "data"}], "expected": {…}}.')
    if 'events' not in body:
        body = {'events': [{k: v for k, v in body.items() if k != 'expected'}], 'expected': body.get('expected', {})}
    unknown = body.keys() - {'events', 'expected'}
    if unknown:
        raise Invalid(errors=dict.fromkeys(sorted(unknown), 'is not known here'))
    rows = body['events']
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST:
        raise Invalid(errors={'events': f'must be a list of 1 to {MOST:,} events'})
    reader = _Reader(meta, owner)
    events = [
        reader.event(f'events.{number}', row, derived_id(*key, str(number)) if key else None)
        for number, row in enumerate(rows)
    ]
    return Append(events=events, expected=_expectations(body.get('expected', {})))


class _Reader:
    """Reads the events of one request; what is the same for all of them is worked out once."""

    def __init__(self, meta: dict[str, Any], owner: Owner) -> None:
        self._meta = meta
        self._meta_text = codec.canonical(meta)
        self._owner = cache(owner)

    def event(self, place: str, row: Any, event_id: str | None) -> NewEvent:
        """The event that `row` spells; mistakes are reported at `place`."""
        if not isinstance(row, dict):
            raise Invalid(errors={place: 'must be an object'})
        row = _renamed(place, row)
        if not row.keys() <= KNOWN:
            raise Invalid(errors={f'{place}.{name}': 'is not known here' for name in sorted(row.keys() - KNOWN)})
        stream = _stream(f'{place}.stream', row.get('stream'), self._owner)
        kind, data, own_meta = row.get('type'), row.get('data', {}), row.get('meta', {})
        if not isinstance(kind, str) or not TYPE.fullmatch(kind):
            raise Invalid(errors={f'{place}.type': 'must be a word such as shipped'})
        for name, value in (('data', data), ('meta', own_meta)):
            if not isinstance(value, dict):
                raise Invalid(errors={f'{place}.{name}': 'must be an object'})
        if own_meta and (taken := OURS & own_meta.keys()):
            raise Invalid(errors={f'{place}.meta.{name}': 'is written by the system' for name in sorted(taken)})
        given = _event_id(f'{place}.event_id', row.get('event_id')) or event_id
        return new_event(stream, kind, data, own_meta | self._meta if own_meta else self._meta_text, given)


def _renamed(place: str, row: dict[str, Any]) -> dict[str, Any]:
    """The names of the first version of this API still work: `aggregate_type` and `aggregate_id` spell the stream."""
    if SEED_WORDS.isdisjoint(row):
        return row
    for old, new in SEED_NAMES.items():
        if old in row and new in row:
            raise Invalid(errors={f'{place}.{old}': f'is another word for {new}; send one of them'})
    row = {SEED_NAMES.get(name, name): value for name, value in row.items()}
    if 'aggregate_id' in row or 'aggregate_type' in row:
        if 'stream' in row:
            raise Invalid(errors={f'{place}.aggregate_id': 'is another word for stream; send one of them'})
        kind, key = row.pop('aggregate_type', None), row.pop('aggregate_id', None)
        row['stream'] = f'{kind}/{key}' if kind and key else None
    return row


def _stream(place: str, stream: Any, owner: Owner) -> str:
    if not isinstance(stream, str) or not STREAM.fullmatch(stream):
        raise Invalid(errors={place: 'must be a category and a name, such as shipments/4711'})
    if call := owner(category(stream)):
        raise Denied(f'The stream {stream} belongs to a service; use {call} instead.')
    return stream


def _event_id(place: str, given: Any) -> str | None:
    if given is None:
        return None
    try:
        return str(uuid.UUID(given))
    except (ValueError, TypeError, AttributeError):
        raise Invalid(errors={place: 'must be a UUID'}) from None


def _expectations(expected: Any) -> dict[str, Expectation]:
    if not isinstance(expected, dict):
        raise Invalid(errors={'expected': 'must be an object: stream -> version, any, none or exists'})
    result: dict[str, Expectation] = {}
    for stream, wanted in expected.items():
        _stream(f'expected.{stream}', stream, lambda _: '')
        if isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 0:
            result[stream] = wanted
        elif isinstance(wanted, str) and wanted in WORDS:
            result[stream] = WORDS[wanted]
        else:
            raise Invalid(errors={f'expected.{stream}': 'must be a version, any, none or exists'})
    return result
