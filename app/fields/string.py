"""A line of text."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field as Option
from pydantic import field_validator

from app.fields.base import Field, parse_text


class String(Field, type='string'):
    """One line of text, up to `max_length` characters; `pattern` is a regular expression that all of it must match."""

    max_length: int = Option(255, ge=1, le=100_000)
    min_length: int = Option(0, ge=0)
    pattern: str = ''

    @field_validator('pattern')
    @classmethod
    def _check_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f'is not a regular expression: {error}') from None
        return pattern

    def parse(self, value: Any) -> str:
        """Text that keeps to the limits."""
        text = parse_text(value, longest=self.max_length)
        if len(text) < self.min_length:
            raise ValueError(f'must have at least {self.min_length} characters')
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise ValueError(f'must match {self.pattern}')
        return text

    def json_schema(self) -> dict[str, Any]:
        """A string with its limits."""
        schema: dict[str, Any] = {'type': 'string', 'maxLength': self.max_length}
        if self.min_length:
            schema['minLength'] = self.min_length
        if self.pattern:
            schema['pattern'] = self.pattern
        return schema
