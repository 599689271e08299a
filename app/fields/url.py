"""A web address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from app.fields.base import Field, parse_text


class Url(Field, type='url'):
    """An absolute http or https address."""

    cell = 'url'

    def parse(self, value: Any) -> str:
        """An address that is safe to link to."""
        text = parse_text(value, longest=2000).strip()
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit('')
        if parts.scheme not in {'http', 'https'} or not parts.hostname or any(c.isspace() for c in text):
            raise ValueError('must be an address that begins with http:// or https://')
        return text

    def json_schema(self) -> dict[str, Any]:
        """A string in URI format."""
        return {'type': 'string', 'format': 'uri', 'maxLength': 2000}
