"""The rows of a file, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

SHOWN = 1000
"""Row errors in one answer, at most; the answer says how many there are."""
MOST = 100_000
"""Row errors after which a file is not read any further."""


class Row(NamedTuple):
    """One row of a file: its number from 1, the line where it ends, and its values or what is wrong with it."""

    number: int
    line: int
    values: dict[str, Any]
    error: str = ''
    size: int = 0
    """Characters that it has in the file."""


class RowError(NamedTuple):
    """What is wrong with one row, and in which field."""

    row: int
    line: int
    field: str
    message: str


@dataclass(slots=True)
class RowErrors:
    """Everything that is wrong with a file."""

    found: list[RowError] = field(default_factory=list)

    def add(self, row: Row, name: str, message: str) -> None:
        """Note what is wrong with a row."""
        self.found.append(RowError(row.number, row.line, name, message))

    def __len__(self) -> int:
        return len(self.found)

    @property
    def full(self) -> bool:
        """Whether there are so many that nobody would read more."""
        return len(self.found) >= MOST

    @property
    def rows(self) -> list[int]:
        """The numbers of the rows that are wrong."""
        return sorted({error.row for error in self.found})

    def as_json(self) -> dict[str, Any]:
        """The errors as the API shows them: the first in the order of the file."""
        shown = sorted(self.found, key=lambda error: error.row)[:SHOWN]
        return {
            'rows': self.rows,
            'row_errors': [error._asdict() for error in shown],
            'row_error_count': len(self.found),
        }
