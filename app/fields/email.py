"""An email address."""

from __future__ import annotations

import re
from typing import Any

from app.fields.base import Field, parse_text

ADDRESS = re.compile(r'[^@\s]+@[^@\s.]+(\.[^@\s.]+)+')


class Email(Field, type='email'):
    """An email address, stored in lower case so that one address is one value."""

    cell = 'email'

    def parse(self, value: Any) -> str:
        """A trimmed address in lower case."""
        text = parse_text(value, longest=254).strip().lower()
        if not ADDRESS.fullmatch(text):
            raise ValueError('must be an email address like name@example.com')
        return text

    def json_schema(self) -> dict[str, Any]:
        """A string in email format."""
        return {'type': 'string', 'format': 'email', 'maxLength': 254}
