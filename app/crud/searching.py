"""Searching in memory, the newest records first."""

from __future__ import annotations

from collections.abc import Sequence

from app.crud.query import Query
from app.crud.searched import Searched
from app.crud.table import Table
from app.events import DuckDBLog, Event

LONGEST = 40
"""Letters of a word; with longer ones, texts made for it could take very long."""


class Searches:
    """The texts of each entity that is searched; lives on the event loop."""

    def __init__(self, log: DuckDBLog) -> None:
        self._log = log
        self._by_entity: dict[str, Searched] = {}

    async def newest(self, table: Table, query: Query) -> list[tuple[str, int, int]] | None:
        """Id, version and position of one record more than the page has; nothing if memory cannot tell."""
        if not query.newest_with_words:
            return None
        if any(len(word) > LONGEST or '\0' in word for word in query.words):
            return None
        entity = table.entity.resource
        searched = self._by_entity.get(entity)
        if searched is None or searched.table is not table:
            searched = self._by_entity[entity] = Searched(table, self._log)
        return await searched.newest(query) if await searched.ready() else None

    def note(self, entity: str, events: Sequence[Event]) -> None:
        """Something was committed."""
        if entity in self._by_entity:
            self._by_entity[entity].note(events)

    def forget(self) -> None:
        """The entities have changed."""
        self._by_entity.clear()
