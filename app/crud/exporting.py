"""Lists as files: everything that matches, as CSV, JSON, JSON lines, XLSX or Parquet.

They are written from one consistent snapshot into a file on the server, which is then sent piece by piece: so a slow
client holds up neither the database nor memory, and what goes wrong is said before the first byte.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.crud.export_formats import FORMATS, Column, Format, Listing
from app.crud.listing import asked_by, rows_of
from app.crud.ordering import order_sql
from app.crud.query import Query
from app.crud.shaping import Shape, parse_shape
from app.crud.table import Table
from app.crud.views import Views
from app.errors import Malformed, NotFound, Unavailable
from app.events import DuckDBLog
from app.events.database import Error, first_line
from app.events.time_travel import position_at
from app.http import principal_of, route
from app.identifier import new_id
from app.permissions import Principal

PIECE = 256 * 1024


class Export(NamedTuple):
    """A file that is written and open; its name is gone from the disk already, so it goes with whoever reads it."""

    file: IO[bytes]
    size: int


class Exports:
    """`GET /api/{entity}/export.csv` and so on, with the parameters of the list."""

    def __init__(self, views: Views, log: DuckDBLog) -> None:
        self._views = views
        self._database = log.database
        self.routes = [route('GET', '/api/{entity}/export.{format}', self.export)]

    async def export(self, request: Request) -> Response:
        """The file."""
        table, wanted = self._views.catalog.table(request.path_params['entity']), request.path_params['format']
        entity = table.entity.resource
        if wanted not in FORMATS or not table.entity.api.enabled:
            raise NotFound(f'{entity} is exported as {", ".join(FORMATS)}, not as {wanted!r}.')
        made = await self.make(table, FORMATS[wanted], request.query_params.multi_items(), principal_of(request))
        name = f'{entity}-{datetime.now(UTC):%Y-%m-%d}.{wanted}'
        headers = {
            'Content-Disposition': f'attachment; filename="{name}"',
            'Content-Length': str(made.size),
            'Cache-Control': 'no-store',
        }
        return StreamingResponse(_pieces(made.file), 200, headers, FORMATS[wanted].media_type)

    async def make(
        self, table: Table, wanted: Format, parameters: Sequence[tuple[str, str]], principal: Principal
    ) -> Export:
        """Write what `principal` may read of a list into a file."""
        shape, rest = parse_shape(parameters)
        query = self._views.query(table, [pair for pair in rest if pair[0] not in {'bom', 'delimiter'}], principal)
        if query.cursor or shape.expand or shape.count_of:
            raise Malformed('An export is whole: leave out cursor, expand and count_of.')
        limit = query.limit if any(name == 'limit' for name, _ in rest) else None
        listing = await self._database.read(
            lambda read: (
                self._listing(table, query, limit, shape, principal, position_at(read, query.as_of))
                if query.as_of
                else self._listing(table, query, limit, shape, principal, None)
            )
        )
        return await asyncio.to_thread(self._write, listing, wanted, dict(rest))

    def _listing(
        self, table: Table, query: Query, limit: int | None, shape: Shape, principal: Principal, position: int | None
    ) -> Listing:
        rows = rows_of(asked_by(principal, self._views.catalog, table, query), position)
        part = f' LIMIT {limit:d} OFFSET {query.offset:d}' if limit is not None else f' OFFSET {query.offset:d}'
        columns = _columns(table, shape.fields, table.entity.hidden_from(principal))
        return Listing(table, columns, f'FROM {rows.sql} ORDER BY {order_sql(query.order)}{part}', rows.parameters)

    def _write(self, listing: Listing, wanted: Format, options: dict[str, str]) -> Export:
        path: Path = self._database.staging / f'export-{new_id()}'
        cursor = self._database.cursor()
        try:
            wanted.write(cursor, listing, path, options)
            file = path.open('rb')
            return Export(file, path.stat().st_size)
        except (Error, OSError) as error:
            raise Unavailable(f'The file could not be written: {first_line(error)}') from error
        finally:
            self._database.close_cursor(cursor)
            path.unlink(missing_ok=True)


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def _columns(table: Table, wanted: frozenset[str], hidden: frozenset[str]) -> list[Column]:
    entity = table.entity
    if unknown := wanted - {'id'} - entity.without(hidden).fields.keys():
        raise Malformed(f'fields: there is no field {sorted(unknown)[0]!r} in {entity.resource}.')
    columns = [] if entity.key else [Column('id', 't.id', None)]
    columns += [Column(field.name, f't."{field.id}"', field) for field in entity.readable if field.name not in hidden]
    return [column for column in columns if not wanted or column.name in wanted]
