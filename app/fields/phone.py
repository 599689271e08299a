"""A telephone number."""

from __future__ import annotations

import re
from typing import Any

from app.fields.base import Field, parse_text

NUMBER = re.compile(r'\+?[0-9()\[\]./ \-]{2,}(\s?(x|ext\.?)\s?[0-9]+)?')


class Phone(Field, type='phone'):
    """A telephone number, kept as people write it."""

    def parse(self, value: Any) -> str:
        """Digits with the usual punctuation."""
        text = parse_text(value, longest=40).strip()
        if not NUMBER.fullmatch(text) or not any(character.isdigit() for character in text):
            raise ValueError('must be a telephone number like +1 555 010-9999')
        return text

    def json_schema(self) -> dict[str, Any]:
        """A string."""
        return {'type': 'string', 'maxLength': 40}
