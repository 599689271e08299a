"""The formats of exported lists, and how each is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from app import codec
from app.crud.record import record_of
from app.crud.table import Table
from app.errors import Malformed, TooLarge
from app.fields import Field

FORMULA = "^''*[=+\\-@\\t\\r]"
"""Texts that a spreadsheet might compute; an apostrophe more makes it show them, and the import takes it away again."""
ROWS = 5_000
XLSX_ROWS = 1_048_575
XLSX_TEXT = 32_767
XLSX_DIGITS = 15
"""More digits than a spreadsheet keeps of a number."""
Options = Mapping[str, str]


class Column(NamedTuple):
    """A column of the file: its name, where SQL finds it, and its field; none for the id."""

    name: str
    sql: str
    field: Field | None

    @property
    def cell(self) -> str:
        """SQL for what a CSV cell shows."""
        kind = self.field.column if self.field else 'VARCHAR'
        if kind == 'VARCHAR':
            return f"CASE WHEN regexp_matches({self.sql}, '{FORMULA}') THEN '''' || {self.sql} ELSE {self.sql} END"
        if kind.endswith('[]') or kind == 'JSON':
            return f'to_json({self.sql})::VARCHAR' if kind != 'JSON' else f'{self.sql}::VARCHAR'
        return self.field.read(self.sql) if self.field else self.sql


class Listing(NamedTuple):
    """What is to be written: the columns, and the rows from FROM on."""

    table: Table
    columns: list[Column]
    rows: str
    parameters: Sequence[Any]


class Format(NamedTuple):
    """How a file is called by HTTP, and what writes it: `write(cursor, listing, path, options)`."""

    media_type: str
    write: Callable[[Any, Listing, Path, Options], None]


def write_csv(cursor: Any, listing: Listing, path: Path, options: Options) -> None:
    """RFC 4180 in UTF-8; `bom=true` for spreadsheets that would guess another encoding, `delimiter=;` likewise."""
    delimiter = options.get('delimiter', ',')
    if len(delimiter) != 1 or (not delimiter.isprintable() and delimiter != '\t') or delimiter in '"\'':
        raise Malformed('delimiter: must be one character, such as a comma or a semicolon.')
    selected = ', '.join(f'{column.cell} AS "{column.name}"' for column in listing.columns)
    mark = options.get('bom') == 'true'
    target = path.with_name(f'{path.name}.csv') if mark else path
    how = f"FORMAT csv, HEADER, QUOTE '\"', ESCAPE '\"', DELIMITER '{delimiter}'"
    try:
        cursor.execute(f"COPY (SELECT {selected} {listing.rows}) TO '{_quoted(target)}' ({how})", listing.parameters)
        if mark:
            with target.open('rb') as plain, path.open('wb') as marked:
                marked.write(b'\xef\xbb\xbf')
                while piece := plain.read(1024 * 1024):
                    marked.write(piece)
    finally:
        if mark:
            target.unlink(missing_ok=True)


def write_parquet(cursor: Any, listing: Listing, path: Path, options: Options) -> None:
    """With the columns' own types."""
    selected = ', '.join(
        f'{column.sql}{"::VARCHAR" if column.field and column.field.column == "JSON" else ""} AS "{column.name}"'
        for column in listing.columns
    )
    statement = f"COPY (SELECT {selected} {listing.rows}) TO '{_quoted(path)}' (FORMAT parquet)"
    cursor.execute(statement, listing.parameters)


def write_json(cursor: Any, listing: Listing, path: Path, options: Options) -> None:
    """A list of records as the API shows them."""
    with path.open('wb') as file:
        separator = b'[\n'
        for record in _records(cursor, listing):
            file.write(separator + codec.encode(record))
            separator = b',\n'
        file.write(b'[]\n' if separator == b'[\n' else b'\n]\n')


def write_json_lines(cursor: Any, listing: Listing, path: Path, options: Options) -> None:
    """A record in each line."""
    with path.open('wb') as file:
        for record in _records(cursor, listing):
            file.write(codec.encode(record) + b'\n')


def write_xlsx(cursor: Any, listing: Listing, path: Path, options: Options) -> None:
    """A sheet with typed cells; texts are never formulas."""
    import xlsxwriter  # type: ignore[import-untyped]

    settings = {'constant_memory': True, 'tmpdir': str(path.parent), 'default_date_format': 'yyyy-mm-dd'}
    with xlsxwriter.Workbook(str(path), settings | {'strings_to_formulas': False, 'strings_to_urls': False}) as book:
        sheet = book.add_worksheet(listing.table.entity.resource[:31])
        sheet.freeze_panes(1, 0)
        moment = book.add_format({'num_format': 'yyyy-mm-dd hh:mm:ss'})
        sheet.write_row(0, 0, [column.name for column in listing.columns], book.add_format({'bold': True}))
        for number, record in enumerate(_records(cursor, listing), 1):
            if number > XLSX_ROWS:
                raise TooLarge(f'A sheet holds {XLSX_ROWS:,} rows; narrow the list or take CSV.')
            for place, column in enumerate(listing.columns):
                _write_cell(sheet, number, place, column, record[column.name], moment)


FORMATS = {
    'csv': Format('text/csv; charset=utf-8', write_csv),
    'json': Format('application/json', write_json),
    'jsonl': Format('application/x-ndjson', write_json_lines),
    'xlsx': Format('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', write_xlsx),
    'parquet': Format('application/vnd.apache.parquet', write_parquet),
}


def _records(cursor: Any, listing: Listing) -> Iterator[dict[str, Any]]:
    cursor.execute(f'SELECT {listing.table.select} {listing.rows}', listing.parameters)
    names = [column.name for column in listing.columns]
    while rows := cursor.fetchmany(ROWS):
        for row in rows:
            record = record_of(listing.table, row)
            yield {name: record.id if name == 'id' else record.values[name] for name in names}


def _write_cell(sheet: Any, row: int, place: int, column: Column, value: Any, moment: Any) -> None:
    kind = column.field.column if column.field else 'VARCHAR'
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif (kind == 'BIGINT' or kind.startswith(('DECIMAL', 'DOUBLE'))) and len(str(value).strip('-')) <= XLSX_DIGITS:
        sheet.write_number(row, place, Decimal(str(value)))
    elif kind in {'DATE', 'TIMESTAMP'} and value >= '1900-03-01':
        at = datetime.fromisoformat(value).replace(tzinfo=None)
        sheet.write_datetime(row, place, at, *([moment] if kind == 'TIMESTAMP' else []))
    else:
        text = value if isinstance(value, str) else codec.encode(value).decode()
        if len(text) > XLSX_TEXT:
            raise TooLarge(f'{column.name} in row {row} has {len(text):,} characters; a cell holds {XLSX_TEXT:,}.')
        sheet.write_string(row, place, text)


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("'", "''")
