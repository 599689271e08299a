"""Which records a request for many changes has written, so that clients learn the ids of what they have created."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from app.crud.entailed import cause_of
from app.events import Event

MOST = 1000


def told_of(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The first of them, without what a deletion entailed: that may be hidden from whoever asked for the deletion."""
    return [_told(event) for event in islice((event for event in events if not cause_of(event)), MOST)]


def _told(event: Event) -> dict[str, Any]:
    entity, _, record_id = event.stream.partition('/')
    return {'entity': entity, 'id': record_id, 'type': event.type, 'version': event.version}
