"""Endpoints of the log itself: append, read, follow."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from app import codec
from app.errors import Denied, Malformed, NotFound
from app.events.appending import Owner, parse_append
from app.events.duckdb_log import DuckDBLog
from app.events.event import Event
from app.events.log import IdReused
from app.events.rest.access import may_read_log
from app.events.slices import Slice, parse_slice
from app.http import answer, idempotency_key, logged_in, read_body, read_json, request_id_of
from app.socket import send_all

HEARTBEAT_SECONDS = 15.0
BEHIND = 5000
"""How far a follower may be behind before it is told."""
STREAMS = """
    SELECT stream, max(version), max(position), arg_max(type, version) FROM events
    WHERE starts_with(stream, ?) AND contains(lower(stream), lower(?))
    GROUP BY stream ORDER BY max(position) DESC LIMIT ?"""
CATEGORIES = """
    SELECT split_part(stream, '/', 1), count(*), count(DISTINCT stream), max(position) FROM events
    GROUP BY 1 ORDER BY 1"""


class LogEndpoints:
    """`owner(category)` names the REST call that writes streams of a category, or nothing."""

    def __init__(self, log: DuckDBLog, owner: Owner) -> None:
        self.log = log
        self._owner = owner
        self._encoded: dict[int, bytes] = {}

    async def append(self, request: Request) -> Response:
        """Record events of one or many streams, all or none."""
        principal = logged_in(request)
        if not principal.appends_events:
            raise Denied('Appending events needs the role admin or a key with the scope events:append.')
        name = principal.name if principal.name != principal.id else ''
        meta = {'actor': principal.id, 'name': name, 'source': 'events', 'request': request_id_of(request)}
        given = idempotency_key(request)
        key = (principal.id, 'POST /events', given) if given else ()
        body = await read_body(request)
        if key:
            meta['fingerprint'] = hashlib.sha256(body).hexdigest()[:32]
        meta = {name: value for name, value in meta.items() if value}
        appended = await self.log.append(parse_append(codec.decode(body), meta, self._owner, key))
        if appended.duplicate and key and not _is_of(appended.events, meta['fingerprint']):
            raise IdReused('This Idempotency-Key was used before for another request.')
        content = {
            'outcome': 'already appended' if appended.duplicate else 'appended',
            'position': appended.position,
            'events': [_receipt(event) for event in appended.events],
        }
        return answer(content, 200 if appended.duplicate else 201)

    async def events(self, request: Request) -> Response:
        """Events in order of position, or backwards."""
        may_read_log(request)
        return await self._page(request, parse_slice(dict(request.query_params)))

    async def query(self, request: Request) -> Response:
        """The same, asked by a body."""
        may_read_log(request)
        body = await read_json(request)
        if not isinstance(body, dict):
            raise Malformed('The body must be an object, such as {"stream": "customers/dan", "limit": 100}.')
        return await self._page(request, parse_slice(body))

    async def stream(self, request: Request) -> Response:
        """The history of one stream, or a page of it by version."""
        may_read_log(request)
        stream = request.path_params['stream']
        wanted = parse_slice(dict(request.query_params))
        events = await self.log.read_stream(stream, wanted.after)
        if not events and wanted.after == 0:
            raise NotFound(f'There are no events in the stream {stream!r}.')
        if wanted.before is not None:
            events = [event for event in events if event.version < wanted.before]
        limit = wanted.limit if 'limit' in request.query_params else len(events)
        page = (events[::-1] if wanted.backward else events)[:limit]
        content = {'stream': stream, 'version': events[-1].version if events else wanted.after}
        content |= {'events': [event.as_json() for event in page]}
        full = 'limit' in request.query_params and len(page) == limit and not wanted.backward
        return _cacheable(request, content | {'next': page[-1].version if full else None}, lasting=False)

    async def streams(self, request: Request) -> Response:
        """Streams whose names match, most recently changed first."""
        may_read_log(request)
        query = request.query_params
        entity = query.get('entity', '')
        limit = parse_slice({'limit': query.get('limit', '50')}).limit
        rows = await self.log.database.query(
            STREAMS, [f'{entity}/' if entity else '', query.get('search', '').strip(), limit]
        )
        names = ('stream', 'version', 'position', 'last_type')
        return answer({'streams': [dict(zip(names, row, strict=True)) for row in rows]})

    async def categories(self, request: Request) -> Response:
        """What comes before the slash in the names of streams, and how much there is of each."""
        may_read_log(request)
        rows = await self.log.database.query(CATEGORIES)
        names = ('category', 'events', 'streams', 'position')
        return answer({'categories': [dict(zip(names, row, strict=True)) for row in rows]})

    async def follow(self, socket: WebSocket) -> None:
        """Events as they are committed, those that match."""
        may_read_log(socket)
        wanted = parse_slice(dict(socket.query_params))
        after = wanted.after if 'after' in socket.query_params else (await self.log.head()).position
        await send_all(socket, self._messages(after, wanted))

    async def _page(self, request: Request, wanted: Slice) -> Response:
        events = await self.log.database.read(wanted.read)
        full = len(events) == wanted.limit
        content = {
            'events': [codec.Raw(self._encode(event)) for event in events],
            'next': events[-1].position if full else None,
        }
        return _cacheable(request, content, lasting=full and wanted.lasting)

    async def _messages(self, after: int, wanted: Slice) -> AsyncIterator[bytes]:
        """The greeting, then events; in between, how far the log is, so that a quiet follower can resume from there."""
        yield codec.encode({'type': 'connected', 'position': after})
        async with aclosing(self.log.follow(after, HEARTBEAT_SECONDS)) as pages:  # type: ignore[type-var]
            async for events in pages:
                if not events:
                    yield codec.encode({'type': 'heartbeat', 'position': after})
                    continue
                after = events[-1].position
                for message in self._of_page(events, wanted):
                    yield message

    def _of_page(self, events: Sequence[Event], wanted: Slice) -> list[bytes]:
        position = self.log.position
        behind = position - events[0].position + 1
        messages = []
        if behind > BEHIND:
            notice = {'type': 'behind', 'position': events[0].position - 1, 'head': position, 'events': behind}
            messages.append(codec.encode(notice))
        return messages + [self._encode(event) for event in events if wanted.matches(event)]

    def _encode(self, event: Event) -> bytes:
        """Encoded once, however many follow."""
        if len(self._encoded) > 2 * BEHIND:
            self._encoded.clear()
        encoded = self._encoded.get(event.position)
        if encoded is None:
            encoded = self._encoded[event.position] = codec.encode(event.as_json())
        return encoded


def _is_of(events: Sequence[Event], fingerprint: str) -> bool:
    return all(codec.parse(event.meta).get('fingerprint') == fingerprint for event in events)


def _receipt(event: Event) -> dict[str, Any]:
    return {
        'position': event.position,
        'stream': event.stream,
        'version': event.version,
        'event_id': event.event_id,
        'hash': event.hash,
    }


def _cacheable(request: Request, content: dict[str, Any], *, lasting: bool) -> Response:
    body = codec.encode(content)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    rule = 'private, max-age=31536000, immutable' if lasting and request.method == 'GET' else 'private, no-cache'
    headers = {'ETag': tag, 'Cache-Control': rule, 'Vary': 'Accept, Authorization, Cookie'}
    if tag in request.headers.get('if-none-match', ''):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, 'application/json')
