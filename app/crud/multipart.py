"""The one file of a form, as it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.errors import Malformed

MOST_BESIDES = 100_000
"""Bytes of other fields that a form may have before the file, and behind it."""


async def file_of_form(content_type: str, chunks: AsyncIterator[bytes]) -> tuple[str, str, AsyncIterator[bytes]]:
    """The type, the Content-Disposition and the content of the file in a form; other fields are passed by."""
    _, options = parse_options_header(content_type)
    if not options.get(b'boundary'):
        raise Malformed('Content-Type: multipart/form-data needs a boundary.')
    form = _Form(options[b'boundary'])
    passed = 0
    async for chunk in chunks:
        form.take(chunk)
        if form.files:
            return form.kind, form.disposition, _content(form, chunks)
        passed += len(chunk)
        if passed > MOST_BESIDES:
            break
    raise Malformed('The form must hold one file.')


async def _content(form: _Form, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield form.given()
    passed = 0
    async for chunk in chunks:
        form.take(chunk)
        given = form.given()
        passed += 0 if given else len(chunk)
        if passed > MOST_BESIDES:
            break
        yield given
    if not form.ended:
        raise Malformed('The form is not complete.')


class _Form:
    """Takes the body in pieces; what belongs to the file waits in a buffer until it is asked for."""

    def __init__(self, boundary: bytes) -> None:
        self.files = 0
        self.ended = False
        self.kind = ''
        self.disposition = ''
        self._headers: dict[str, str] = {}
        self._name, self._value, self._buffer = b'', b'', b''
        self._inside = False
        callbacks: Any = {
            'on_part_begin': self._begin,
            'on_header_field': self._add_name,
            'on_header_value': self._add_value,
            'on_header_end': self._end_header,
            'on_headers_finished': self._look,
            'on_part_data': self._add,
            'on_part_end': self._leave,
            'on_end': self._end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except FormParserError as error:
            raise Malformed(f'The form cannot be read: {error}.') from None

    def take(self, chunk: bytes) -> None:
        """One more piece of the body."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise Malformed(f'The form cannot be read: {error}.') from None

    def given(self) -> bytes:
        """What has come of the file since the last time."""
        given, self._buffer = self._buffer, b''
        return given

    def _begin(self) -> None:
        self._headers = {}

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.decode('latin-1').lower()] = self._value.decode('latin-1')
        self._name, self._value = b'', b''

    def _look(self) -> None:
        disposition = self._headers.get('content-disposition', '')
        self._inside = 'filename' in disposition.lower()
        if self._inside:
            self.files += 1
            if self.files > 1:
                raise Malformed('The form must hold one file, not several.')
            self.kind, self.disposition = self._headers.get('content-type', ''), disposition

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._inside:
            self._buffer += data[start:end]

    def _leave(self) -> None:
        self._inside = False

    def _end(self) -> None:
        self.ended = True
