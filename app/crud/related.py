"""The records that rules look at besides the one they are about: those that its foreign keys lead to.

Rules are computed in memory, in the midst of other work. A record that was not read yet counts as missing there, and is
noted; `Related.settle` then reads what was missed and does the work again, until nothing is missed any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from app.crud.table import Table
from app.errors import Conflict, Problem
from app.expressions import Path

if TYPE_CHECKING:
    from app.crud.finding import Finder
    from app.crud.record import Record

Answer = TypeVar('Answer')
Values = Mapping[str, Any]
Led = Mapping[Path, Values | None]
"""Path -> the values of the record it leads to, by name; `None` where there is none."""
NOTHING: Led = MappingProxyType({})
FEW = 16
"""Records that are looked for one by one, since some may be in memory."""
_current: ContextVar[Related] = ContextVar('related')


class Missed(Conflict):
    """Something was decided without a record that it depends on; it is decided again."""


class Related:
    """What was read for one piece of work, as of now or of another moment or position."""

    def __init__(self, finder: Finder, as_of: str = '') -> None:
        self._finder = finder
        self._as_of = as_of
        self._read: dict[tuple[str, str], Record | None] = {}
        self._missed: set[tuple[str, str]] = set()

    async def settle(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """What `work` answers once it misses nothing; what it answers, or raises, before that does not count."""
        token = _current.set(self)
        try:
            while True:
                try:
                    answer = await work()
                except Problem:
                    if not self._missed:
                        raise
                else:
                    if not self._missed:
                        return answer
                await self.read()
        finally:
            _current.reset(token)

    def look(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        """What `work` answers, called here and now, as on a thread; `missed` says whether it counts."""
        token = _current.set(self)
        try:
            return work(*arguments)
        finally:
            _current.reset(token)

    @property
    def missed(self) -> bool:
        """Whether something was not there when it was needed."""
        return bool(self._missed)

    @property
    def versions(self) -> dict[str, int]:
        """Stream -> version of each record that was looked at: what was decided holds as long as these do."""
        return {f'{entity}/{one.id}': one.version for (entity, _), one in self._read.items() if one}

    async def read(self) -> None:
        """Read what was missed."""
        missed, self._missed = self._missed, set()
        by_entity: dict[str, list[str]] = {}
        for entity, record_id in missed:
            by_entity.setdefault(entity, []).append(record_id)
        for entity, ids in by_entity.items():
            found = await self._find(entity, ids)
            self._read |= {(entity, record_id): found.get(record_id) for record_id in ids}

    async def _find(self, entity: str, ids: list[str]) -> Mapping[str, Record | None]:
        table = self._finder.catalog.table(entity)
        if self._as_of:
            return {one: await self._finder.find_as_of(table, one, self._as_of) for one in ids}
        if len(ids) <= FEW:
            found = await asyncio.gather(*(self._finder.find(entity, one) for one in ids))
            return dict(zip(ids, found, strict=True))
        return dict(await self._finder.find_many(table, '', ids))

    def values(self, table: Table, key: Any) -> Values | None:
        """The values of the record that a foreign key to `table` leads to; none, for the moment, where it is missed."""
        if key is None:
            return None
        place = table.entity.resource, table.reference_id(str(key))
        if place not in self._read:
            self._missed.add(place)
            return None
        record = self._read[place]
        return record and {**record.values, 'id': record.id, '_version': record.version, '_owner': record.owner}


def led_to(table: Table, paths: frozenset[Path], values: Values) -> Led:
    """What a record with these `values`, by name, leads to; asked within `settle` or `look` only."""
    if not paths:
        return NOTHING
    related, found = _current.get(), dict[Path, Values | None]()
    for path in sorted(paths, key=len):
        before = values if len(path) == 1 else found[path[:-1]]
        found[path] = None if before is None else related.values(table.led_to(path), before.get(path[-1]))
    return found


def relied_on() -> dict[str, int]:
    """Stream -> version of what the work going on has looked at; raises `Missed` where it must be done again first."""
    related = _current.get(None)
    if related is None:
        return {}
    if related.missed:
        raise Missed('Not everything that the rules look at was read.')
    return related.versions
