"""Endpoints of proof, and of how the store is doing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app import codec
from app.errors import Invalid
from app.events.rest.access import may_read_log
from app.events.store import EventStore
from app.http import answer, whole_number


class ProofEndpoints:
    """Verification, health and statistics."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def health(self, request: Request) -> Response:
        """Whether the service answers, and whether the log takes writes."""
        refused = self._store.log.writer.refused
        content = {'status': 'ok', 'service': 'events', 'position': self._store.log.position}
        return answer(content | ({'status': 'read-only', 'reason': refused} if refused else {}))

    async def verify(self, request: Request) -> Response:
        """The chain of hashes computed anew, as lines of JSON: progress, and last the verdict."""
        may_read_log(request)
        first, last = whole_number(request, 'from', 1), whole_number(request, 'to', 2**53 - 1)
        if not 1 <= first <= last:
            raise Invalid(errors={'from': 'must be at least 1 and not after to'})
        lines = _lines(self._store.proof.verify(first, last))
        return StreamingResponse(lines, media_type='application/x-ndjson', headers={'Cache-Control': 'no-store'})

    async def stats(self, request: Request) -> Response:
        """How much there is, and how the writer is doing."""
        may_read_log(request)
        store = self._store
        rows = await store.log.database.query('SELECT count(DISTINCT stream) FROM events')
        path = store.log.database.path
        content = {
            'position': store.log.position,
            'streams': rows[0][0],
            'bytes': {name: _size(path.with_name(name)) for name in FILES},
            **store.log.writer.statistics(),
            'verified': store.proof.last,
            'projections': {name: one.status for name, one in store.projections.running.items()},
        }
        return answer(content)


FILES = ('events.duckdb', 'events.duckdb.wal', 'derived.duckdb', 'derived.duckdb.wal')


def _size(path: Any) -> int:
    try:
        return int(path.stat().st_size)
    except OSError:
        return 0


async def _lines(messages: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    async for message in messages:
        yield codec.encode(message) + b'\n'
