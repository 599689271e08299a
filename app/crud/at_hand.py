"""Pages put together from records in memory: the database only says which they are, in which order and version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import codec
from app.crud.memory import Kept
from app.crud.ordering import cursor_of
from app.crud.query import Query
from app.crud.record import record_from
from app.crud.table import Table
from app.crud.views import Views
from app.events.database import Row
from app.permissions import Principal


class PagesAtHand:
    """Half as dear as reading all columns, where memory holds an entity or its texts, or there is a sorted copy.

    Nothing of it may be hidden from who asks."""

    def __init__(self, views: Views) -> None:
        self._views = views

    async def page(self, entity: str, parameters: Sequence[tuple[str, str]], principal: Principal) -> bytes | None:
        """The page as `Page.as_json` has it, encoded; nothing if it cannot be put together so."""
        table = self._views.catalog.table(entity)
        self._views.warm_up(entity)
        known = self._views.holds_all(entity) or any(name in {'search', 'sort'} for name, _ in parameters)
        if not known or table.entity.hidden_from(principal):
            return None
        query = self._views.query(table, parameters, principal)
        rows, total = await self._rows(table, query, principal)
        if rows is None:
            return None
        page = rows[: query.limit]
        kept = await self._kept(table, page)
        if kept is None:
            return None
        answer: dict[str, Any] = {
            'records': [codec.Raw(one.body) for one in kept],
            'total': total,
            'next': _cursor(query, page[-1]) if page and len(rows) > len(page) else None,
        }
        if query.labels:
            records = [record_from(table, one.owner, one.body) for one in kept]
            answer['labels'] = await self._views.labels(table, records, principal)
        return codec.encode(answer)

    async def _rows(self, table: Table, query: Query, principal: Principal) -> tuple[Sequence[Row] | None, int | None]:
        found = await self._views.searches.newest(table, query)
        if found is not None or query.as_of:
            return found, None
        copy = self._views.copies.find(table, query)
        if not (copy or self._views.holds_all(table.entity.resource)):
            return None, None
        return await self._views.rows(table, query, principal, brief=True, copy=copy)

    async def _kept(self, table: Table, page: Sequence[Row]) -> list[Kept] | None:
        """The rows' records; nothing if one of them has changed meanwhile, and so may not belong here."""
        entity = table.entity.resource
        known = {id_: kept for id_, version, *_ in page if (kept := self._views.kept(entity, id_))}
        versions = {id_: version for id_, version, *_ in page}
        outdated = [id_ for id_, version in versions.items() if id_ not in known or known[id_].version < version]
        if outdated:
            for record in (await self._views.find_all(table, outdated)).values():
                self._views.keep(table, record)
            known |= {id_: kept for id_ in outdated if (kept := self._views.kept(entity, id_))}
        if any(id_ not in known or known[id_].version != version for id_, version in versions.items()):
            return None
        return [known[id_] for id_ in versions]


def _cursor(query: Query, row: Row) -> str:
    return cursor_of(query.order, dict(zip((one.column for one in query.order), row[2:], strict=True)))
