"""The life of one record: each version with what changed and who did it, and who is to blame for each value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.crud.author import Author
from app.crud.record import Record
from app.crud.records import Records
from app.crud.table import Table
from app.crud.versions import known_to, names_for, versions_of
from app.errors import Malformed, NotFound
from app.events import DuckDBLog, Event
from app.events.aggregate import fold
from app.identifier import canonical_id
from app.permissions import Principal

ALL = 2**40
"""More versions than any record has."""


class History:
    """Whoever may read the record may read its history, without the fields hidden from him.

    Versions of which he might not have known, such as those of a former owner, are left out.
    """

    def __init__(self, records: Records, log: DuckDBLog) -> None:
        self._records = records
        self._log = log

    async def history(
        self, entity: str, record_id: str, principal: Principal, *, limit: int = ALL, before: int = ALL
    ) -> dict[str, Any]:
        """Its versions, newest first, and `blame`: the version in which each field got the value it has.

        At most `limit` come, of those `before` a version; `more` says whether there are older ones.
        """
        table, events, known = await self._events(entity, record_id, principal)
        blame: dict[str, dict[str, Any]] = {}
        versions = versions_of(events, names_for(table, principal), known)
        for version in versions:
            about = {
                key: version[key] for key in ('version', 'position', 'actor', 'name', 'recorded_at') if key in version
            }
            changed = [] if version['type'] == 'restored' else version['changes']
            blame |= dict.fromkeys(changed, about)
        older = [version for version in versions[::-1] if version['version'] < before]
        told = {'id': events[-1].stream.partition('/')[2], 'versions': older[:limit], 'blame': blame}
        return told | {'more': len(older) > limit}

    async def compare(
        self, entity: str, record_id: str, principal: Principal, earlier: int, later: int
    ) -> dict[str, Any]:
        """The fields that differ between two versions."""
        table, events, known = await self._events(entity, record_id, principal)
        names = names_for(table, principal)
        old, new = (_values_at(events, version, names, known) for version in (earlier, later))
        changes = {
            name: {'from': old.get(name), 'to': new.get(name)}
            for name in names.values()
            if old.get(name) != new.get(name)
        }
        return {'from': earlier, 'to': later, 'changes': changes}

    async def revert(
        self, entity: str, record_id: str, to: int, fields: Sequence[str] | None, author: Author, version: int | None
    ) -> Record:
        """Give some fields, or all, the values of an earlier version; one more change, checked like any other."""
        table, events, known = await self._events(entity, record_id, author.principal)
        names = names_for(table, author.principal)
        old = _values_at(events, to, names, known)
        unknown = set(fields or ()) - set(names.values())
        if unknown:
            raise Malformed(f'fields: there is no field {sorted(unknown)[0]!r} in {entity}.')
        closed = table.entity.closed_to(author.principal) if fields is None else frozenset()
        chosen = set(fields) if fields is not None else set(names.values()) - closed
        wanted = {name: old.get(name) for name in chosen if not table.entity.fields[name].fills_itself}
        kept = {name: value for name, value in wanted.items() if name not in table.entity.key}
        return await self._records.change(entity, record_id, kept, author, version=version)

    async def _events(
        self, entity: str, record_id: str, principal: Principal
    ) -> tuple[Table, list[Event], frozenset[int]]:
        """The whole life of a record, and which versions of it `principal` may know."""
        table, views = self._records.catalog.table(entity), self._records.views
        views.allow(entity, 'read', principal)
        events = await self._log.read_stream(f'{entity}/{canonical_id(record_id)}')
        known = await known_to(principal, table, events, views)
        if not events or events[-1].version not in known:
            raise NotFound(f'There is no record {record_id!r} in {entity}.')
        return table, events, known


def _values_at(events: Sequence[Event], version: int, names: dict[str, str], known: frozenset[int]) -> dict[str, Any]:
    if version not in known:
        raise Malformed(f'There is no version {version}; there are {min(known)} to {events[-1].version}.')
    values = fold(events[:version]).values
    return {names[id_]: value for id_, value in values.items() if id_ in names}
