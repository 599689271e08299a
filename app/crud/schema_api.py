"""Trying a new config on the real data, and applying it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app import codec
from app.config import Config, WrongConfig, check
from app.crud.catalog import Catalog
from app.crud.estimating import applying_seconds
from app.crud.requests import author_of
from app.documents import is_document, written
from app.errors import Denied, Invalid, Malformed
from app.events import DuckDBLog
from app.http import answer, logged_in, read_body, route


class SchemaApi:
    """For admins; `folder` is where the config lies."""

    def __init__(self, catalog: Catalog, log: DuckDBLog, folder: Path | None) -> None:
        self._catalog = catalog
        self._log = log
        self._folder = folder
        self.routes = [
            route('GET', '/api/schema', self.documents),
            route('POST', '/api/schema/plan', self.plan),
            route('POST', '/api/schema/apply', self.apply),
        ]

    async def documents(self, request: Request) -> Response:
        """The documents in force: path -> text."""
        _for_admins(request)
        return answer({'documents': self._catalog.config.documents})

    async def plan(self, request: Request) -> Response:
        """What these documents would do to the data, together with those in force; nothing is changed."""
        config, _, fill, _ = await self._read(request)
        plan = await self._catalog.plan(config, self._log, fill)
        plan.applying = await asyncio.to_thread(applying_seconds, self._log.database, plan)
        return answer(plan.as_json())

    async def apply(self, request: Request) -> Response:
        """Put them into force and write them into the config folder; 409 with the plan where records do not fit."""
        config, altered, fill, body = await self._read(request)
        author = author_of(request, body, source='config')
        with written(self._folder, altered) as keep:
            plan = await self._catalog.activate(config, self._log, author, fill)
            await asyncio.to_thread(keep)
        return answer(plan.as_json() | {'position': self._log.position})

    async def _read(self, request: Request) -> tuple[Config, dict[str, str | None], dict[str, Any], bytes]:
        _for_admins(request)
        body = await read_body(request)
        sent = codec.decode(body)
        if not isinstance(sent, dict) or not sent.keys() <= {'documents', 'fill'}:
            raise Malformed('The body must be an object: {"documents": {"entities/customers.yaml": "…"}, "fill": {…}}.')
        altered, fill = sent.get('documents', {}), sent.get('fill', {})
        if not isinstance(altered, dict) or not isinstance(fill, dict):
            raise Malformed('documents and fill: must be objects.')
        for path, text in altered.items():
            if not is_document(path) or not isinstance(text, (str, type(None))):
                raise Malformed(
                    f'documents: {path!r} must be app.yaml or like entities/name.yaml, with a text or null.'
                )
        documents = {**self._catalog.config.documents, **altered}
        return _checked(documents), altered, fill, body


def _checked(documents: Mapping[str, str | None]) -> Config:
    try:
        return check({path: text for path, text in documents.items() if text is not None})
    except WrongConfig as wrong:
        errors = {f'{one.path}:{one.line}': f'{one.key} {one.message}'.strip() for one in wrong.mistakes}
        raise Invalid('The config has mistakes.', errors=errors) from None


def _for_admins(request: Request) -> None:
    if not logged_in(request).admin:
        raise Denied('What the config says is for admins.')
