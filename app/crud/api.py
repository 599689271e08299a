"""REST and WebSocket on the data port."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from app import codec
from app.crud.aggregates import Aggregates
from app.crud.bulk_api import BulkApi
from app.crud.catalog import Catalog
from app.crud.explaining import Explanations, FindUser
from app.crud.exporting import Exports
from app.crud.files_api import FilesApi
from app.crud.grouping import asks_for_groups
from app.crud.history import History
from app.crud.importing import ImportApi, Imports
from app.crud.live import Changes
from app.crud.memory import AnswerMemory
from app.crud.openapi import describe
from app.crud.record import Record
from app.crud.records import Records
from app.crud.requests import author_of, if_match
from app.crud.schema_api import SchemaApi
from app.crud.shaping import Shaping, parse_shape
from app.crud.undoing import Undo
from app.crud.views import Views
from app.crud.watching import Watching
from app.docs import docs_routes
from app.errors import NotFound
from app.events import DuckDBLog
from app.http import Routes, answer, logged_in, principal_of, read_body, route, whole_number
from app.socket import send_all


class DataApi:
    """The endpoints; thin, each calls one verb or one view."""

    def __init__(
        self, catalog: Catalog, log: DuckDBLog, find_user: FindUser = lambda login: None, folder: Path | None = None
    ) -> None:
        self.catalog = catalog
        self.folder = folder
        self.views = Views(catalog, log)
        self.log = log
        self.answers = AnswerMemory()
        self.watching = Watching(self.views, log)
        self.shaping = Shaping(self.views, log)
        self.aggregates = Aggregates(self.views, log)
        self.records = Records(catalog, log, self.views)
        self.undo = Undo(self.records, log)
        self.imports = Imports(self.records, log, self.undo)
        self.life = History(self.records, log)
        self.explanations = Explanations(self.views, find_user)
        self.changes = Changes(catalog, log, self.views)
        self.routes = Routes(self._routes())

    def _routes(self) -> list[BaseRoute]:
        return [
            route('GET', '/health', self.health),
            route('GET', '/api', self.list_entities),
            *BulkApi(self.records, self.undo, self.life).routes,
            *Exports(self.views, self.log).routes,
            *ImportApi(self.catalog, self.imports, self.log.database.path.parent).routes,
            *SchemaApi(self.catalog, self.log, self.folder).routes,
            *FilesApi(self.views, self.log).routes,
            route('GET', '/api/{entity}', self.list),
            route('POST', '/api/{entity}', self.create),
            route('GET', '/api/{entity}/changes', self.list_changes),
            route('GET', '/api/{entity}/{id}', self.get),
            route('PATCH', '/api/{entity}/{id}', self.change),
            route('PUT', '/api/{entity}/{id}', self.replace),
            route('DELETE', '/api/{entity}/{id}', self.delete),
            route('POST', '/api/{entity}/{id}/restore', self.restore),
            route('GET', '/api/{entity}/{id}/explain', self.explain),
            WebSocketRoute('/ws/{entity}', self.follow),
            *docs_routes('Data', lambda: describe(self.catalog.entities)),
            route('GET', '/{entity}', self.list),
        ]

    async def health(self, request: Request) -> Response:
        """Whether the service answers."""
        return answer({'status': 'ok', 'service': 'crud'})

    async def list_entities(self, request: Request) -> Response:
        """The entities that there are, to those who are logged in."""
        logged_in(request)
        return answer({'entities': [_summary(table.entity) for table in self.catalog.tables.values()]})

    async def list(self, request: Request) -> Response:
        """A page of records, or sums over all of them."""
        entity, parameters = self._entity(request), request.query_params.multi_items()
        principal = principal_of(request)

        async def compute() -> bytes:
            if asks_for_groups(parameters):
                return codec.encode(await self.aggregates.groups(entity, parameters, principal))
            shape, rest = parse_shape(parameters)
            page = await self.views.page(entity, rest, principal)
            as_of = next((text for name, text in rest if name == 'as_of'), '')
            shown = await self.shaping.show(entity, page.records, shape, principal, as_of)
            return codec.encode(page.as_json(shown))

        if any('@' in text for _, text in parameters):  # @now is another moment each time
            content = await compute()
        else:
            state = self.log.position, self.catalog.generation
            asker = principal.id, principal.roles, principal.scopes
            content = await self.answers.answer(state, (asker, entity, request.url.query), compute)
        return Response(content, 200, {'Vary': 'Accept'}, 'application/json')

    async def get(self, request: Request) -> Response:
        """One record, now or as it was."""
        as_of = request.query_params.get('as_of', '')
        entity, principal = self._entity(request), principal_of(request)
        if not request.url.query and (kept := self.views.at_hand(entity, _id(request), principal)):
            return Response(kept.body, 200, {'ETag': f'"{kept.version}"'}, 'application/json')
        record = await self.views.get(entity, _id(request), principal, as_of=as_of)
        shape, _ = parse_shape(request.query_params.multi_items())
        if not (shape.fields or shape.expand or shape.count_of):
            return self._shown(request, record)
        visible = record.without(self.catalog.table(entity).entity.hidden_from(principal))
        shown = await self.shaping.show(entity, [visible], shape, principal, as_of)
        return answer(shown[0], headers={'ETag': f'"{record.version}"'})

    async def create(self, request: Request) -> Response:
        """A new record."""
        entity = self._entity(request)
        body = await read_body(request)
        record = await self.records.create(entity, codec.decode(body), author_of(request, body))
        return self._shown(request, record, 201, {'Location': f'/api/{entity}/{record.id}'})

    async def change(self, request: Request, *, replace: bool = False) -> Response:
        """Some fields of a record."""
        entity, body = self._entity(request), await read_body(request)
        record = await self.records.change(
            entity,
            _id(request),
            codec.decode(body),
            author_of(request, body),
            version=if_match(request),
            replace=replace,
        )
        return self._shown(request, record)

    async def replace(self, request: Request) -> Response:
        """All fields of a record."""
        return await self.change(request, replace=True)

    async def delete(self, request: Request) -> Response:
        """The record goes; its history stays."""
        author = author_of(request, b'')
        version = await self.records.delete(self._entity(request), _id(request), author, version=if_match(request))
        return Response(status_code=204, headers={'ETag': f'"{version}"'})

    async def restore(self, request: Request) -> Response:
        """A deleted record comes back."""
        return self._shown(
            request, await self.records.restore(self._entity(request), _id(request), author_of(request, b''))
        )

    async def explain(self, request: Request) -> Response:
        """May somebody do something with a record, and why."""
        query = request.query_params
        said = await self.explanations.explain(
            self._entity(request), _id(request), query.get('action', 'read'), query.get('user', ''), logged_in(request)
        )
        return answer(said)

    async def list_changes(self, request: Request) -> Response:
        """What the WebSocket would tell, where none gets through; waits up to `wait` seconds for something to tell."""
        entity, seconds, principal = self._entity(request), whole_number(request, 'wait', 0, 30), principal_of(request)
        if (text := _view_asked(request)) is not None:
            return answer(await self.watching.poll(entity, text, _after(request), seconds, principal))
        limit = max(1, whole_number(request, 'limit', 500, 5000))
        return answer(await self.changes.poll(entity, _after(request) or 0, limit, seconds, principal))

    async def follow(self, socket: WebSocket) -> None:
        """Changes as they happen, or with `filter` (or `view=true`) a view: snapshot, enter, update, leave."""
        entity, after = self.catalog.table(socket.path_params['entity']).entity.resource, _after(socket)
        if (text := _view_asked(socket)) is not None:
            await send_all(socket, self.watching.watch(entity, text, after, principal_of(socket)))
        else:
            await send_all(socket, self.changes.follow(entity, after, principal_of(socket)))

    def _shown(
        self, request: Request, record: Record, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        hidden = self.catalog.table(request.path_params['entity']).entity.hidden_from(principal_of(request))
        return answer(record.without(hidden).as_json(), status, {'ETag': f'"{record.version}"', **(headers or {})})

    def _entity(self, request: Request) -> str:
        table = self.catalog.table(request.path_params['entity'])
        if not table.entity.api.enabled:
            raise NotFound(f'{table.entity.resource} has no API.')
        return table.entity.resource


def _summary(entity: Any) -> dict[str, Any]:
    return {'name': entity.resource, 'title': entity.title, 'description': entity.description, 'key': entity.key}


def _view_asked(connection: HTTPConnection) -> str | None:
    """The filter of the view that is to be followed; `None` for the plain changes of all records."""
    asked = connection.query_params
    return asked.get('filter', '') if 'filter' in asked or asked.get('view') == 'true' else None


def _after(connection: HTTPConnection) -> int | None:
    return whole_number(connection, 'after', 0) if 'after' in connection.query_params else None


def _id(request: Request) -> str:
    record_id: str = request.path_params['id']
    return record_id
