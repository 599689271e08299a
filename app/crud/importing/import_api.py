"""REST for imports: sending a file, asking how far it is, cancelling it, listing those of late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.crud.catalog import Catalog
from app.crud.importing.asked import Asked, asked_by
from app.crud.importing.imports import Imports
from app.crud.importing.job import Job
from app.crud.importing.source import CSV, JSON, LINES
from app.crud.importing.upload import LIMIT, Upload
from app.crud.requests import author_with, fingerprint_of
from app.errors import Malformed, NotFound, TooLarge
from app.http import answer, logged_in, principal_of, route

KINDS = {
    'text/csv': CSV,
    'application/json': JSON,
    'application/x-ndjson': LINES,
    'application/jsonl': LINES,
    'application/x-jsonlines': LINES,
}


class ImportApi:
    """The file is received to the end before anything of it is read."""

    def __init__(self, catalog: Catalog, imports: Imports, folder: Path) -> None:
        self._catalog = catalog
        self._imports = imports
        self._folder = folder
        self.routes = [
            route('POST', '/api/{entity}/import', self.begin),
            route('GET', '/api/imports', self.list),
            route('GET', '/api/imports/{id}', self.show),
            route('DELETE', '/api/imports/{id}', self.cancel),
        ]

    async def begin(self, request: Request) -> Response:
        """Many records from a file, at once or in the background."""
        entity = self._catalog.table(request.path_params['entity']).entity
        if not entity.api.enabled:
            raise NotFound(f'{entity.resource} has no API.')
        kind = request.headers.get('content-type', '').partition(';')[0].strip().lower()
        if kind not in KINDS:
            raise Malformed('Send the file with Content-Type text/csv, application/json or application/x-ndjson.')
        asked = asked_by(entity, KINDS[kind], request.query_params)
        self._imports.check(entity.resource, asked, principal_of(request))
        job = await self._receive(request, entity.resource, asked)
        if asked.background:
            return answer(job.as_json(), 202, {'Location': f'/api/imports/{job.work.id}'})
        result = await self._imports.wait(job, lambda: _gone(request))
        return answer(result, 200 if asked.dry_run else 201)

    async def list(self, request: Request) -> Response:
        """The imports that run or have run lately."""
        key = request.query_params.get('idempotency_key', '')
        jobs = self._imports.begun_by(logged_in(request), key)
        return answer({'imports': [job.as_json() for job in jobs]})

    async def show(self, request: Request) -> Response:
        """How far an import is, and how it ended."""
        return answer(await self._imports.told(request.path_params['id'], logged_in(request)))

    async def cancel(self, request: Request) -> Response:
        """Stop an import; nothing of it remains."""
        job = self._imports.get(request.path_params['id'], logged_in(request))
        await self._imports.cancel(job)
        return answer(job.as_json())

    async def _receive(self, request: Request, entity: str, asked: Asked) -> Job:
        announced = request.headers.get('content-length', '')
        if announced.isascii() and announced.isdigit() and int(announced) > LIMIT:
            raise TooLarge(f'The file has {int(announced):,} bytes; at most {LIMIT:,} are taken.')
        fingerprint = fingerprint_of(request, query=True)
        upload = Upload(self._folder)

        async def chunks() -> AsyncIterator[bytes]:
            async for chunk in request.stream():
                if fingerprint:
                    fingerprint.update(chunk)
                yield chunk

        try:
            await upload.receive(chunks(), lines=asked.reading.kind != JSON)
            if await request.is_disconnected():
                raise ClientDisconnect
        except ClientDisconnect:
            upload.close()
            raise Malformed('The file did not come to its end.') from None
        except BaseException:
            upload.close()
            raise
        return self._imports.start(entity, upload, author_with(request, fingerprint, 'import'), asked)


async def _gone(request: Request) -> None:
    """Return once the client does not wait any longer."""
    while (await request.receive())['type'] != 'http.disconnect':
        pass
