"""What every REST route shares: reading bodies, writing JSON, knowing who asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from re import Pattern
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from app import codec
from app.errors import Malformed, MethodNotAllowed, NotFound, NotLoggedIn, Problem, TooLarge
from app.permissions import ANONYMOUS, Principal

Endpoint = Callable[[Request], Awaitable[Response]]
MAX_BODY = 10_000_000
PROBLEM_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/assets/logo.svg"><link rel="stylesheet" href="/assets/style.css"></head>
<body class="plain"><main class="card-page"><div class="empty"><h1>{title}</h1><p class="muted">{detail}</p>
<p><a class="button" href="/">Home</a></p><p class="faint mono">{request}</p></div></main></body></html>"""


def answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(codec.encode(content), status, headers, 'application/json')


def problem_answer(problem: Problem, request_id: str, *, html: bool = False) -> Response:
    """An error as an RFC 9457 problem document, or as a page for people."""
    if html:
        page = PROBLEM_PAGE.format(
            title=escape(problem.title), detail=escape(problem.detail), request=escape(request_id)
        )
        return Response(page, problem.status, problem.headers, 'text/html')
    body = codec.encode(problem.document() | {'request': request_id})
    return Response(body, problem.status, problem.headers, 'application/problem+json')


def wants_html(scope: Scope) -> bool:
    """Whether a browser asks, to show the answer to somebody."""
    return any(name == b'accept' and b'text/html' in value for name, value in scope['headers'])


def raw_path(scope: Scope) -> str:
    """The path as it was sent, in which `%2F` is not a slash."""
    raw: bytes = scope.get('raw_path') or scope['path'].encode()
    return raw.partition(b'?')[0].decode('latin-1')


def principal_of(connection: HTTPConnection) -> Principal:
    """Who asks; verified before any route runs."""
    principal: Principal = connection.scope.get('state', {}).get('principal', ANONYMOUS)
    return principal


def logged_in(connection: HTTPConnection) -> Principal:
    """Who asks, or `NotLoggedIn`."""
    principal = principal_of(connection)
    if principal.anonymous:
        raise NotLoggedIn('This needs a login.')
    return principal


def request_id_of(connection: HTTPConnection) -> str:
    """The id that this request has in answers, logs and events."""
    request_id: str = connection.scope.get('state', {}).get('request_id', '')
    return request_id


def idempotency_key(request: Request) -> str:
    """What makes a request safe to send again; empty if it has no such header, and an empty header is a mistake."""
    key = request.headers.get('idempotency-key')
    if key is not None and not 0 < len(key) <= 200:
        raise Malformed('Idempotency-Key: must have 1 to 200 characters.')
    return key or ''


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The whole body, or `TooLarge` as soon as it exceeds `limit` bytes."""
    announced = request.headers.get('content-length', '')
    if announced.isascii() and announced.isdigit() and int(announced) > limit:
        raise TooLarge(f'The body has {int(announced):,} bytes; at most {limit:,} are taken.')
    chunks, size = list[bytes](), 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise TooLarge(f'The body has more than {limit:,} bytes.')
    return b''.join(chunks)


async def read_json(request: Request, limit: int = MAX_BODY) -> Any:
    """The body as JSON."""
    return codec.decode(await read_body(request, limit))


def route(methods: str, path: str, endpoint: Endpoint) -> Route:
    """A row of a service's list of routes: `route('GET POST', '/api/{entity}', records)`."""
    return Route(path, _Direct(endpoint), methods=methods.split())


class _Direct:
    """An endpoint as an ASGI app; a function would be wrapped by Starlette in its own handling of errors, twice."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._endpoint(Request(scope, receive, send))
        await response(scope, receive, send)


class Routes:
    """A service's REST routes as an ASGI app. They match the address as it was sent, so that `%2F` is not a slash."""

    def __init__(self, routes: list[BaseRoute]) -> None:
        self._router = Router(routes, redirect_slashes=False, default=self._unknown)
        self._direct: dict[tuple[str, int], list[tuple[Pattern[str], ASGIApp]]] = {}
        """Method and number of slashes -> the routes in question: asking all of them takes half of a request's time."""
        for one in routes:
            if isinstance(one, Route) and ':path}' not in one.path:
                for method in one.methods or ():
                    alike = self._direct.setdefault((method, one.path.count('/')), [])
                    alike.append((one.path_regex, one.app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = raw_path(scope)
        for pattern, app in self._direct.get((scope.get('method', ''), path.count('/')), ()):
            if match := pattern.match(path):
                await app({**scope, 'path': path, 'path_params': match.groupdict()}, receive, send)
                return
        try:
            await self._router({**scope, 'path': path, 'app': self}, receive, send)
        except HTTPException as error:
            problem = MethodNotAllowed(f'{scope["method"]} is not possible at {path}.')
            problem.headers['Allow'] = ', '.join(self._methods({**scope, 'path': path}))
            raise problem from error

    def _methods(self, scope: Scope) -> list[str]:
        """What is possible at an address, by all routes that know it."""
        there = [one for one in self._router.routes if isinstance(one, Route) and one.matches(scope)[0] != Match.NONE]
        return sorted(set().union(*(one.methods or () for one in there)))

    async def _unknown(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] == 'websocket':
            raise NotFound('There is no WebSocket at this address.')
        raise NotFound(f'There is nothing at {scope["path"]}.')


def whole_number(connection: HTTPConnection, name: str, default: int, highest: int = 2**53) -> int:
    """A query parameter that must be a number from 0 to `highest`."""
    text = connection.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) > highest:
        raise Malformed(f'{name}: {text[:40]!r} is not a number from 0 to {highest}.')
    return int(text)
