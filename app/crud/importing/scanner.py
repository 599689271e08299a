"""A JSON text that is longer than memory should hold, value by value."""

from __future__ import annotations

from typing import Any, TextIO

from app import codec
from app.crud.importing.upload import LONGEST_ROW
from app.errors import Malformed

BLOCK = 262_144
SPACE = ' \t\n\r'


class Scanner:
    """Values of a JSON text, one after the other."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._buffer = ''
        self._at = 0
        self._before = 0
        """Line breaks in what was read and let go of."""
        self._column = 0
        """Characters of the last line of that."""
        self._ended = False
        self.length = 0
        """Characters of the value that was read last."""

    def next(self) -> str:
        """The next character that is not space, which stays; nothing at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in SPACE:
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._fill():
                return ''

    def take(self, wanted: str) -> bool:
        """Whether the next character is this one, which is left behind then."""
        found = self.next() == wanted
        self._at += found
        return found

    def value(self) -> Any:
        """The next value; raises `Malformed` naming the line."""
        self.next()
        while True:
            try:
                value, end = codec.decode_next(self._buffer, self._at)
                if end + 3 < len(self._buffer) or not self._fill():  # a number could go on, such as 1e+3
                    self._at, self.length = end, end - self._at
                    return value
            except codec.Unfinished as error:
                if len(self._buffer) - self._at > LONGEST_ROW or not self._fill():
                    raise self.wrong(error.message, error.position) from None
            except Malformed as problem:
                raise Malformed(f'{problem.detail} (in the value that begins in line {self._line(self._at)})') from None

    def wrong(self, message: str, position: int | None = None) -> Malformed:
        """What is said of a text that is no JSON."""
        at = self._at if position is None else position
        begin = self._buffer.rfind('\n', 0, at)
        column = at - begin + (self._column if begin < 0 else 0)
        return Malformed(f'Not valid JSON: {message.removesuffix(" at")} at line {self._line(at)}, column {column}.')

    def _line(self, at: int) -> int:
        return self._before + self._buffer.count('\n', 0, at) + 1

    def _fill(self) -> bool:
        more = '' if self._ended else self._text.read(BLOCK)
        self._ended = not more
        if more:
            begin = self._buffer.rfind('\n', 0, self._at)
            self._column = self._at - begin - 1 + (self._column if begin < 0 else 0)
            self._before += self._buffer.count('\n', 0, self._at)
            self._buffer = self._buffer[self._at :] + more
            self._at = 0
        return bool(more)
