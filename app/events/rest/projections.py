"""Endpoints of projections: what they say, how they are doing, and their controls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from app.errors import Denied, Malformed, NotFound, NotLoggedIn
from app.events.projector import Projector
from app.events.rest.access import may_operate
from app.events.store import EventStore
from app.http import answer, principal_of, whole_number

LARGEST_PAGE = 5000
RESERVED = frozenset({'limit', 'offset', 'sort', 'wait_for', 'timeout'})


class ProjectionEndpoints:
    """Who may read a projection is said in its config; only admins control them."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._actions: dict[str, Callable[[Projector], Awaitable[None]]] = {
            'pause': lambda projector: projector.change(paused=True),
            'resume': lambda projector: projector.change(paused=False, error='', error_position=None),
            'skip': lambda projector: projector.skip(),
            'reset': lambda projector: projector.reset(),
            'rebuild': lambda projector: projector.rebuild(),
            'cancel': _cancel,
        }

    async def list(self, request: Request) -> Response:
        """Those that one may read, with how they are doing."""
        allowed = [one for one in self._store.projections.running.values() if _may_read(request, one)]
        if not allowed and principal_of(request).anonymous:
            raise NotLoggedIn('This needs a login.')
        return answer({'head': self._store.log.position, 'projections': [one.as_json() for one in allowed]})

    async def rows(self, request: Request) -> Response:
        """The rows, or the one that a key names; `wait_for` a position to read one's own writes."""
        name = request.path_params['name']
        projector = self._store.projections.get(name)
        if not _may_read(request, projector):
            raise (NotLoggedIn if principal_of(request).anonymous else Denied)(f'Reading {name} is not open to you.')
        if 'wait_for' in request.query_params:
            seconds = whole_number(request, 'timeout', 30, 300)
            await self._store.projections.wait_for(name, whole_number(request, 'wait_for', 0), seconds)
        if 'key' in request.path_params:
            return await self._row(name, projector, request.path_params['key'])
        where = {key: value for key, value in request.query_params.items() if key not in RESERVED}
        page = await self._store.projections.rows(
            name,
            where,
            request.query_params.get('sort', ''),
            max(1, whole_number(request, 'limit', 100, LARGEST_PAGE)),
            whole_number(request, 'offset', 0),
        )
        return answer(page)

    async def control(self, request: Request) -> Response:
        """pause, resume, skip, reset, rebuild or cancel."""
        may_operate(request, 'Controlling projections')
        projector = self._store.projections.get(request.path_params['name'])
        action = request.path_params['action']
        if action not in self._actions:
            raise NotFound(f'There is no action {action!r}; there are {", ".join(self._actions)}.')
        await self._actions[action](projector)
        return answer(projector.as_json(), 202)

    async def _row(self, name: str, projector: Projector, address: str) -> Response:
        key, parts = projector.recipe.definition.key, [unquote(part) for part in address.split('~')]
        if not key:
            raise Malformed(f'The projection {name} has no key; filter its rows instead.')
        if len(parts) != len(key):
            raise Malformed(f'A key of {name} has {len(key)} parts, {"~".join(key)}.')
        page = await self._store.projections.rows(name, dict(zip(key, parts, strict=True)), '', 1, 0)
        if not page['rows']:
            raise NotFound(f'{name} has no row {address!r}.')
        return answer({'projection': name, 'position': page['position'], 'row': page['rows'][0]})


async def _cancel(projector: Projector) -> None:
    projector.cancel()


def _may_read(request: Request, projector: Projector) -> bool:
    definition = projector.recipe.definition
    principal, words = principal_of(request), definition.permissions.read
    if not (principal.in_scope(definition.projection, 'read') or principal.in_scope('events', 'read')):
        return False
    if 'admin' in principal.roles or 'public' in words:
        return True
    return not principal.anonymous and ('authenticated' in words or bool(principal.roles.intersection(words)))
