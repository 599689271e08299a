"""Endpoints of states: what a stream adds up to, now or then, and the snapshots that make finding out fast."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.errors import Invalid, Malformed
from app.events.rest.access import may_operate, may_read_log
from app.events.snapshots import FAR
from app.events.store import EventStore
from app.events.time_travel import position_at
from app.http import answer, read_json, whole_number


class AggregateEndpoints:
    """Reading states and looking after snapshots."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def get(self, request: Request) -> Response:
        """The state of a stream: now, `?version=` or `?as_of=` a moment or position."""
        may_read_log(request)
        query, stream = request.query_params, request.path_params['stream']
        if unknown := sorted(set(query) - {'version', 'as_of'}):
            raise Malformed(f'There is no parameter {unknown[0]!r}; known are as_of and version.')
        version = whole_number(request, 'version', 0) if 'version' in query else FAR
        position = FAR
        if 'as_of' in query:
            position = await self._store.log.database.read(lambda read: position_at(read, query['as_of']))
        reading = await self._store.snapshots.state(stream, version=version, position=position)
        found = {'events_read': reading.events_read, 'snapshot': reading.snapshot}
        return answer({'stream': stream, **reading.aggregate.as_json(), **found})

    async def snapshots(self, request: Request) -> Response:
        """Snapshots, newest first."""
        may_read_log(request)
        limit = max(1, whole_number(request, 'limit', 100, 5000))
        return answer({'snapshots': await self._store.snapshots.list(request.query_params.get('stream', ''), limit)})

    async def take(self, request: Request) -> Response:
        """Keep the state of a stream: `{"stream": "customers/dan"}`, or in the words of old `aggregate_id`."""
        may_operate(request, 'Taking a snapshot')
        body = await read_json(request)
        stream = body.get('stream') if isinstance(body, dict) else None
        if isinstance(body, dict) and 'aggregate_id' in body:
            stream = f'{body.get("aggregate_type")}/{body["aggregate_id"]}'
        if not isinstance(stream, str):
            raise Invalid(errors={'stream': 'must be the name of a stream, such as customers/dan'})
        return answer(await self._store.snapshots.take(stream), 201)

    async def delete(self, request: Request) -> Response:
        """Forget snapshots, of `?stream=` or all: nothing changes but speed."""
        may_operate(request, 'Deleting snapshots')
        return answer({'deleted': await self._store.snapshots.delete(request.query_params.get('stream', ''))})
