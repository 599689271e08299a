"""Which changes take a record into or out of what somebody may read, where that depends on the record's values."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app import codec
from app.crud.catalog import Catalog
from app.crud.covering import covers
from app.crud.table import Table
from app.crud.values import shown_form
from app.events import DuckDBLog, Event
from app.events.aggregate import EMPTY, Aggregate, fold
from app.permissions import Decision, Principal
from app.schema import Entity

REMEMBERED = 4096


class State(NamedTuple):
    """A record after some version of it, as rules look at it."""

    values: Mapping[str, Any]
    stored: Mapping[str, Any]
    owner: str
    there: bool


class Crossings:
    """What was and what is then is worked out once for each change, however many listen."""

    def __init__(self, catalog: Catalog, log: DuckDBLog) -> None:
        self._catalog = catalog
        self._log = log
        self._tables = catalog.tables
        self._states: dict[int, tuple[State, State]] = {}
        self._newest: dict[str, Aggregate] = {}
        """Where the streams stood that were looked at last, so that the next change needs no other look."""
        self._working = asyncio.Lock()

    async def seen(self, entity: str, events: Sequence[Event], decision: Decision, by: Principal) -> list[Event]:
        """The events as `by` hears of them: those of the type `enter` have the whole record, `leave` nothing."""
        states = await self._of(entity, events)
        table, found = self._catalog.table(entity), list[Event]()
        for event in events:
            before, after = states[event.position]
            was, is_now = (_sees(table, decision, by, state) for state in (before, after))
            if was and not is_now and event.type != 'deleted':
                found.append(event._replace(type='leave', data='{}'))
            elif is_now and not was and event.type == 'changed':
                found.append(event._replace(type='enter', data=codec.canonical(after.stored)))
            elif was or is_now:
                found.append(event)
        return found

    async def _of(self, entity: str, events: Sequence[Event]) -> dict[int, tuple[State, State]]:
        """Position -> the record before and after; may hold more than was asked for."""
        if self._tables is not self._catalog.tables or len(self._states) > REMEMBERED:
            self._tables, self._states = self._catalog.tables, {}  # whoever uses the old ones keeps them
            self._newest.clear()
        states = self._states
        if any(event.position not in states for event in events):
            async with self._working:  # one works it out, those who wait have it then
                for event in events:
                    if event.position not in states:
                        states[event.position] = await self._around(entity, event)
        return states

    async def _around(self, entity: str, event: Event) -> tuple[State, State]:
        shown, before = self._catalog.table(entity).entity, self._newest.get(event.stream, EMPTY)
        if before.version != event.version - 1:
            before = fold((await self._log.read_stream(event.stream))[: event.version - 1])
        after = self._newest[event.stream] = before.after(event)
        return _state(shown, event.stream, before), _state(shown, event.stream, after)


def _state(entity: Entity, stream: str, state: Aggregate) -> State:
    system = {'id': stream.partition('/')[2], '_version': state.version}
    there = state.version > 0 and not state.deleted
    return State(shown_form(entity, state.values) | system if there else {}, state.values, state.owner, there)


def _sees(table: Table, decision: Decision, by: Principal, state: State) -> bool:
    return state.there and covers(table, decision, by, state.values, state.owner)
