"""A calendar day."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from app.fields.base import Choices, Field

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement


class Date(Field, type='date'):
    """A day, as YYYY-MM-DD, without a time or a zone."""

    operators = ('eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'null')
    cell = 'date'

    min: datetime.date | None = None
    max: datetime.date | None = None

    @property
    def column(self) -> str:
        """DATE."""
        return 'DATE'

    def parse(self, value: Any) -> str:
        """A day; a time behind it is accepted only at midnight."""
        day = _day(value)
        if self.min and day < self.min:
            raise ValueError(f'must not be before {self.min}')
        if self.max and day > self.max:
            raise ValueError(f'must not be after {self.max}')
        return day.isoformat()

    def read(self, column: str) -> str:
        """As text."""
        return f'{column}::VARCHAR'

    def json_schema(self) -> dict[str, Any]:
        """A string in date format."""
        return {'type': 'string', 'format': 'date'}

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """The browser's own date picker."""
        from nicegui import ui

        return ui.input(self.title, value=value or '').props('type=date stack-label')


def _day(value: Any) -> datetime.date:
    if isinstance(value, datetime.datetime):
        value = value.isoformat()
    if isinstance(value, datetime.date):
        return value
    try:
        moment = datetime.datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError('must be a day like 2026-05-03') from None
    if moment.time() != datetime.time():
        raise ValueError('must be a day without a time')
    return moment.date()
