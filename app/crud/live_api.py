"""Changes as they happen, by WebSocket or by asking again and again over HTTP, and who else looks at them."""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from app.crud.live import Changes
from app.crud.parameters import only_known
from app.crud.presence import Presence
from app.crud.recent import Recent
from app.crud.views import Views
from app.crud.watching import Watching
from app.errors import NotFound
from app.events import DuckDBLog
from app.http import answer, logged_in, principal_of, route, whole_number
from app.socket import send_all


class LiveApi:
    """`/api/history`, `/api/{entity}/changes` and `/ws/{entity}`."""

    def __init__(self, views: Views, log: DuckDBLog, changes: Changes, watching: Watching, recent: Recent) -> None:
        self._views = views
        self._log = log
        self._watching = watching
        self._changes = changes
        self._recent = recent
        self._presence = Presence()
        self.routes: list[BaseRoute] = [
            route('GET', '/api/history', self.list_recent),
            route('GET', '/api/{entity}/changes', self.list_changes),
            WebSocketRoute('/ws/{entity}', self.follow),
        ]

    async def list_recent(self, request: Request) -> Response:
        """The newest changes of records of all entities; with `after` and `wait` as soon as there is anything new."""
        principal, limit = logged_in(request), max(1, whole_number(request, 'limit', 10, 100))
        only_known(request.query_params, ('after', 'wait', 'limit'))
        if seconds := whole_number(request, 'wait', 0, 30):
            await self._log.moved_on(_after(request) or 0, seconds)
        return answer(await self._recent.newest(limit, principal))

    async def list_changes(self, request: Request) -> Response:
        """What the WebSocket would tell, where none gets through; waits up to `wait` seconds for something to tell."""
        entity = self._views.catalog.table(request.path_params['entity']).entity
        if not entity.api.enabled:
            raise NotFound(f'{entity.resource} has no API.')
        only_known(request.query_params, ('after', 'wait', 'limit', 'filter', 'view'))
        name, seconds, principal = entity.resource, whole_number(request, 'wait', 0, 30), principal_of(request)
        if (text := _view_asked(request)) is not None:
            return answer(await self._watching.poll(name, text, _after(request), seconds, principal))
        limit = max(1, whole_number(request, 'limit', 500, 5000))
        return answer(await self._changes.poll(name, _after(request) or 0, limit, seconds, principal))

    async def follow(self, socket: WebSocket) -> None:
        """Changes as they happen, or with `filter` (or `view=true`) a view: snapshot, enter, update, leave.

        Who says where he is (`{"presence": {"record": …, "field": …, "editing": …}}`) is told who else is there.
        """
        entity = self._views.catalog.table(socket.path_params['entity']).entity.resource
        only_known(socket.query_params, ('after', 'filter', 'view'))
        after, principal = _after(socket), principal_of(socket)
        if (text := _view_asked(socket)) is not None:
            messages = self._watching.watch(entity, text, after, principal)
        else:
            messages = self._changes.follow(entity, after, principal)
        everything = not self._views.allow(entity, 'read', principal).condition
        visit = self._presence.visit(entity, principal, places=everything)
        try:
            await send_all(socket, messages, visit.messages(), hear=visit.hear)
        finally:
            visit.leave()


def _view_asked(connection: HTTPConnection) -> str | None:
    """The filter of the view that is to be followed; `None` for the plain changes of all records."""
    asked = connection.query_params
    return asked.get('filter', '') if 'filter' in asked or asked.get('view') == 'true' else None


def _after(connection: HTTPConnection) -> int | None:
    return whole_number(connection, 'after', 0) if 'after' in connection.query_params else None
