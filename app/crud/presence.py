"""Who looks at an entity right now, at which record, and who edits what: told to those who tell it too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from app import codec
from app.errors import Malformed
from app.identifier import new_id
from app.permissions import Principal

PAUSE = 0.2
"""Seconds between two messages to the same listener, so that many who move cost little."""
MOST = 50
"""People told of; more of them are only counted."""
LONGEST = 200
"""Characters of a record's id or of a field's name."""


class Visit:
    """One window that is open on an entity."""

    def __init__(self, room: Room, principal: Principal, *, places: bool) -> None:
        self.key = new_id()
        self.person: dict[str, Any] | None = None
        """Who it is and where; `None` until the window says where it is."""
        self._room = room
        self._principal = principal
        self._places = places
        self._moved = asyncio.Event()

    def hear(self, text: str) -> None:
        """Take what the window says of itself: `{"presence": {"record": …, "field": …, "editing": …}}`."""
        place = _place(text)
        if place is None:
            return
        if not self._places:
            place = {'record': '', 'field': '', 'editing': False}
        person = {'key': self.key, 'name': self._principal.name, **place}
        if person != self.person:
            self.person = person
            self._room.tell()

    def move(self) -> None:
        """Somebody in the room has moved."""
        self._moved.set()

    async def messages(self) -> AsyncIterator[bytes]:
        """Who else is there, whenever that changes; nothing before the window has said where it is."""
        told = False
        while True:
            await self._moved.wait()
            self._moved.clear()
            if self.person is None:
                continue
            yield self._room.message() if told else self._room.message(you=self.key)
            told = True
            await asyncio.sleep(PAUSE)

    def leave(self) -> None:
        """The window is closed."""
        self._room.visits.discard(self)
        if self.person is not None:
            self._room.tell()


class Room:
    """Everybody who looks at the same entity."""

    def __init__(self) -> None:
        self.visits: set[Visit] = set()
        self._message = b''

    def tell(self) -> None:
        """Let all know that somebody has come, moved or gone."""
        self._message = b''
        for visit in self.visits:
            visit.move()

    def message(self, you: str = '') -> bytes:
        """The same for all, so that it is encoded once; the first that a window gets tells which one it is itself."""
        if you or not self._message:
            people = [visit.person for visit in self.visits if visit.person]
            told = {'type': 'presence', 'people': people[:MOST], 'count': len(people)}
            if you:
                return codec.encode(told | {'you': you})
            self._message = codec.encode_to_keep(told)
        return self._message


class Presence:
    """The rooms, as far as somebody is in them."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def visit(self, entity: str, principal: Principal, *, places: bool) -> Visit:
        """Come in; without `places`, others learn that one is there and not where, as they may not see all records."""
        self._rooms = {name: room for name, room in self._rooms.items() if room.visits}
        room = self._rooms.setdefault(entity, Room())
        visit = Visit(room, principal, places=places)
        room.visits.add(visit)
        return visit


def _place(text: str) -> dict[str, Any] | None:
    """Where somebody says that he is; whatever else is said means nothing."""
    if len(text) > 4 * LONGEST:
        return None
    try:
        said = codec.decode(text.encode())
    except Malformed:
        return None
    place = said.get('presence') if isinstance(said, dict) else None
    if not isinstance(place, dict):
        return None
    record, field = (str(place.get(name) or '')[:LONGEST] for name in ('record', 'field'))
    return {'record': record, 'field': field, 'editing': place.get('editing') is True}
