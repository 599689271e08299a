"""One process, one event loop, every port: requests go to the service that owns the port they arrived on."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import NotLoggedIn
from app.heap import keep_trimmed
from app.http import raw_path, wants_html
from app.joining import JoiningTransport
from app.permissions import Principal
from app.port_holder import holder_of

SHUTDOWN_SECONDS = 1
SWITCH_SECONDS = 0.0001
"""How long a thread that returns from the database may wait for the interpreter. With Python's 5 ms the one thread that
writes waits for the event loop most of the time: appends from 32 connections are half as fast again with this."""
NEVER_PAGES = frozenset({'api', 'docs', 'openapi.json', 'health', 'ws'})


class PortTaken(Exception):
    """A port that we need belongs to somebody else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Port:
    """What answers on one port: REST and WebSockets first, then pages under their natural paths."""

    api: ASGIApp
    pages: ASGIApp
    has_page: Callable[[str], bool]


class PortRouter:
    """Hands each connection to its port. `shared` serves what every port needs: NiceGUI's own files and the assets."""

    def __init__(self, ports: Mapping[int, Port], *, shell: ASGIApp, shared: ASGIApp, login: str) -> None:
        self.app = shell
        self._ports = ports
        self._shared = shared
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] == 'lifespan':
            await self.app(scope, receive, send)
            return
        path: str = scope['path']
        if path.startswith(('/_nicegui', '/assets/')) or path == '/favicon.ico':
            await self._serve_shared(scope, receive, send)
            return
        port = self._ports[scope['server'][1]]
        if _asks_for_page(scope) and port.has_page(path):
            await self._serve_page(port, scope, receive, send)
        else:
            await port.api(scope, receive, send)

    async def _serve_shared(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['path'].startswith('/_nicegui_ws/') and _principal(scope).anonymous:
            raise NotLoggedIn('Pages stay connected for those who are logged in only.')
        await self._shared(scope, receive, send)

    async def _serve_page(self, port: Port, scope: Scope, receive: Receive, send: Send) -> None:
        if _principal(scope).anonymous:
            query = scope['query_string'].decode('latin-1')
            here = f'http://localhost:{scope["server"][1]}{raw_path(scope)}{"?" + query if query else ""}'
            await RedirectResponse(f'{self._login}?next={quote(here, safe="")}', 303)(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message['type'] == 'http.response.start':
                MutableHeaders(scope=message).add_vary_header('Accept')
            await send(message)

        await port.pages(scope, receive, send_marked)


def bind(ports: Mapping[int, str], host: str) -> list[socket.socket]:
    """A listening socket per port and address; `ports` maps each to the title of its service."""
    addresses = ['127.0.0.1', '::1'] if host == 'localhost' else [host]
    sockets: list[socket.socket] = []
    for port, title in ports.items():
        for address in addresses:
            try:
                sockets.append(_listen(address, port))
            except OSError as error:
                if address == '::1' and error.errno not in _TAKEN:
                    continue
                for opened in sockets:
                    opened.close()
                raise PortTaken(
                    f'Port {port} ({title}) is taken by {holder_of(port)}: {error.strerror}. '
                    'Stop that program, or move all ports with --base-port, such as --base-port 18000.'
                ) from None
    return sockets


def run(work: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run`, on the faster event loop where it is installed."""
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        runner.run(work)


async def serve(app: ASGIApp, sockets: list[socket.socket], started: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests under way."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        log_config=None,
        access_log=False,
        lifespan='on',
        server_header=False,
        proxy_headers=False,  # anybody on this machine could claim any address, and so escape the throttle
        ws_per_message_deflate=False,
        ws_max_size=1_000_000,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_keep_alive=75,
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, server.handle_exit, number, None)
    serving = asyncio.create_task(server.serve(sockets=sockets))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        started()
        trimming = asyncio.create_task(keep_trimmed())
        try:
            with _settled():
                await serving
        finally:
            trimming.cancel()


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return None
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made


@contextlib.contextmanager
def _settled() -> Iterator[None]:
    """What is in memory after start-up stays, so the garbage collector need not look at it again until the end."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    yield
    gc.unfreeze()


class Restart:
    """Calling it stops the server in an orderly way; `finish` then runs the same command again in this process."""

    def __init__(self) -> None:
        self.wanted = False

    def __call__(self) -> None:
        self.wanted = True
        signal.raise_signal(signal.SIGTERM)

    def finish(self) -> None:
        """Run the command again, if that was asked for."""
        if self.wanted:
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


class _Protocol(HttpToolsProtocol):
    """Answers in one piece."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn raises them again after serving, before anything could be closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        opened.bind((address, port))
        opened.listen(2048)
    except OSError:
        opened.close()
        raise
    opened.setblocking(False)
    return opened


_TAKEN = {98, 48, 10048}
"""EADDRINUSE on Linux, macOS and Windows."""


def _asks_for_page(scope: Scope) -> bool:
    reads = scope['type'] == 'http' and scope['method'] in {'GET', 'HEAD'}
    return reads and scope['path'][1:].partition('/')[0] not in NEVER_PAGES and wants_html(scope)


def _principal(scope: Scope) -> Principal:
    principal: Principal = scope['state']['principal']
    return principal
