"""An exact decimal number."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field as Option
from pydantic import model_validator

from app.fields.base import Choices, Field

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement

EXACT = decimal.Context(prec=60)
LONGEST = 38
"""Digits of the longest decimal that the database knows."""


class DecimalField(Field, type='decimal'):
    """A number with `scale` digits after the point and `precision` in all; exact, and a string in JSON."""

    operators = ('eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'null')
    cell = 'decimal'

    precision: int = Option(18, ge=1, le=LONGEST)
    scale: int = Option(2, ge=0, le=37)
    currency: str = Option('', pattern=r'^([A-Z]{3})?$', description='Three capitals; stands before the value.')
    min: decimal.Decimal | None = None
    max: decimal.Decimal | None = None

    @model_validator(mode='after')
    def _check_scale(self) -> DecimalField:
        if self.scale > self.precision:
            raise ValueError('scale must not exceed precision')
        return self

    @property
    def column(self) -> str:
        """DECIMAL with its precision and scale."""
        return f'DECIMAL({self.precision},{self.scale})'

    @property
    def measure(self) -> str:
        """The currency, the unit, or both."""
        return ' '.join(filter(None, (self.currency, self.unit)))

    def parse(self, value: Any) -> str:
        """The number as text with exactly `scale` digits after the point; nothing is ever rounded."""
        number = _number(value)
        if self.min is not None and number < self.min:
            raise ValueError(f'must be at least {self.min}')
        if self.max is not None and number > self.max:
            raise ValueError(f'must be at most {self.max}')
        if number.adjusted() >= self.precision - self.scale and number:
            raise ValueError(f'must have at most {self.precision - self.scale} digits before the point')
        exact = number.quantize(decimal.Decimal(1).scaleb(-self.scale), context=EXACT) if number else abs(number)
        if exact != number:
            raise ValueError(f'must have at most {self.scale} digits after the point')
        return f'{exact:.{self.scale}f}'

    def sought(self, text: str) -> str:
        """Any number; it may have more digits than one that is stored."""
        number = _number(text)
        if max(number.adjusted(), -int(number.as_tuple().exponent)) >= LONGEST:  # 1e999999 would be written out
            raise ValueError(f'must have at most {LONGEST} digits')
        return f'{number:f}'

    def compared_as(self, values: Sequence[str]) -> str:
        """Its own type, or one with room for all digits of the values."""
        numbers = [decimal.Decimal(value) for value in values]
        after = max(self.scale, *(-int(number.as_tuple().exponent) for number in numbers))
        before = max(self.precision - self.scale, *(number.adjusted() + 1 for number in numbers))
        if before + after > LONGEST:
            raise ValueError(f'must have at most {LONGEST} digits')
        return f'DECIMAL({before + after},{after})'

    def read(self, column: str) -> str:
        """As text, which keeps every digit."""
        return f'{column}::VARCHAR'

    def json_schema(self) -> dict[str, Any]:
        """A string that holds a number."""
        return {'type': 'string', 'format': 'decimal', 'pattern': rf'^-?\d+(\.\d{{1,{max(self.scale, 1)}}})?$'}

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A line of text, behind its currency."""
        box = super().input(value, choices)
        if self.currency:
            box.props['prefix'] = self.currency
        return box


def _number(value: Any) -> decimal.Decimal:
    if isinstance(value, (str, int, float, decimal.Decimal)) and not isinstance(value, bool) and len(str(value)) < 60:
        try:
            number = decimal.Decimal(str(value).replace('_', '?').strip())  # Python alone reads 1_000 as 1000
        except decimal.InvalidOperation:
            number = decimal.Decimal('NaN')
        if number.is_finite():
            return number
    raise ValueError('must be a number like 12.50')
