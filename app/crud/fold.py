"""From a record's events to its state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app import codec
from app.events import Event


def fold(events: Iterable[Event]) -> dict[str, Any]:
    """The stored values after `events` of one stream; a deletion leaves them as they last were."""
    values: dict[str, Any] = {}
    for event in events:
        data = codec.decode(event.data)
        if event.type in {'created', 'restored'}:
            values = data
        elif event.type == 'changed':
            values |= {id_: change['to'] for id_, change in data.items()}
    return values


def owner_of(events: Sequence[Event]) -> str:
    """Who owns the record: whoever created it last."""
    created = [event for event in events if event.type in {'created', 'restored'}]
    return event_owner(created[-1]) if created else ''


def event_owner(event: Event) -> str:
    """Who owns the record that an event is about."""
    meta = codec.parse(event.meta)
    return meta.get('owner') or meta.get('actor') or ''
