"""The id of a record."""

from __future__ import annotations

import re
from typing import Any

from app.fields.base import Field, parse_text

PLAIN = re.compile(r'[A-Za-z0-9._\-]{1,200}')


class PrimaryKey(Field, type='primary_key'):
    """A UUIDv7 that the system makes up, unless the client brings an id of its own."""

    cell = 'id'
    minted = True

    def parse(self, value: Any) -> str:
        """An id that can stand in an address as it is."""
        text = parse_text(value, longest=200)
        if not PLAIN.fullmatch(text) or text in {'.', '..'}:
            raise ValueError('may only hold letters, digits, dots, dashes and underscores')
        return text
