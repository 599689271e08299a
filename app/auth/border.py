"""What every answer carries, and the answer to bugs."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.auth.problems import Problem

logger = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]

HEADERS = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    # Not `no-referrer`: with that, browsers hide the Origin of forms, which we check.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
}


class Border:
    """Gives every request an id and every answer its security headers, where they do not have them yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] != 'http':
            await self._app(scope, receive, send)
            return
        request_id = scope.setdefault('state', {}).setdefault('request_id', uuid.uuid4().hex)
        started = False

        async def send_marked(message: Message) -> None:
            nonlocal started
            if message['type'] == 'http.response.start':
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers['X-Request-Id'] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception:
            logger.exception('%s %s failed, request %s', scope['method'], scope['path'], request_id)
            if started:
                raise
            problem = Problem('Something went wrong on our side; the log has the details under this request id.')
            await problem_answer(problem, request_id)(scope, receive, send_marked)


class Direct:
    """Endpoints that are asked for so often that FastAPI's own way to them, half a millisecond, is too long."""

    def __init__(self, app: ASGIApp, endpoints: Mapping[tuple[str, str], Endpoint]) -> None:
        self._app = app
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = scope['type'] == 'http' and self._endpoints.get((scope['method'], scope['path']))
        if not endpoint:
            await self._app(scope, receive, send)
            return
        try:
            answer = await endpoint(Request(scope, receive))
        except Problem as problem:
            answer = problem_answer(problem, scope['state']['request_id'])
        await answer(scope, receive, send)


def problem_answer(problem: Problem, request_id: str) -> JSONResponse:
    """A refusal as JSON."""
    content = problem.document() | {'request': request_id}
    headers = dict(problem.headers)
    if problem.status == 401:
        headers['WWW-Authenticate'] = 'Bearer'
    return JSONResponse(content, problem.status, headers, 'application/problem+json')
