"""A whole number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.codec import LARGEST_INTEGER
from app.fields.base import Field


class Integer(Field, type='integer'):
    """A whole number of up to 64 bits, between `min` and `max`."""

    operators = ('eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'null')
    cell = 'number'

    min: int = -LARGEST_INTEGER
    max: int = LARGEST_INTEGER

    @property
    def column(self) -> str:
        """64 bits."""
        return 'BIGINT'

    def parse(self, value: Any) -> int:
        """A number within the limits; `12.0` and `"12"` are 12."""
        if isinstance(value, str) and len(value) < 30 and value.strip().lstrip('+-').isascii():
            value = _number(value.strip())
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError('must be a whole number')
        if value < self.min:
            raise ValueError(f'must be at least {self.min}')
        if value > self.max:
            raise ValueError(f'must be at most {self.max}')
        return value

    def json_schema(self) -> dict[str, Any]:
        """An integer with its limits."""
        return {'type': 'integer', 'minimum': self.min, 'maximum': self.max}


def _number(text: str) -> int | str:
    try:
        return text if '_' in text else int(text)
    except ValueError:
        return text
