"""The text of a file: in which encoding it is, and where it cannot be read."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from typing import TextIO

from app.crud.importing.upload import Upload
from app.errors import Malformed

BOMS = {
    codecs.BOM_UTF8: 'utf-8-sig',
    codecs.BOM_UTF32_LE: '',
    codecs.BOM_UTF32_BE: '',
    codecs.BOM_UTF16_LE: 'utf-16',
    codecs.BOM_UTF16_BE: 'utf-16',
}
ENCODINGS = {
    'utf-8': 'utf-8-sig',
    'utf-16': 'utf-16',
    'windows-1252': 'cp1252',
    'cp1252': 'cp1252',
    'iso-8859-1': 'cp1252',  # as browsers read it: what calls itself so holds the characters of Windows
    'iso-8859-15': 'iso-8859-15',
}
NAMES = {'utf-8-sig': 'UTF-8', 'utf-16': 'UTF-16', 'cp1252': 'Windows-1252', 'iso-8859-15': 'ISO-8859-15'}
BLOCK = 65_536
SHOWN = 20
"""Characters before the place where it cannot be read."""


def open_text(upload: Upload, encoding: str) -> TextIO:
    """The text from its beginning, with its line breaks as they are; a mark at its beginning tells the encoding."""
    if encoding and encoding.lower() not in ENCODINGS:
        raise Malformed(f'encoding: {encoding[:40]!r} is none of {", ".join(ENCODINGS)}.')
    raw = upload.open()
    beginning = raw.read(4)
    raw.seek(0)
    marked = next((name for bom, name in BOMS.items() if beginning.startswith(bom)), None)
    if marked == '' and beginning[2:4] == b'\x00\x00':
        raw.close()
        raise Malformed('The file is in UTF-32; save it as UTF-8.')
    if marked is None and (beginning[1:2] == b'\x00' or beginning[:1] == b'\x00'):
        raw.close()
        raise Malformed('The file holds zero bytes: it is UTF-16 without a mark at its beginning, or no text at all.')
    name = marked or ENCODINGS[encoding.lower() or 'utf-8']
    return io.TextIOWrapper(raw, encoding=name, newline='')


def unreadable(upload: Upload, encoding: str) -> Malformed:
    """What is wrong with a file that is not in the encoding it was taken for: the line, its place there, the byte."""
    decoder = codecs.getincrementaldecoder(encoding)()
    name, place, offset = NAMES.get(encoding, encoding), Place(), 0
    with upload.open() as raw:
        while True:
            block = raw.read(BLOCK)
            held = len(decoder.getstate()[0])
            try:
                place.pass_over(decoder.decode(block, final=not block))
            except UnicodeDecodeError as error:
                before, bad = error.object[: error.start], error.object[error.start]
                place.pass_over(before.decode(error.encoding, errors='ignore'))
                where = f'0x{bad:02X}, byte {offset - held + error.start + 1} of the file'
                return Malformed(
                    f'The file is not {name}: {place} holds a byte that cannot be read ({where}).{_remedy(name)}'
                )
            offset += len(block)
            if not block:
                return Malformed(f'The file is not {name}.')


@dataclass(slots=True)
class Place:
    """Where in a text one is, and the last characters before."""

    line: int = 1
    column: int = 1
    before: str = ''

    def pass_over(self, text: str) -> None:
        """Go on behind `text`."""
        rest = text[text.rfind('\n') + 1 :]
        if len(rest) < len(text):
            self.line, self.column, self.before = self.line + text.count('\n'), 1, ''
        self.column += len(rest)
        self.before = (self.before + rest[-SHOWN:])[-SHOWN:]

    def __str__(self) -> str:
        after = f', after {self.before!r},' if self.before else ''
        return f'line {self.line}, column {self.column}{after}'


def _remedy(name: str) -> str:
    return ' A file of an older Windows program can be sent with encoding=windows-1252.' if name == 'UTF-8' else ''
