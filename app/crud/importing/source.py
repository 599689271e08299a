"""The rows of an uploaded file, a few at a time; what it is and how it is written is told by the client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TextIO

from app.crud.importing.columns import Columns
from app.crud.importing.csv_file import read_csv
from app.crud.importing.json_file import read_json, read_lines
from app.crud.importing.rows import Row
from app.crud.importing.text import open_text, unreadable
from app.crud.importing.upload import Upload
from app.schema import Entity

AT_ONCE = 8_000_000
"""Characters of rows that are in memory at once, besides one row."""
CSV, JSON, LINES = 'csv', 'json', 'jsonl'


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How a file is to be read."""

    kind: str = CSV
    encoding: str = ''
    delimiter: str | None = None
    null: str = ''
    mapping: Mapping[str, str] = field(default_factory=dict)


class Source:
    """Reads on whatever thread calls it; one at a time."""

    def __init__(self, upload: Upload, reading: Reading, entity: Entity) -> None:
        self._upload = upload
        self._reading = reading
        self._entity = entity
        self._rows: Iterator[Row] = iter(())
        self._ahead: list[Row] = []
        self._text: TextIO | None = None
        self.read = 0
        """Rows given out."""

    def begin(self, skip: int = 0) -> None:
        """Read from the beginning, leaving out the first rows."""
        self.close()
        self._text = open_text(self._upload, self._reading.encoding)
        self._rows = self._open(self._text)
        self.read, self._ahead = 0, []
        while self.read < skip:
            self.next(min(skip - self.read, 1000))

    def next(self, most: int) -> list[Row]:
        """The next rows, fewer where they are long, none at the end."""
        rows, size = self._ahead, sum(row.size for row in self._ahead)
        try:
            for row in islice(self._rows, most + 1 - len(rows)):
                rows.append(row)
                size += row.size
                if size > AT_ONCE and len(rows) > 1:
                    most = len(rows) - 1
                    break
        except UnicodeDecodeError:
            assert self._text
            raise unreadable(self._upload, str(self._text.encoding)) from None
        rows, self._ahead = rows[:most], rows[most:]
        self.read += len(rows)
        return rows

    @property
    def ended(self) -> bool:
        """Whether the last row was given out."""
        return not self._ahead

    def close(self) -> None:
        """Let go of the file."""
        if self._text:
            self._text.close()

    def _open(self, text: TextIO) -> Iterator[Row]:
        columns = Columns(self._entity, self._reading.mapping)
        if self._reading.kind == CSV:
            return read_csv(text, columns, self._reading.null, self._reading.delimiter)
        return read_json(text, columns) if self._reading.kind == JSON else read_lines(text, columns)
