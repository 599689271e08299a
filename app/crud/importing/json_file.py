"""Rows of JSON: a list of objects, or one object on each line; no more of it is in memory than the longest row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TextIO

from app import codec
from app.crud.importing.columns import Columns
from app.crud.importing.rows import Row
from app.crud.importing.scanner import Scanner
from app.crud.importing.upload import LONGEST_ROW
from app.errors import Malformed

SHAPE = 'The body must be a list of objects, or {"records": [ … ]}.'


def read_json(text: TextIO, columns: Columns) -> Iterator[Row]:
    """The objects of a list, which may be the `records` of an object."""
    scanner = Scanner(text)
    for number, values in enumerate(_elements(scanner), 1):
        yield _row(number, number, values, columns, scanner.length)


def read_lines(text: TextIO, columns: Columns) -> Iterator[Row]:
    """The objects of the lines."""
    number = line = empty = 0
    while content := text.readline(LONGEST_ROW + 1):
        line += 1
        if len(content) + empty > LONGEST_ROW:
            raise Malformed(f'A row may have at most {LONGEST_ROW:,} characters; line {line} has more.')
        if not content.strip():
            empty += len(content)
        else:
            number, empty = number + 1, 0
            yield _line(number, line, content, columns)


def _line(number: int, line: int, content: str, columns: Columns) -> Row:
    try:
        return _row(number, line, codec.decode(content.strip()), columns, len(content))
    except Malformed as problem:
        return Row(number, line, {}, f'cannot be read: {problem.detail}')


def _row(number: int, line: int, values: Any, columns: Columns, size: int) -> Row:
    if not isinstance(values, dict):
        return Row(number, line, {}, 'is not an object')
    return Row(number, line, columns.of_object(values), '', size)


def _elements(scanner: Scanner) -> Iterator[Any]:
    if scanner.take('['):
        yield from _list(scanner)
    elif scanner.take('{'):
        yield from _records(scanner)
    elif scanner.next():
        scanner.value()
        raise Malformed(SHAPE)
    else:
        raise scanner.wrong('Expecting value')
    if scanner.next():
        raise scanner.wrong('Extra data')


def _list(scanner: Scanner) -> Iterator[Any]:
    """The values up to the bracket that closes a list."""
    if scanner.take(']'):
        return
    while True:
        yield scanner.value()
        if scanner.take(']'):
            return
        if not scanner.take(','):
            raise scanner.wrong("Expecting ',' delimiter")


def _records(scanner: Scanner) -> Iterator[Any]:
    """The values in the list `records` of an object."""
    found = False
    while not scanner.take('}'):
        name = scanner.value() if scanner.next() == '"' else None
        if name is None or not scanner.take(':'):
            raise scanner.wrong(
                'Expecting property name enclosed in double quotes' if name is None else "Expecting ':'"
            )
        if name == 'records' and not found:
            if not scanner.take('['):
                raise Malformed(SHAPE)
            found = True
            yield from _list(scanner)
        else:
            if name == 'records':
                raise Malformed("The key 'records' stands twice in one object.")
            scanner.value()
        if not scanner.take(',') and scanner.next() != '}':
            raise scanner.wrong("Expecting ',' delimiter")
    if not found:
        raise Malformed(SHAPE)
