"""REST for files: sent before a record names them, fetched through the record that does."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.crud.uploading import store
from app.crud.views import Views
from app.errors import Denied, NoSuchRange, NotFound, NotLoggedIn, Unavailable
from app.events import DuckDBLog
from app.fields.file import File
from app.file_kind import IMAGES
from app.file_name import disposition
from app.http import answer, principal_of, route
from app.permissions import Action, Principal, decide
from app.schema import Entity

RANGE = re.compile(r'bytes=(\d{0,18})-(\d{0,18})')
WRITES: tuple[Action, ...] = ('create', 'update')


class Part(NamedTuple):
    """A part of a file: from byte `first` on, before byte `end`."""

    first: int
    end: int


class FilesApi:
    """Whoever may see the field of a record may have the file; whoever may set it may send one."""

    def __init__(self, views: Views, log: DuckDBLog) -> None:
        self._views = views
        self._log = log
        self.routes: list[Route] = [
            route('POST', '/api/{entity}/files/{field}', self.upload),
            route('GET', '/api/{entity}/{id}/files/{field}', self.download),
        ]

    async def upload(self, request: Request) -> Response:
        """Store a file; the answer is the value for the field of a record."""
        entity, field = self._field(request)
        _check_settable(entity, field, principal_of(request))
        return answer(await store(request, field, self._log), 201)

    async def download(self, request: Request) -> Response:
        """The file of a record, or a part of it; now, or `as_of` a moment."""
        entity, field = self._field(request)
        principal, as_of = principal_of(request), request.query_params.get('as_of', '')
        record = await self._views.get(entity.resource, request.path_params['id'], principal, as_of=as_of)
        value = record.without(entity.hidden_from(principal)).values.get(field.name)
        if not value:
            raise NotFound(f'{record.id} has no {field.name}.')
        tag = f'"{value["sha256"]}"'
        headers = _headers(value, tag, inline=request.query_params.get('inline') == 'true')
        if _names(request.headers.get('if-none-match', ''), tag):
            return Response(status_code=304, headers=headers)
        return await self._send(request, value, tag, headers)

    async def _send(self, request: Request, value: dict[str, Any], tag: str, headers: dict[str, str]) -> Response:
        stored = await self._log.find_blobs([value['sha256']])
        if not stored:
            raise Unavailable('The content of this file is missing; an admin can restore it from a backup.')
        size = stored[value['sha256']].size
        part = _part(request, size, tag)
        first, end = part or (0, size)
        headers |= {'Content-Length': str(end - first), 'Content-Type': value['type']}
        headers |= {'Content-Range': f'bytes {first}-{end - 1}/{size}'} if part else {}
        status = 206 if part else 200
        if request.method == 'HEAD':
            return Response(status_code=status, headers=headers)
        return StreamingResponse(self._log.get_blob(value['sha256'], first, end - first), status, headers)

    def _field(self, request: Request) -> tuple[Entity, File]:
        entity = self._views.catalog.table(request.path_params['entity']).entity
        field = entity.fields.get(request.path_params['field'])
        if not entity.api.enabled or not isinstance(field, File):
            raise NotFound(f'{entity.resource} has no files called {request.path_params["field"]!r}.')
        return entity, field


def _check_settable(entity: Entity, field: File, principal: Principal) -> None:
    decisions = [decide(entity.permissions, action, principal, entity.resource) for action in WRITES]
    if not any(decision.allowed for decision in decisions):
        raise (NotLoggedIn if principal.anonymous else Denied)(decisions[0].reason)
    if field.name in entity.closed_to(principal):
        raise Denied(f'You may not set {field.name}.', errors={field.name: 'may not be set by you'})


def _headers(value: dict[str, Any], tag: str, *, inline: bool) -> dict[str, str]:
    """Browsers must neither guess what it is, nor run anything in it, nor show it to the next who asks."""
    return {
        'ETag': tag,
        'Accept-Ranges': 'bytes',
        'Cache-Control': 'private, no-cache',
        'X-Content-Type-Options': 'nosniff',
        'Content-Security-Policy': 'sandbox',
        'Content-Disposition': disposition(value['name'], inline=inline and value['type'] in IMAGES),
    }


def _names(header: str, tag: str) -> bool:
    """Whether a list of tags has this one."""
    return header.strip() == '*' or tag in {one.strip().removeprefix('W/') for one in header.split(',')}


def _part(request: Request, size: int, tag: str) -> Part | None:
    """The part that is asked for; none where it is several, or not understood, or of another version."""
    match = RANGE.fullmatch(request.headers.get('range', '').replace(' ', ''))
    if not match or match[0] == 'bytes=-' or request.headers.get('if-range', tag) != tag:
        return None
    first, last = match[1], match[2]
    if not first:
        part = Part(max(0, size - int(last)), size)
    elif last and int(last) < int(first):
        return None
    else:
        part = Part(int(first), min(size, int(last) + 1) if last else size)
    if part.first >= part.end:
        problem = NoSuchRange(f'The file has {size:,} bytes.')
        problem.headers['Content-Range'] = f'bytes */{size}'
        raise problem
    return part
