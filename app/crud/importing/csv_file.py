"""Rows of CSV: what separates and quotes the cells is found out from the first line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import TextIO

from app.crud.importing.columns import Columns
from app.crud.importing.dialect import dialect_of
from app.crud.importing.lines import Lines
from app.crud.importing.rows import Row
from app.errors import Malformed

FORMULA = re.compile(r"^'('*[=+\-@\t\r])")
"""A text that an export has kept spreadsheets from computing, by an apostrophe of its own."""


def read_csv(text: TextIO, columns: Columns, null: str, delimiter: str | None) -> Iterator[Row]:
    """The rows of a file whose first line names the columns; without a `delimiter` it is found out."""
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '\r\n"'):
        raise Malformed('delimiter: must be one character, such as a comma or a semicolon.')
    lines = Lines(text)
    separator, quote = dialect_of(lines, columns, delimiter)
    reader = csv.reader(lines, delimiter=separator, quotechar=quote, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        fields = columns.of_header(header)
        number = 0
        lines.begin_row()
        for cells in reader:
            if cells:
                number += 1
                yield _csv_row(number, lines, fields, cells, null)
                lines.begin_row()
            lines.first = lines.number + 1
    except csv.Error as error:
        began = f'; the row begins in line {lines.first}' if lines.first < lines.number else ''
        raise Malformed(f'The file is not valid CSV: {error} in line {lines.number}{began}.') from None


def _csv_row(number: int, lines: Lines, fields: list[str], cells: list[str], null: str) -> Row:
    if len(cells) != len(fields):
        message = f'has {len(cells)} cells instead of {len(fields)}; quote texts that hold a comma'
        return Row(number, lines.number, {}, message, lines.taken)
    values = {
        name: None if cell == '' or cell == null else FORMULA.sub(r'\1', cell)
        for name, cell in zip(fields, cells, strict=True)
        if name
    }
    return Row(number, lines.number, values, '', lines.taken)
