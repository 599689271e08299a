"""REST for saved views of lists."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import codec
from app.crud.catalog import Catalog
from app.crud.requests import author_of, if_match
from app.crud.saved_views import SavedViews
from app.errors import NotFound
from app.http import answer, principal_of, read_body, route

LARGEST = 100_000
"""Bytes of a request; a state has far fewer."""


class SavedViewsApi:
    """`/api/{entity}/views` and what follows."""

    def __init__(self, catalog: Catalog, saved: SavedViews) -> None:
        self._catalog = catalog
        self._saved = saved
        self.routes: list[Route] = [
            route('GET', '/api/{entity}/views', self.list),
            route('POST', '/api/{entity}/views', self.create),
            route('PATCH', '/api/{entity}/views/{id}', self.change),
            route('DELETE', '/api/{entity}/views/{id}', self.delete),
            route('POST', '/api/{entity}/views/{id}/restore', self.restore),
        ]

    async def list(self, request: Request) -> Response:
        """One's own views and the shared ones."""
        return answer({'views': await self._saved.visible(self._entity(request), principal_of(request))})

    async def create(self, request: Request) -> Response:
        """A new view: `{"name": "Big ones", "shared": true, "state": {"filter": "credit_limit > 1000"}}`."""
        entity, body = self._entity(request), await read_body(request, LARGEST)
        return _told(await self._saved.create(entity, codec.decode(body), author_of(request, body)), 201)

    async def change(self, request: Request) -> Response:
        """Parts of a view; a state is replaced as a whole."""
        entity, body = self._entity(request), await read_body(request, LARGEST)
        view_id, author = request.path_params['id'], author_of(request, body)
        return _told(await self._saved.change(entity, view_id, codec.decode(body), author, if_match(request)))

    async def delete(self, request: Request) -> Response:
        """The view goes."""
        author = author_of(request, b'')
        await self._saved.delete(self._entity(request), request.path_params['id'], author, if_match(request))
        return Response(status_code=204)

    async def restore(self, request: Request) -> Response:
        """A deleted view comes back."""
        view_id, author = request.path_params['id'], author_of(request, b'')
        return _told(await self._saved.restore(self._entity(request), view_id, author))

    def _entity(self, request: Request) -> str:
        entity = self._catalog.table(request.path_params['entity']).entity
        if not entity.api.enabled:
            raise NotFound(f'{entity.resource} has no API.')
        return entity.resource


def _told(view: dict[str, Any], status: int = 200) -> Response:
    return answer(view, status, {'ETag': f'"{view["version"]}"'})
