"""What separates and quotes the cells of CSV."""

from __future__ import annotations

import csv
import re

from app.crud.importing.columns import Columns
from app.crud.importing.lines import Lines

DELIMITERS = (',', ';', '\t', '|')
QUOTES = ('"', "'")
SAID_BY_EXCEL = re.compile(r'sep=(.)\r?\n?')


def dialect_of(lines: Lines, columns: Columns, delimiter: str | None) -> tuple[str, str]:
    """The delimiter and the quote with which most columns of the first line are known, else with which there are most.

    Leaves out empty lines at the beginning, and the one in which Excel says what the delimiter is.
    """
    first = next((line for line in lines if line.strip('\r\n')), '')
    if said := SAID_BY_EXCEL.fullmatch(first):
        delimiter = delimiter or said[1]
        first = next(lines, '')
    if not first:
        return DELIMITERS[0], QUOTES[0]
    lines.push_back(first)
    delimiters = DELIMITERS if delimiter is None else (delimiter,)
    dialects = [(one, quote) for one in delimiters for quote in QUOTES if one != quote]
    return max(dialects, key=lambda dialect: _fit(first, columns, dialect))


def _fit(line: str, columns: Columns, dialect: tuple[str, str]) -> tuple[int, int]:
    try:
        cells = next(csv.reader([line], delimiter=dialect[0], quotechar=dialect[1]))
    except csv.Error:
        return -1, 0
    return columns.matches(cells[:1000]), len(cells)
