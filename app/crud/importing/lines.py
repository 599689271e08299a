"""Lines of a text that may be hostile."""

from __future__ import annotations

from typing import TextIO

from app.crud.importing.upload import LONGEST_ROW
from app.errors import Malformed


class Lines:
    """The lines of a text; refuses rows that never end."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._pushed: list[str] = []
        self.taken = 0
        """Characters of the row that is read now."""
        self.number = 0
        """The line that was read last."""
        self.first = 1
        """The line where the row begins that is read now."""

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._pushed.pop() if self._pushed else self._text.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken += len(line)
        if self.taken > LONGEST_ROW:
            raise Malformed(f'A row may have at most {LONGEST_ROW:,} characters; that of line {self.first} has more.')
        return line

    def begin_row(self) -> None:
        """The next line begins a row."""
        self.taken, self.first = 0, self.number + 1

    def push_back(self, line: str) -> None:
        """A line that was looked at only."""
        self._pushed.append(line)
        self.number -= 1
        self.begin_row()
