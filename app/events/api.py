"""REST and WebSocket on the events port: the log as it is, for those who may read all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from app import codec
from app.docs import docs_routes, document, operation, query_parameter
from app.errors import Denied, NotFound
from app.events.duckdb_log import COLUMNS, DuckDBLog
from app.events.event import Event
from app.http import Routes, answer, logged_in, route, whole_number
from app.socket import send_all

LARGEST_PAGE = 5000


class EventsApi:
    """The endpoints of the log."""

    def __init__(self, log: DuckDBLog) -> None:
        self.log = log
        self.routes = Routes(
            [
                route('GET', '/health', self.health),
                route('GET', '/events', self.list),
                route('GET', '/stats', self.stats),
                Route('/streams/{stream:path}', self.stream, methods=['GET']),
                WebSocketRoute('/ws', self.follow),
                *docs_routes('Events', _describe),
            ]
        )

    async def health(self, request: Request) -> Response:
        """Whether the service answers, and whether the log takes writes."""
        return answer({'status': 'ok', 'service': 'events', 'position': (await self.log.head()).position})

    async def list(self, request: Request) -> Response:
        """Events in order of position."""
        may_read_log(request)
        limit = max(1, whole_number(request, 'limit', 100, LARGEST_PAGE))
        conditions, parameters = ['position > ?'], list[Any]([whole_number(request, 'after', 0)])
        if stream := request.query_params.get('stream'):
            conditions.append('stream = ?')
            parameters.append(stream)
        if 'before' in request.query_params:
            conditions.append('position < ?')
            parameters.append(whole_number(request, 'before', 0))
        backward = request.query_params.get('order') == 'desc'
        sql = (
            f'SELECT {COLUMNS} FROM events WHERE {" AND ".join(conditions)} '
            f'ORDER BY position {"DESC" if backward else "ASC"} LIMIT ?'
        )
        rows = await self.log.database.query(sql, [*parameters, limit])
        events = [Event(*row) for row in rows]
        last = events[-1].position if events else None
        content = {'events': [event.as_json() for event in events], 'next': last if len(events) == limit else None}
        return answer(content, headers={'Vary': 'Accept'})

    async def stream(self, request: Request) -> Response:
        """The history of one stream."""
        may_read_log(request)
        stream = request.path_params['stream']
        events = await self.log.read_stream(stream, whole_number(request, 'after', 0))
        if not events:
            raise NotFound(f'There are no events in the stream {stream!r}.')
        return answer({'stream': stream, 'events': [event.as_json() for event in events]})

    async def stats(self, request: Request) -> Response:
        """How much there is, and how the writer is doing."""
        may_read_log(request)
        writer = self.log.writer
        content = {
            'position': (await self.log.head()).position,
            'commits': writer.commits,
            'written': writer.written,
            'events_per_commit': round(writer.written / writer.commits, 2) if writer.commits else None,
            'queued': writer.queued,
        }
        return answer(content)

    async def follow(self, socket: WebSocket) -> None:
        """Events as they are committed."""
        may_read_log(socket)
        after = whole_number(socket, 'after', 0) if 'after' in socket.query_params else None
        await send_all(socket, self._messages(after))

    async def _messages(self, after: int | None) -> AsyncIterator[bytes]:
        start = (await self.log.head()).position if after is None else after
        yield codec.encode({'type': 'connected', 'position': start})
        async for events in self.log.follow(start):
            for event in events:
                yield codec.encode(event.as_json())


def may_read_log(connection: HTTPConnection) -> None:
    """The raw log bypasses the rules of every entity, so it takes the role `admin` or `auditor`."""
    if not logged_in(connection).reads_log:
        raise Denied('Reading the log needs the role admin or auditor.')


def _describe() -> dict[str, Any]:
    page = {'type': 'object', 'properties': {'events': {'type': 'array', 'items': EVENT}, 'next': {}}}
    stream = {'name': 'stream', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
    parameters = [
        query_parameter('after', 'Only events after this position', 'integer'),
        query_parameter('before', 'Only events before this position', 'integer'),
        query_parameter('limit', f'How many, up to {LARGEST_PAGE}', 'integer'),
        query_parameter('stream', 'Only events of this stream, such as `customers/0198…`'),
        query_parameter('order', '`desc` for newest first'),
    ]
    return document(
        'Events',
        {
            '/events': {'get': operation('Events in order of position', page, parameters=parameters)},
            '/streams/{stream}': {'get': operation('The history of one stream', page, parameters=[stream])},
            '/stats': {'get': operation('How much there is, and how the writer is doing', {})},
        },
    )


EVENT = {
    'type': 'object',
    'properties': {
        'position': {'type': 'integer'},
        'stream': {'type': 'string'},
        'version': {'type': 'integer'},
        'type': {'type': 'string'},
        'data': {'type': 'object'},
        'meta': {'type': 'object'},
        'event_id': {'type': 'string', 'format': 'uuid'},
        'recorded_at': {'type': 'string', 'format': 'date-time'},
        'hash': {'type': 'string'},
    },
}
