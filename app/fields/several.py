"""What the types with several texts in one value have in common."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from app import codec
from app.errors import Malformed
from app.fields.base import Field, parse_text


class Several(Field):
    """A list of texts; an empty one is no value."""

    operators = ('eq', 'ne', 'has', 'null')
    sortable = False
    wide = True

    @field_validator('unique')
    @classmethod
    def _check_unique(cls, unique: bool) -> bool:
        if unique:
            raise ValueError('a list cannot be unique; only single values can')
        return unique

    @property
    def column(self) -> str:
        """A list of texts."""
        return 'VARCHAR[]'

    def accept(self, value: Any) -> Any:
        """The list, or nothing if it would be empty."""
        return super().accept(value) or super().accept(None)

    def to_column(self, value: Any) -> Any:
        """The list; what another type has left behind in old events is none."""
        return value if isinstance(value, list) else None

    def edited(self, value: Any) -> Any:
        """A list, which may be empty."""
        return value or []

    def condition(self, operator: str, column: str, text: str) -> tuple[str, list[Any]]:
        """Besides comparing whole lists, `has` finds those that contain one text."""
        if operator == 'has':
            return f'list_contains({column}, ?)', [text]
        return super().condition(operator, column, text)

    def sought(self, text: str) -> Any:
        """The list that the text spells."""
        return self.parse(text)


def texts_of(value: Any) -> list[str]:
    """The texts in a list, in a text that holds a JSON list, or between the commas of a text; none of them is empty."""
    if isinstance(value, str) and value.strip()[:1] == '[':
        try:
            value = codec.decode(value)
        except Malformed as error:
            raise ValueError(f'is not a JSON list: {error.detail}') from None
    elif isinstance(value, str):
        value = [part.strip() for part in value.split(',')]
    if not isinstance(value, (list, tuple)):
        raise ValueError('must be a list of texts')
    if None in value:
        raise ValueError('must be a list of texts, without null')
    return [text for text in map(parse_text, value) if text]
