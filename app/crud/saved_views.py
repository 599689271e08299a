"""Saved views of an entity's list: personal ones, and those shared with everybody who may read the entity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from app import codec
from app.crud.author import Author
from app.crud.catalog import Catalog
from app.crud.naming import scope_for
from app.crud.repeated import event_id, recorded_event
from app.crud.view_state import State, parse_view, strangers, without, wrong_filter, wrong_sorts
from app.crud.view_table import CATEGORY, COLUMNS, TABLE
from app.crud.views import Views
from app.errors import Conflict, Denied, Invalid, NotFound, NotLoggedIn, Stale
from app.events import Append, Claim, DuckDBLog, Expect, Taken, WrongVersion, new_event
from app.events.aggregate import fold
from app.events.log import Expectation
from app.identifier import new_id
from app.permissions import Principal

ATTEMPTS = 5
PARTS = ('name', 'shared', 'state')
NO_SORT = 'sort: not all that it is sorted by of other records is there, and may be read by you'


class SavedView(NamedTuple):
    """A view as it is now."""

    id: str
    entity: str
    name: str
    shared: bool
    owner: str
    version: int
    state: State

    def may_change(self, principal: Principal) -> bool:
        """Whether it is `principal`'s own, or everything is."""
        return principal.admin or self.owner == principal.id


class SavedViews:
    """Whoever may read an entity may save views of it; each is a stream of events."""

    def __init__(self, catalog: Catalog, log: DuckDBLog, views: Views) -> None:
        self._catalog = catalog
        self._log = log
        self._views = views

    async def visible(self, entity: str, principal: Principal) -> list[dict[str, Any]]:
        """One's own views and those shared by others, by name."""
        self._views.allow(entity, 'read', principal)
        sql = f'SELECT {COLUMNS} FROM {TABLE} WHERE entity = ? AND (shared OR owner = ?) ORDER BY lower(name), name, id'
        rows = await self._log.database.query(sql, [entity, principal.id])
        shown = (self._shown(_view(row), principal) for row in rows)
        return [view for view in shown if view]

    async def create(self, entity: str, sent: Any, author: Author) -> dict[str, Any]:
        """A new view; its name is used once among one's own of the entity."""
        told = self._read(entity, sent, author.principal)
        if 'name' not in told:
            raise Invalid(errors={'name': 'is required'})
        if recorded := await recorded_event(self._log, author):
            return await self._told(entity, recorded.stream, author.principal)
        data = {'entity': entity, 'shared': False, 'state': {}} | told
        stream = f'{CATEGORY}/{new_id()}'
        claims = [_claim(entity, author.principal.id, told['name'], stream)]
        await self._append(stream, 'created', data, author, Expect.NEW, claims)
        return await self._told(entity, stream, author.principal)

    async def change(
        self, entity: str, view_id: str, sent: Any, author: Author, version: int | None = None
    ) -> dict[str, Any]:
        """Another name or state, or shared or not any more; by its owner or an admin."""
        told = self._read(entity, sent, author.principal)

        def changes(view: SavedView) -> tuple[dict[str, Any], list[Claim]]:
            before = {name: getattr(view, name) for name in PARTS}
            data = {name: {'from': before[name], 'to': value} for name, value in told.items() if value != before[name]}
            renamed = 'name' in data and told['name'].casefold() != view.name.casefold()
            return data, _renamed(view, told['name']) if renamed else []

        await self._write(entity, view_id, 'changed', changes, author, version)
        return await self._told(entity, f'{CATEGORY}/{view_id}', author.principal)

    async def delete(self, entity: str, view_id: str, author: Author, version: int | None = None) -> None:
        """The view goes; its history stays."""

        def gone(view: SavedView) -> tuple[dict[str, Any], list[Claim]]:
            return {}, [_claim(entity, view.owner, view.name, f'{CATEGORY}/{view.id}')._replace(release=True)]

        await self._write(entity, view_id, 'deleted', gone, author, version)

    async def restore(self, entity: str, view_id: str, author: Author) -> dict[str, Any]:
        """A deleted view comes back as it last was."""
        self._views.allow(entity, 'read', author.principal)
        stream, principal = f'{CATEGORY}/{view_id}', author.principal
        events = await self._log.read_stream(stream)
        gone = fold(events)
        if gone.values.get('entity') != entity or not (principal.admin or gone.owner == principal.id):
            raise NotFound(f'There was never a view {view_id[:80]!r} of {entity}.')
        if not await recorded_event(self._log, author):
            if not gone.deleted:
                raise Conflict('The view is not deleted.')
            claims = [_claim(entity, gone.owner, gone.values['name'], stream)]
            await self._append(stream, 'restored', gone.values, author, gone.version, claims, gone.owner)
        return await self._told(entity, stream, principal)

    def _read(self, entity: str, sent: Any, principal: Principal) -> dict[str, Any]:
        self._views.allow(entity, 'read', principal)
        if principal.anonymous:
            raise NotLoggedIn('Views are saved for somebody: this needs a login.')
        return parse_view(sent, scope_for(self._catalog, self._catalog.table(entity), principal))

    async def _write(
        self,
        entity: str,
        view_id: str,
        verb: str,
        work: Callable[[SavedView], tuple[dict[str, Any], list[Claim]]],
        author: Author,
        version: int | None,
    ) -> None:
        for _ in range(ATTEMPTS):
            view = await self._find(entity, view_id, author.principal)
            if await recorded_event(self._log, author):
                return None
            if not view.may_change(author.principal):
                raise Denied('The view belongs to somebody else; save one of your own.')
            if version not in {None, view.version}:
                current = self._shown(view, author.principal)
                raise Stale(f'The view is at version {view.version}, not {version}.', current=current)
            data, claims = work(view)
            if verb == 'changed' and not data:
                return None
            try:
                return await self._append(f'{CATEGORY}/{view.id}', verb, data, author, view.version, claims, view.owner)
            except WrongVersion as conflict:
                problem = conflict
        raise problem

    async def _append(
        self,
        stream: str,
        verb: str,
        data: dict[str, Any],
        author: Author,
        expected: Expectation,
        claims: list[Claim],
        owner: str = '',
    ) -> None:
        event = new_event(stream, verb, data, author.meta(owner=owner), event_id(author))
        try:
            await self._log.append(Append(events=[event], expected={stream: expected}, claims=claims))
        except Taken:
            raise Conflict(
                'There is a view of this name already.', errors={'name': 'is the name of another view'}
            ) from None

    async def _find(self, entity: str, view_id: str, principal: Principal) -> SavedView:
        self._views.allow(entity, 'read', principal)
        sql = f'SELECT {COLUMNS} FROM {TABLE} WHERE id = ? AND entity = ?'
        rows = await self._log.database.query(sql, [view_id, entity])
        view = _view(rows[0]) if rows else None
        if view is None or not (view.shared or view.may_change(principal)):
            raise NotFound(f'There is no view {view_id[:80]!r} of {entity}.')
        return view

    async def _told(self, entity: str, stream: str, principal: Principal) -> dict[str, Any]:
        view = await self._find(entity, stream.partition('/')[2], principal)
        return self._shown(view, principal) or {}

    def _shown(self, view: SavedView, principal: Principal) -> dict[str, Any] | None:
        """The view without fields hidden from whoever asks; nothing where its filter names one of these."""
        table = self._catalog.table(view.entity)
        text = view.state.get('filter', '')
        scope = scope_for(self._catalog, table, principal)
        problem = wrong_filter(text, scope)
        if problem and not wrong_filter(text, scope_for(self._catalog, table, None)):
            return None
        hidden = table.entity.hidden_from(principal)
        sorts = wrong_sorts(view.state, table, scope)
        state = without(view.state, hidden, sorts, table.entity)
        problems = strangers(state, table.entity) + ([NO_SORT] if sorts else [])
        return {
            'id': view.id,
            'name': view.name,
            'shared': view.shared,
            'mine': view.owner == principal.id,
            'version': view.version,
            'state': state,
            'problems': problems + ([f'filter: {problem}'] if problem else []),
        }


def _view(row: tuple[Any, ...]) -> SavedView:
    *parts, state = row
    return SavedView._make([*parts, codec.parse(state)])


def _claim(entity: str, owner: str, name: str, stream: str) -> Claim:
    return Claim(f'{CATEGORY}.name', '\x1e'.join((entity, owner, name.casefold())), stream)


def _renamed(view: SavedView, name: str) -> list[Claim]:
    stream = f'{CATEGORY}/{view.id}'
    given_up = _claim(view.entity, view.owner, view.name, stream)._replace(release=True)
    return [given_up, _claim(view.entity, view.owner, name, stream)]
