"""The portal's API: which services answer, how much data there is, what is wrong with the config."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response

from app.config import Mistake
from app.docs import docs_routes, document, operation
from app.events import DuckDBLog
from app.http import Routes, answer, logged_in, route
from app.permissions import Principal
from app.services import SERVICES, Service, url

PATIENCE = 2.0
"""Seconds after which a service counts as down."""

Count = Callable[[Any], Any]


class PortalApi:
    """`counts(principal)` gives the records per entity that a principal may read."""

    def __init__(self, log: DuckDBLog, base_port: int, counts: Count, mistakes: Callable[[], list[Mistake]]) -> None:
        self._log = log
        self._base_port = base_port
        self._counts = counts
        self._mistakes = mistakes
        self.routes = Routes(
            [
                route('GET', '/health', self.health),
                route('GET', '/api/status', self.status),
                *docs_routes('Portal', _describe),
            ]
        )

    async def health(self, request: Request) -> Response:
        """Whether the service answers."""
        return answer({'status': 'ok', 'service': 'portal'})

    async def status(self, request: Request) -> Response:
        """Everything that the portal page shows; each service is asked over HTTP."""
        principal = logged_in(request)
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            probes = await asyncio.gather(*(self._probe(client, row) for row in SERVICES))
        content = {
            'services': probes,
            'entities': await self._counts(principal),
            'events': (await self._log.head()).position,
            'config_mistakes': [str(mistake) for mistake in self._mistakes()] if principal.admin else [],
        }
        return answer(content)

    async def _probe(self, client: httpx.AsyncClient, row: Service) -> dict[str, Any]:
        began = time.perf_counter()
        error = ''
        try:
            reply = await client.get(url(row.name, '/health', base_port=self._base_port))
            if reply.status_code != 200:
                error = f'answers {reply.status_code}'
        except httpx.HTTPError as failure:
            error = f'does not answer: {type(failure).__name__}'
        return {
            'name': row.name,
            'title': row.title,
            'icon': row.icon,
            'port': row.port(self._base_port),
            'url': url(row.name, base_port=self._base_port),
            'up': not error,
            'error': error,
            'milliseconds': round((time.perf_counter() - began) * 1000, 1),
        }


def _describe(asker: Principal) -> dict[str, Any]:
    return document('Portal', {'/api/status': {'get': operation('Services, records, events', {'type': 'object'})}})
