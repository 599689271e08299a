"""A value that follows from the others of its record."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import PrivateAttr, model_validator

from app.expressions import Expression, Kind
from app.expressions.kinds import WHOLE
from app.fields.base import Field
from app.fields.boolean import Boolean
from app.fields.date import Date
from app.fields.decimal import DecimalField
from app.fields.integer import Integer
from app.fields.string import String
from app.fields.time import Time
from app.fields.timestamp import Timestamp

LIKE: dict[str, type[Field]] = {
    'text': String, 'boolean': Boolean, 'date': Date, 'timestamp': Timestamp, 'time': Time
}  # fmt: skip


class Computed(Field, type='computed'):
    """What `expression` gives; never stored and never sent, but listed, sorted, filtered and summed as any other."""

    derived: ClassVar[bool] = True

    expression: str
    readonly: bool = True
    _like: Field | None = PrivateAttr(default=None)
    _read: Expression | None = PrivateAttr(default=None)

    @model_validator(mode='after')
    def _check_options(self) -> Computed:
        for option in ('required', 'unique', 'default', 'default_expression', 'check', 'required_if', 'readonly_if'):
            if getattr(self, option):
                raise ValueError(f'a computed field has no {option}')
        return self

    def settle(self, expression: Expression) -> None:
        """Take over the expression that was read; raises `ValueError` if its values cannot be shown."""
        self._like = _like(self.name, expression.kind)
        self._read = expression

    @property
    def read_expression(self) -> Expression:
        """The expression, read against the fields of its entity."""
        assert self._read
        return self._read

    @property
    def like(self) -> Field:
        """The field that holds such values where they are stored."""
        assert self._like
        return self._like

    @property
    def operators(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of such a field."""
        return self.like.operators

    @property
    def cell(self) -> str:  # type: ignore[override]
        """That of such a field."""
        return self.like.cell

    @property
    def column(self) -> str:
        """The type of its values."""
        return self.like.column

    def parse(self, value: Any) -> Any:
        """A value to compare with."""
        return self.like.parse(value)

    def read(self, column: str) -> str:
        """As such a field does."""
        return self.like.read(column)

    def from_row(self, value: Any) -> Any:
        """As such a field does."""
        return self.like.from_row(value)

    def json_schema(self) -> dict[str, Any]:
        """That of such a field."""
        return self.like.json_schema()


class Real(Field):
    """A number with a point that floats, as divisions give it."""

    operators = ('eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'null')
    cell = 'number'

    @property
    def column(self) -> str:
        """64 bits."""
        return 'DOUBLE'

    def parse(self, value: Any) -> float:
        """Any number."""
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ValueError('must be a number') from None

    def json_schema(self) -> dict[str, Any]:
        """A number."""
        return {'type': 'number'}


def _like(name: str, kind: Kind) -> Field:
    if kind.name == 'number' and kind.scale == 0 and kind.precision <= WHOLE.precision:
        return Integer(name=name, type='integer')
    if kind.name == 'number':
        return DecimalField(name=name, type='decimal', precision=kind.precision, scale=kind.scale)
    if kind.name == 'real':
        return Real(name=name, type='real')
    if kind.name not in LIKE:
        raise ValueError(f'the expression gives a value of the kind {kind.name}, which cannot be shown')
    return LIKE[kind.name](name=name, type=kind.name, **({'max_length': 100_000} if kind.name == 'text' else {}))
