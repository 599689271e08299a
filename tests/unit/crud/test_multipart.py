"""The one file of a form, in whatever pieces the form comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.crud.multipart import MOST_BESIDES, file_of_form
from app.errors import Malformed

TYPE = 'multipart/form-data; boundary=xYz'
FILE = b'--xYz\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
FIELD = b'--xYz\r\nContent-Disposition: form-data; name="note"\r\n\r\nfilename="no"\r\n'
CONTENT = b'one\r\n--xY\r\ntwo\x00' * 3
END = b'\r\n--xYz--\r\n'


def read(body: bytes, size: int, content_type: str = TYPE) -> tuple[str, str, bytes]:
    """The file of a form that comes in pieces of a size."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    async def story() -> tuple[str, str, bytes]:
        kind, said, chunks = await file_of_form(content_type, pieces())
        return kind, said, b''.join([chunk async for chunk in chunks])

    return asyncio.run(story())


@pytest.mark.parametrize('size', [1, 2, 7, 50, 10_000])
@pytest.mark.parametrize(
    'body', [FILE + CONTENT + END, FIELD + FILE + CONTENT + END, FILE + CONTENT + b'\r\n' + FIELD[:-2] + END]
)
def test_the_file_is_read_whatever_stands_beside_it(body: bytes, size: int) -> None:
    assert read(body, size) == ('text/plain', 'form-data; name="f"; filename="a.txt"', CONTENT)


def test_a_file_may_be_empty() -> None:
    assert read(FILE + END, 10)[2] == b''


REFUSED = [
    (FIELD[:-2] + END, TYPE, 'must hold one file'),
    (b'', TYPE, 'must hold one file'),
    (FILE + CONTENT + b'\r\n' + FILE + CONTENT + END, TYPE, 'not several'),
    (FILE + CONTENT, TYPE, 'is not complete'),
    (FILE[:-10], TYPE, 'must hold one file'),
    (b'hello', TYPE, 'cannot be read'),
    (FILE + CONTENT + END, 'multipart/form-data', 'needs a boundary'),
    (FILE + CONTENT + END, f'multipart/form-data; boundary={"x" * 1000}', 'cannot be read'),
    (FILE.replace(b'text/plain', b'x' * 10_000) + END, TYPE, 'cannot be read'),
    (FIELD[:-2] + b'x' * 2 * MOST_BESIDES + b'\r\n' + FILE + END, TYPE, 'must hold one file'),
    (FILE + b'\r\n' + FIELD[:-2] + b'x' * 2 * MOST_BESIDES + END, TYPE, 'is not complete'),
]


@pytest.mark.parametrize(('body', 'content_type', 'reason'), REFUSED)
def test_a_form_without_one_whole_file_is_refused(body: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read(body, 1000, content_type)
