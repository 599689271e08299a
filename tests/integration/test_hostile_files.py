"""Files that mean harm: a clear answer, little memory, nothing half done, and the next right file is taken."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.process import System
from tests.scenario import appended_since, last_position

CSV, JSON, LINES = 'text/csv', 'application/json', 'application/x-ndjson'
PIECE = 1_000_000
ROOM = 130
"""Megabytes that a hostile file may take while it is read; rows and what is wrong with them are kept up to a limit."""
HEADER = b'sku,name,price\n'
SIZES = pytest.mark.parametrize('size', [8, pytest.param(100, marks=pytest.mark.long)])
"""Megabytes."""


def endless(begin: bytes, again: bytes) -> Callable[[int], Iterator[bytes]]:
    """A file of so many megabytes that begins so and goes on the same way."""

    def pieces(size: int) -> Iterator[bytes]:
        yield begin
        for _ in range(size):
            yield again * (PIECE // len(again))

    return pieces


def late(_: int) -> Iterator[bytes]:
    """Right rows, and then one in another encoding."""
    yield HEADER
    yield from (b'B-%d,Tea,1\n' % number for number in range(50_000))
    yield b'B,\xff,1\n'


def packed(size: int) -> Iterator[bytes]:
    """A gzip file that would become a hundred times as large."""
    yield gzip.compress(b'sku,name,price\n' + b'x' * size * PIECE)


def workbook(size: int) -> Iterator[bytes]:
    """A zip file that would become a thousand times as large."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('xl/worksheets/sheet1.xml', bytes(size * PIECE))
    yield file.getvalue()


FILES: list[tuple[str, str, Callable[[int], Iterator[bytes]], int, str]] = [
    ('one line', CSV, endless(b'', b'x'), 413, 'A row may have at most 1,000,000 characters'),
    ('one cell', CSV, endless(HEADER + b'"', b'x,\n'), 400, 'field larger than field limit (131072)'),
    ('one row of many cells', CSV, endless(HEADER, b'x,'), 413, 'A row may have at most 1,000,000 characters'),
    ('one name of a column', CSV, endless(b'sku,', b'"x\n",'), 400, 'that of line 1 has more'),
    ('zero bytes', CSV, endless(b'', bytes(4)), 413, 'at most 1,000,000 characters'),
    ('zero bytes in a cell', CSV, endless(HEADER + b'A,', bytes(4)), 413, 'at most 1,000,000 characters'),
    ('ragged rows', CSV, endless(HEADER, b'A,B\nC\n'), 422, 'has 2 cells instead of 3'),
    ('wrong cells', CSV, endless(HEADER, b',,=1+1\n'), 422, 'must be a number like 12.50'),
    ('the same key again', CSV, endless(HEADER, b'A,Tea,1\n'), 422, 'is the same as in row 1'),
    ('no rows', CSV, endless(HEADER, b'\n'), 400, 'A row may have at most 1,000,000 characters'),
    ('no objects at all', LINES, endless(b'', b' \n'), 400, 'A row may have at most 1,000,000 characters'),
    ('another encoding', CSV, endless(HEADER, 'Ä,Öl,1\n'.encode('cp1252')), 400, 'line 2, column 1 holds a byte'),
    ('the end in another encoding', CSV, late, 400, "line 50002, column 3, after 'B,', holds"),
    ('one text', JSON, endless(b'[{"name": "', b'x'), 400, 'Unterminated string starting at line 1, column 11'),
    ('one list in another', JSON, endless(b'[{"name": ', b'['), 400, 'nested too deeply'),
    ('one number', JSON, endless(b'[{"price": 1', b'0'), 400, 'does not fit into 64 bits'),
    ('what is no row', JSON, endless(b'[5', b',[],""'), 422, 'is not an object'),
    ('one line of objects', LINES, endless(b'', b'{"sku": "A"}'), 413, 'at most 1,000,000 characters'),
    ('no objects', LINES, endless(b'', b'5\n[]\n'), 422, 'is not an object'),
    ('fields that nobody knows', LINES, endless(b'', _many_fields := b'{%s}\n' % b','.join(
        b'"f%d":1' % number for number in range(9_000)
    )), 422, 'is not a field'),
    ('what is packed by gzip', CSV, packed, 400, 'packed by gzip'),
    ('a workbook', CSV, workbook, 400, 'a zip archive or an Excel workbook'),
    ('a zip file as JSON', JSON, workbook, 400, 'a zip archive'),
]  # fmt: skip


def upload(system: System, content: bytes | Iterator[bytes], kind: str = CSV, **headers: str) -> httpx.Response:
    """An import of products."""
    address = system.url('crud', '/api/products/import')
    return system.client.post(address, content=content, headers={'Content-Type': kind, **headers})


def grown(system: System, upload: Callable[[], httpx.Response]) -> tuple[httpx.Response, float]:
    """The answer to an upload, and by how many megabytes the process grew meanwhile."""
    process = Path(f'/proc/{system.process.pid}')
    before = _kilobytes(process, 'VmRSS')
    (process / 'clear_refs').write_text('5')
    return upload(), (_kilobytes(process, 'VmHWM') - before) / 1024


def _kilobytes(process: Path, what: str) -> int:
    [line] = [one for one in (process / 'status').read_text().splitlines() if one.startswith(what)]
    return int(line.split()[1])


@SIZES
@pytest.mark.parametrize(('kind', 'file', 'status', 'words'), [one[1:] for one in FILES], ids=[one[0] for one in FILES])
def test_a_hostile_file_is_told_what_is_wrong_with_it_in_little_memory(
    system: System, kind: str, file: Callable[[int], Iterator[bytes]], status: int, words: str, size: int
) -> None:
    before = last_position(system)
    answer, megabytes = grown(system, lambda: upload(system, file(size), kind))
    assert (answer.status_code, words in answer.text) == (status, True), answer.text[:1000]
    assert len(answer.content) < 1_000_000
    assert appended_since(system, before) == {}
    assert megabytes < ROOM


def test_after_all_of_that_a_right_file_is_taken(system: System) -> None:
    assert upload(system, HEADER + b'H-1,"=cmd|\' /C calc\'!A0",1\n').status_code == 201
    found = system.client.get(system.url('crud', '/api/products?sku=H-1')).json()['records'][0]
    assert found['name'] == "=cmd|' /C calc'!A0", 'a text, which nothing computes'
    export = system.client.get(system.url('crud', '/api/products/export.csv?sku=H-1&fields=name')).text
    assert "'=cmd|" in export
