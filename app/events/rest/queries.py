"""Endpoints that hand out data in other shapes: SQL, and slices of the log as files."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from app import codec
from app.errors import Invalid, Malformed
from app.events import sql
from app.events.rest.access import may_read_log
from app.events.slices import LARGEST_PAGE, Slice, parse_slice
from app.events.store import EventStore
from app.http import answer, read_json

SECONDS = 20.0
MOST_ROWS = 10_000
FORMATS = {
    'csv': ('text/csv; charset=utf-8', '(FORMAT csv, HEADER)'),
    'parquet': ('application/vnd.apache.parquet', '(FORMAT parquet, COMPRESSION zstd)'),
}


class QueryEndpoints:
    """SQL over events, entities and projections, and exports of the log."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def tables(self, request: Request) -> Response:
        """What SQL may read: table -> column -> type."""
        may_read_log(request)
        return answer({'tables': await asyncio.to_thread(self._describe)})

    async def run(self, request: Request) -> Response:
        """One SELECT: rows as JSON, or with `"format": "csv"` or `"parquet"` a file."""
        may_read_log(request)
        body = await read_json(request)
        if not isinstance(body, dict) or not isinstance(body.get('sql'), str):
            raise Invalid(errors={'sql': 'must be one SELECT statement'})
        text, format_ = sql.trimmed(body['sql']), body.get('format', 'json')
        if format_ == 'json':
            limit = body.get('limit', 1000)
            if not isinstance(limit, int) or not 0 < limit <= MOST_ROWS:
                raise Invalid(errors={'limit': f'must be a number from 1 to {MOST_ROWS}'})
            return answer(await asyncio.to_thread(self._rows, text, limit), headers={'Cache-Control': 'no-store'})
        if format_ not in FORMATS:
            raise Invalid(errors={'format': 'must be json, csv or parquet'})
        return _file(await asyncio.to_thread(self._copy, text, format_), 'query', format_)

    async def export(self, request: Request) -> Response:
        """A slice of the log, filtered as `/events` is but without a limit: `?format=jsonl` or `parquet`."""
        may_read_log(request)
        parameters = dict(request.query_params)
        format_ = parameters.pop('format', 'jsonl')
        wanted = parse_slice(parameters)
        if format_ == 'parquet':
            return _file(await asyncio.to_thread(self._export, wanted), 'events', 'parquet')
        if format_ != 'jsonl':
            raise Malformed('format: must be jsonl or parquet.')
        headers = {'Content-Disposition': 'attachment; filename="events.jsonl"', 'Cache-Control': 'no-store'}
        most = wanted.limit if 'limit' in parameters else None
        return StreamingResponse(self._lines(wanted, most), media_type='application/x-ndjson', headers=headers)

    def _describe(self) -> dict[str, dict[str, str]]:
        tables = {**self._store.tables(), 'events': sql.EVENTS}
        with sql.read_only(self._store.log.database, tables, tables, SECONDS) as cursor:
            return {name: sql.columns_of(cursor, f'SELECT * FROM "{name}"') for name in sorted(tables)}

    def _rows(self, text: str, limit: int) -> dict[str, Any]:
        began = time.monotonic()
        tables = {**self._store.tables(), 'events': sql.EVENTS}
        database = self._store.log.database
        used = sql.tables_of(database, text, tables)
        with sql.read_only(database, tables, used, SECONDS) as cursor:
            columns = sql.columns_of(cursor, text)
            found = cursor.execute(f'SELECT {sql.selected(columns)} FROM (\n{text}\n) LIMIT {limit + 1}').fetchall()
        return {
            'columns': [{'name': name, 'type': kind} for name, kind in columns.items()],
            'rows': [list(sql.as_json(columns, row).values()) for row in found[:limit]],
            'more': len(found) > limit,
            'milliseconds': round((time.monotonic() - began) * 1000, 1),
        }

    def _copy(self, text: str, format_: str) -> Path:
        tables = {**self._store.tables(), 'events': sql.EVENTS}
        database = self._store.log.database
        path = database.staging / f'{uuid.uuid4().hex}.{format_}'
        used = sql.tables_of(database, text, tables)
        with sql.read_only(database, tables, used, SECONDS * 10) as cursor:
            cursor.execute(f"COPY (SELECT * FROM (\n{text}\n)) TO '{path}' {FORMATS[format_][1]}")
        return path

    def _export(self, wanted: Slice) -> Path:
        where, parameters = wanted.where()
        database = self._store.log.database
        path = database.staging / f'{uuid.uuid4().hex}.parquet'
        with sql.read_only(database, {}, [], SECONDS * 30) as cursor:
            rows = f'SELECT * FROM events.main.events WHERE {where} ORDER BY position'
            cursor.execute(f"COPY ({rows}) TO '{path}' {FORMATS['parquet'][1]}", parameters)
        return path

    async def _lines(self, wanted: Slice, most: int | None) -> AsyncIterator[bytes]:
        """In pages, so that memory stays flat and others are served in between."""
        end = self._store.log.position
        wanted = replace(wanted, backward=False, before=min(wanted.before or end + 1, end + 1), limit=LARGEST_PAGE)
        sent = 0
        while most is None or sent < most:
            page = replace(wanted, limit=LARGEST_PAGE if most is None else min(LARGEST_PAGE, most - sent))
            events = await self._store.log.database.read(page.read)
            if not events:
                return
            yield b''.join(codec.encode(event.as_json()) + b'\n' for event in events)
            sent += len(events)
            wanted = replace(wanted, after=events[-1].position)


def _file(path: Path, name: str, format_: str) -> Response:
    return FileResponse(
        path,
        media_type=FORMATS[format_][0],
        filename=f'{name}.{format_}',
        headers={'Cache-Control': 'no-store'},
        background=BackgroundTask(path.unlink, missing_ok=True),
    )
