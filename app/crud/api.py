"""REST on the data port."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app import codec
from app.crud.aggregates import Aggregates
from app.crud.at_hand import PagesAtHand
from app.crud.bulk_api import BulkApi
from app.crud.catalog import Catalog
from app.crud.explaining import Explanations, FindUser
from app.crud.exporting import Exports
from app.crud.files_api import FilesApi
from app.crud.grouping import asks_for_groups
from app.crud.history import History
from app.crud.importable import importable
from app.crud.importing import ImportApi, Imports
from app.crud.live import Changes
from app.crud.live_api import LiveApi
from app.crud.memory import AnswerMemory
from app.crud.openapi import describe
from app.crud.parameters import not_empty, only_known, only_once
from app.crud.query import SINGLE
from app.crud.recent import Recent
from app.crud.record import Record
from app.crud.records import Records
from app.crud.requests import author_of, if_match, version_meant
from app.crud.restoring import restore
from app.crud.saved_views import SavedViews
from app.crud.saved_views_api import SavedViewsApi
from app.crud.schema_api import SchemaApi
from app.crud.shaping import WHOLE, Shaping, parse_shape
from app.crud.undoing import Undo
from app.crud.views import Views
from app.crud.watching import Watching
from app.docs import docs_routes
from app.errors import NotFound
from app.events import DuckDBLog
from app.http import Routes, answer, logged_in, principal_of, read_body, route
from app.permissions import decide, may_anything
from app.schema import Entity


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
        self.at_hand = PagesAtHand(self.views)
        self.shaping = Shaping(self.views, log)
        self.aggregates = Aggregates(self.views, log)
        self.records = Records(catalog, log, self.views)
        self.undo = Undo(self.records, log)
        self.saved_views = SavedViews(catalog, log, self.views)
        self.imports = Imports(self.records, log, self.undo)
        self.life = History(self.records, log)
        self.explanations = Explanations(self.views, find_user)
        self.changes = Changes(catalog, log, self.views)
        self.watching = Watching(self.views, log)
        self.recent = Recent(catalog, log, self.views, self.changes)
        self.routes = Routes(self._routes())

    def _routes(self) -> list[BaseRoute]:
        return [
            route('GET', '/health', self.health),
            route('GET', '/api', self.list_entities),
            *LiveApi(self.views, self.log, self.changes, self.watching, self.recent).routes,
            *BulkApi(self.records, self.undo, self.life).routes,
            *Exports(self.views, self.log).routes,
            route('GET', '/api/{entity}/import', self.describe_import),
            *ImportApi(self.catalog, self.imports, self.log.database.path.parent).routes,
            *SchemaApi(self.catalog, self.log, self.folder).routes,
            *FilesApi(self.views, self.log).routes,
            *SavedViewsApi(self.catalog, self.saved_views).routes,
            route('GET', '/api/{entity}', self.list),
            route('POST', '/api/{entity}', self.create),
            route('GET', '/api/{entity}/{id}', self.get),
            route('PATCH', '/api/{entity}/{id}', self.change),
            route('PUT', '/api/{entity}/{id}', self.replace),
            route('DELETE', '/api/{entity}/{id}', self.delete),
            route('POST', '/api/{entity}/{id}/restore', self.restore),
            route('GET', '/api/{entity}/{id}/explain', self.explain),
            *docs_routes('Data', lambda asker: describe(self.catalog.entities, asker)),
            route('GET', '/{entity}', self.list),
        ]

    async def health(self, request: Request) -> Response:
        """Whether the service answers."""
        return answer({'status': 'ok', 'service': 'crud'})

    async def list_entities(self, request: Request) -> Response:
        """The entities that one may do anything with; with `counts=true` how many records of each one may read."""
        principal = logged_in(request)
        counts = await self.views.counts(principal) if request.query_params.get('counts') == 'true' else {}
        shown = [
            one for one in self.catalog.entities.values() if may_anything(one.permissions, principal, one.resource)
        ]
        return answer({'entities': [_summary(entity, counts) for entity in shown]})

    async def list(self, request: Request) -> Response:
        """A page of records, or sums over all of them."""
        entity, parameters = self._entity(request), request.query_params.multi_items()
        principal = principal_of(request)
        only_once(name for name, _ in parameters if name in SINGLE)

        async def compute() -> bytes:
            if asks_for_groups(parameters):
                return codec.encode(await self.aggregates.groups(entity, parameters, principal))
            shape, rest = parse_shape(parameters)
            if shape == WHOLE and (content := await self.at_hand.page(entity, rest, principal)):
                return content
            page = await self.views.page(entity, rest, principal)
            as_of = next((text for name, text in rest if name == 'as_of'), '')
            shown = await self.shaping.show(entity, page.records, shape, principal, as_of)
            return codec.encode(page.as_json(shown))

        if any('@' in text for _, text in parameters):  # @now is another moment each time
            content = await compute()
        else:
            state = self.log.position, self.catalog.generation
            asker = principal.id, principal.roles, principal.scopes
            content = await self.answers.answer(state, (asker, entity, request.scope['query_string']), compute)
        return Response(content, 200, {'Vary': 'Accept'}, 'application/json')

    async def describe_import(self, request: Request) -> Response:
        """The fields that a file may fill."""
        entity, principal = self.catalog.table(self._entity(request)).entity, logged_in(request)
        if not decide(entity.permissions, 'update', principal, entity.resource).allowed:
            self.views.allow(entity.resource, 'create', principal)
        return answer(importable(entity, principal))

    async def get(self, request: Request) -> Response:
        """One record, now or as it was."""
        entity, principal = self._entity(request), principal_of(request)
        if not request.scope['query_string'] and (kept := self.views.at_hand(entity, _id(request), principal)):
            return Response(kept.body, 200, {'ETag': f'"{kept.version}"'}, 'application/json')
        only_known(request.query_params, ('as_of', 'fields', 'expand', 'count_of'))
        as_of = not_empty('as_of', request.query_params['as_of']) if 'as_of' in request.query_params else ''
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
        author = author_of(request, body)
        record = await self.records.create(entity, codec.decode(body), author)
        headers = {'Location': f'/api/{entity}/{record.id}', **author.receipt.headers()}
        return self._shown(request, record, 201, headers)

    async def change(self, request: Request, *, replace: bool = False) -> Response:
        """Some fields of a record."""
        entity, body = self._entity(request), await read_body(request)
        sent = codec.decode(body)
        author, version = author_of(request, body), version_meant(request, sent)
        record = await self.records.change(entity, _id(request), sent, author, version=version, replace=replace)
        return self._shown(request, record, headers=author.receipt.headers())

    async def replace(self, request: Request) -> Response:
        """All fields of a record."""
        return await self.change(request, replace=True)

    async def delete(self, request: Request) -> Response:
        """The record goes; its history stays."""
        author = author_of(request, b'')
        version = await self.records.delete(self._entity(request), _id(request), author, version=if_match(request))
        return Response(status_code=204, headers={'ETag': f'"{version}"', **author.receipt.headers()})

    async def restore(self, request: Request) -> Response:
        """A deleted record comes back."""
        author = author_of(request, b'')
        record = await restore(self.records, self._entity(request), _id(request), author)
        return self._shown(request, record, headers=author.receipt.headers())

    async def explain(self, request: Request) -> Response:
        """May somebody do something with a record, and why."""
        entity, query = self._entity(request), request.query_params
        only_known(query, ('action', 'user'))
        said = await self.explanations.explain(
            entity, _id(request), query.get('action', 'read'), query.get('user', ''), logged_in(request)
        )
        return answer(said)

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


def _summary(entity: Entity, counts: dict[str, int]) -> dict[str, Any]:
    told = {'name': entity.resource, 'title': entity.title, 'description': entity.description, 'key': entity.key}
    return told | ({'count': counts[entity.resource]} if entity.resource in counts else {})


def _id(request: Request) -> str:
    record_id: str = request.path_params['id']
    return record_id
