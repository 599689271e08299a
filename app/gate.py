"""What every request passes before its service sees it: right host, known origin, verified identity, request id."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Denied, Misdirected, NotLoggedIn, Problem
from app.fresh import fresh_hex
from app.gated_socket import GatedSocket
from app.http import problem_answer, raw_path, wants_html
from app.permissions import ANONYMOUS, Principal

logger = logging.getLogger(__name__)

Identify = Callable[[str | None, str | None], Awaitable[Principal | None]]
"""`identify(authorization header, session cookie)`: who that is, or `None` when neither is good."""

Sent = Mapping[str, str]
"""The headers of a request, by name in small letters."""

SAFE = frozenset({'GET', 'HEAD', 'OPTIONS'})
LOOPBACK = re.compile(r'127(\.\d+){3}|\[::1\]')
REQUEST_ID = re.compile(r'[A-Za-z0-9._\-]{8,80}')
METHODS = 'GET, POST, PUT, PATCH, DELETE'
HEADERS = 'Authorization, Content-Disposition, Content-Type, If-Match, Idempotency-Key, Range, X-Request-Id'
NO_SNIFFING = b'x-content-type-options', b'nosniff'
EXPOSED = 'Content-Disposition, Content-Range, ETag, Location, Retry-After, X-Batch, X-Position, X-Request-Id'


class Gate:
    """Wraps the router of all ports."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        identify: Identify,
        cookie: str,
        hosts: Collection[str],
        own: Collection[str],
        origins: Callable[[], Collection[str]],
    ) -> None:
        self.app = app
        self._identify = identify
        self._cookie = cookie
        self._hosts = frozenset(hosts)
        self._own = frozenset(own)
        """The product's own origins, whose pages may act with the user's cookie."""
        self._origins = origins
        """Origins besides these that may call, without cookies."""
        self._sockets: dict[str, set[GatedSocket]] = {}

    def end_session(self, session: str) -> None:
        """Close the WebSockets that were opened with a session; from any thread."""
        for socket in list(self._sockets.get(session, ())):
            socket.end()

    def open_sessions(self) -> list[str]:
        """The sessions that WebSockets were opened with."""
        return [session for session in self._sockets if session]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] == 'lifespan':
            await self.app(scope, receive, send)
            return
        headers = _headers_of(scope)
        request_id = headers.get('x-request-id', '')
        if not REQUEST_ID.fullmatch(request_id):
            request_id = fresh_hex()
        scope['state'] = {**scope.get('state', {}), 'request_id': request_id, 'principal': ANONYMOUS}
        if scope['type'] == 'websocket':
            await self._socket(scope, headers, receive, send)
        else:
            await self._request(scope, headers, request_id, receive, send)

    async def _request(self, scope: Scope, headers: Sent, request_id: str, receive: Receive, send: Send) -> None:
        started = False
        shared = self._cross_origin(headers)

        async def send_marked(message: Message) -> None:
            nonlocal started
            if message['type'] == 'http.response.start':
                started = True
                headers_sent = message['headers'] = [*message['headers'], (b'x-request-id', request_id.encode())]
                if NO_SNIFFING not in headers_sent:
                    headers_sent.append(NO_SNIFFING)
                if shared:
                    marked = MutableHeaders(scope=message)
                    marked.update(shared)
                    marked.add_vary_header('Origin')
            await send(message)

        try:
            if early := self._before_anything(scope, headers, shared):
                await early(scope, receive, send_marked)
                return
            self._check_origin(scope, headers)
            scope['state']['principal'] = await self._principal(headers)
            await self.app(scope, receive, send_marked)
        except Exception as error:
            problem = error if isinstance(error, Problem) else _bug(scope, request_id, error)
            if started:
                raise
            html = scope['method'] in SAFE and wants_html(scope)
            await problem_answer(problem, request_id, html=html)(scope, receive, send_marked)

    async def _socket(self, scope: Scope, headers: Sent, receive: Receive, send: Send) -> None:
        socket = GatedSocket(scope, receive, send)
        session = ''
        try:
            origin = headers.get('origin')
            if origin and origin not in self._own and origin not in self._origins():
                raise Denied(f'Pages from {origin} may not open WebSockets here.')
            principal = scope['state']['principal'] = await self._principal(
                headers, cookies=not origin or origin in self._own
            )
            session = principal.session
            self._sockets.setdefault(session, set()).add(socket)
            await self.app(scope, socket.receive, socket.send)
            await socket.finish()
        except Problem as problem:
            await socket.refuse(problem)
        finally:
            sockets = self._sockets.get(session, set())
            sockets.discard(socket)
            if not sockets:
                self._sockets.pop(session, None)

    def _before_anything(self, scope: Scope, headers: Sent, shared: dict[str, str]) -> Response | None:
        """Wrong hosts, and the browser's question whether it may ask."""
        host = headers.get('host', '')
        name = _without_port(host)
        if name not in self._hosts:
            if not LOOPBACK.fullmatch(name):
                raise Misdirected(f'There is no system called {host!r} here; use localhost.')
            if scope['path'] != '/health':
                query = scope['query_string'].decode('latin-1')
                target = f'http://localhost:{scope["server"][1]}{raw_path(scope)}{"?" + query if query else ""}'
                return RedirectResponse(target, 308)
        if scope['method'] == 'OPTIONS' and headers.get('access-control-request-method'):
            return Response(status_code=204 if shared else 403)
        return None

    def _check_origin(self, scope: Scope, headers: Sent) -> None:
        # Socket.IO's polling is told to everybody who asks, whatever the origin; here it is like a WebSocket.
        polls = scope['path'].startswith('/_nicegui_ws/')
        if (scope['method'] in SAFE and not polls) or headers.get('authorization'):
            return
        origin = headers.get('origin')
        foreign = headers.get('sec-fetch-site') == 'cross-site' if origin in {None, 'null'} else origin not in self._own
        if origin == 'null' or foreign:
            raise Denied(f'A page from {origin or "another site"} may not change anything here on your behalf.')

    def _cross_origin(self, headers: Sent) -> dict[str, str]:
        origin = headers.get('origin')
        if not origin or (origin not in self._own and origin not in self._origins()):
            return {}
        answer = {
            'Access-Control-Allow-Origin': origin,
            'Access-Control-Allow-Methods': METHODS,
            'Access-Control-Allow-Headers': HEADERS,
            'Access-Control-Expose-Headers': EXPOSED,
            'Access-Control-Max-Age': '600',
        }
        return answer | ({'Access-Control-Allow-Credentials': 'true'} if origin in self._own else {})

    async def _principal(self, headers: Sent, *, cookies: bool = True) -> Principal:
        authorization = headers.get('authorization')
        cookie = _cookie(headers.get('cookie', ''), self._cookie) if cookies else None
        principal = await self._identify(authorization, cookie) if authorization or cookie else None
        if principal is None and authorization:
            raise NotLoggedIn('The token is not valid, or no longer. Log in again.')
        return principal or ANONYMOUS


def _headers_of(scope: Scope) -> Sent:
    """The first of each name; a dict, as a dozen of them are looked up."""
    return {name.decode('latin-1'): value.decode('latin-1') for name, value in reversed(scope['headers'])}


@lru_cache(maxsize=64)
def _without_port(host: str) -> str:
    return re.sub(r':\d*$', '', host).lower()


def _bug(scope: Scope, request_id: str, error: Exception) -> Problem:
    details = {'request': request_id, 'method': scope['method'], 'path': scope['path']}
    logger.error('%s %s failed', scope['method'], scope['path'], exc_info=error, extra={'details': details})
    return Problem('Something went wrong on our side; the log has the details under this request id.')


def _cookie(header: str, name: str) -> str | None:
    if name not in header:
        return None
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None
