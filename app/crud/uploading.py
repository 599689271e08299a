"""A file on its way in: the body of a request as it is, or the one file of a form; a piece of it at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import ClientDisconnect, Request

from app.crud.multipart import file_of_form
from app.errors import Invalid, Malformed, TooLarge
from app.events import DuckDBLog
from app.events.blobs import HEAD, Blob
from app.fields.file import File
from app.file_name import name_in, safe_name


async def store(request: Request, field: File, log: DuckDBLog) -> dict[str, Any]:
    """Store the file that a request brings, if `field` takes it; answers with the value for a record."""
    headers = request.headers
    declared, said = headers.get('content-type', ''), headers.get('content-disposition', '')
    chunks: AsyncIterator[bytes] = request.stream()
    try:
        if declared.lower().startswith('multipart/form-data'):
            declared, said, chunks = await file_of_form(declared, chunks)
        elif (announced := headers.get('content-length', '')).isascii() and announced.isdigit():
            _check_size(field, int(announced))
        blob = await log.put_blob(_checked(chunks, field, declared))
    except ClientDisconnect:
        raise Malformed('The upload was broken off.') from None
    name = request.query_params.get('name') or name_in(_unicode(said))
    return {'name': safe_name(name), 'type': _kind(field, declared, blob), 'size': blob.size, 'sha256': blob.sha256}


async def _checked(chunks: AsyncIterator[bytes], field: File, declared: str) -> AsyncIterator[bytes]:
    """The same, as long as the field takes it: its type is known by its first bytes, before most of it is there."""
    head, size, looked = b'', 0, False
    async for chunk in chunks:
        head, size = head + chunk[: HEAD - len(head)], size + len(chunk)
        _check_size(field, size)
        if len(head) == HEAD and not looked:
            _kind(field, declared, Blob('', size, head))
            looked = True
        yield chunk
    _kind(field, declared, Blob('', size, head))


def _check_size(field: File, size: int) -> None:
    try:
        field.check_size(size)
    except ValueError as error:
        raise TooLarge(f'{field.title} {error}.', errors={field.name: str(error)}) from None


def _kind(field: File, declared: str, blob: Blob) -> str:
    try:
        return field.kind(declared, blob.head)
    except ValueError as error:
        raise Invalid(errors={field.name: str(error)}) from None


def _unicode(header: str) -> str:
    """A header as its sender wrote it; HTTP hands it over as Latin-1."""
    return header.encode('latin-1', 'replace').decode('utf-8', 'replace')
