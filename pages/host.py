"""NiceGUI on our own server: its pages per port, behind REST; NiceGUI's routes and files on every port."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI
from nicegui import APIRouter, app, ui
from nicegui.storage import RequestTrackingMiddleware
from starlette.exceptions import HTTPException
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import NotFound
from app.server import Port
from app.services import SERVICES
from pages.system import System

COOKIE = 'dbbasic_view'
RECONNECT_SECONDS = 20.0
HEAD = """<link rel="icon" href="/assets/logo.svg"><link rel="stylesheet" href="/assets/style.css">
<script type="module" src="/assets/js/shell.js"></script>"""


class Host:
    """Builds every service's pages; `shell` gets the server's lifespan, `shared` what all ports have in common."""

    def __init__(self, system: System, assets: Path, secret: str) -> None:
        self._secret = secret
        self.shell = FastAPI(openapi_url=None)
        self.shared = _Shared(assets)
        ui.add_head_html(HEAD, shared=True)
        ui.run_with(
            self.shell,
            title='DBBasic',
            storage_secret=secret,
            session_middleware_kwargs={'session_cookie': COOKIE},
            reconnect_timeout=RECONNECT_SECONDS,
            gzip_middleware_factory=None,
            show_welcome_message=False,
            tailwind=False,
        )
        self._routers = {row.name: APIRouter() for row in SERVICES}
        for name, router in self._routers.items():
            import_module(f'pages.{name}').register(router, system)

    def ports(self, apis: Mapping[str, ASGIApp], base_port: int) -> dict[int, Port]:
        """What answers on each port."""
        return {
            row.port(base_port): Port(
                api=apis[row.name],
                pages=self._pages(self._routers[row.name]),
                has_page=_matcher(self._routers[row.name]),
            )
            for row in SERVICES
            if row.name in apis
        }

    def _pages(self, router: APIRouter) -> ASGIApp:
        inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        inner.include_router(router)
        for key, handler in app.exception_handlers.items():
            inner.add_exception_handler(key, handler)
        return SessionMiddleware(
            RequestTrackingMiddleware(inner), secret_key=self._secret, session_cookie=COOKIE, same_site='lax'
        )


class _Shared:
    """Our assets, and everything that belongs to NiceGUI itself."""

    def __init__(self, assets: Path) -> None:
        self._assets = StaticFiles(directory=assets)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope['path']
        if path == '/favicon.ico':
            path = '/assets/logo.svg'
        if not path.startswith('/assets/'):
            await app(scope, receive, send)
            return
        inner = {**scope, 'path': path.removeprefix('/assets'), 'root_path': ''}
        try:
            await self._assets(inner, receive, _with_caching(send, lasting=path.endswith('.woff2')))
        except HTTPException as error:
            raise NotFound(f'There is no file {path}.') from error


def _with_caching(send: Send, *, lasting: bool) -> Send:
    rule = b'public, max-age=31536000, immutable' if lasting else b'no-cache'

    async def send_marked(message: object) -> None:
        if isinstance(message, dict) and message['type'] == 'http.response.start':
            message['headers'] = [*message['headers'], (b'cache-control', rule)]
        await send(message)  # type: ignore[arg-type]

    return send_marked


def _matcher(router: APIRouter) -> Callable[[str], bool]:
    patterns = [route.path_regex for route in router.routes if isinstance(route, Route)]
    return lambda path: any(pattern.match(path) for pattern in patterns)
