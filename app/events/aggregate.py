"""From the events of one stream to the state they add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from app import codec
from app.events.event import Event, rfc3339


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A stream's state after some version of it; a deletion leaves the values as they last were."""

    version: int = 0
    position: int = 0
    """Of the last event that is in it."""
    changed_at: int = 0
    """When that event was recorded, in microseconds since 1970."""
    deleted: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    owner: str = ''

    def after(self, event: Event) -> Aggregate:
        """The state once `event` has happened too."""
        data = codec.decode(event.data)
        following = replace(
            self,
            version=event.version,
            position=event.position,
            changed_at=event.recorded_at,
            deleted=event.type == 'deleted',
        )
        if event.type in {'created', 'restored'}:
            return replace(following, values=data, owner=event_owner(event))
        return replace(following, values=self.values | new_values(event.type, data))

    def as_json(self) -> dict[str, Any]:
        """The state as the API shows it."""
        return {
            'version': self.version,
            'position': self.position,
            'changed_at': rfc3339(self.changed_at),
            'deleted': self.deleted,
            'owner': self.owner,
            'state': self.values,
        }


EMPTY = Aggregate()


def fold(events: Iterable[Event], start: Aggregate = EMPTY) -> Aggregate:
    """The state after `events`, which follow on `start`."""
    state = start
    for event in events:
        state = state.after(event)
    return state


def new_values(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    """What an event's data sets: `changed` tells of each field {from, to}, other types tell the values themselves."""
    if type_ == 'changed' and all(is_change(change) for change in data.values()):
        return {name: change['to'] for name, change in data.items()}
    return data


def is_change(value: Any) -> bool:
    """Whether this is how a `changed` event tells of one field."""
    return isinstance(value, dict) and value.keys() == {'from', 'to'}


def event_owner(event: Event) -> str:
    """Who owns the record that an event is about."""
    meta = codec.parse(event.meta)
    owner: str = meta.get('owner') or meta.get('actor') or ''
    return owner
