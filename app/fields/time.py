"""A time of day."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

from pydantic import field_validator

from app.fields.base import Choices, Field

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement

CLOCK = re.compile(r'([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?')


class Time(Field, type='time'):
    """What a clock shows, to the microsecond, without a day or a zone; from `min` to `max`."""

    operators = ('eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'null')
    cell = 'time'

    min: datetime.time | None = None
    max: datetime.time | None = None

    @field_validator('min', 'max', mode='before')
    @classmethod
    def _check_limit(cls, limit: Any) -> datetime.time | None:
        return None if limit is None else _time(limit)

    @property
    def column(self) -> str:
        """TIME."""
        return 'TIME'

    def parse(self, value: Any) -> str:
        """HH:MM:SS, with six more digits if there are parts of a second."""
        time = _time(value)
        if self.min and time < self.min:
            raise ValueError(f'must not be before {self.min}')
        if self.max and time > self.max:
            raise ValueError(f'must not be after {self.max}')
        return time.isoformat()

    def read(self, column: str) -> str:
        """As text with six digits after the point, or none; DuckDB would leave out zeros at the end."""
        return f"replace(strftime(DATE '1970-01-01' + {column}, '%H:%M:%S.%f'), '.000000', '')"

    def json_schema(self) -> dict[str, Any]:
        """A string; the format `time` of JSON Schema would need a zone."""
        return {'type': 'string', 'pattern': r'^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$'}

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """The browser's own clock, unless there are parts of a second, which it does not show."""
        from nicegui import ui

        box = ui.input(self.title, value=value or '')
        return box if '.' in (value or '') else box.props('type=time step=1 stack-label')


def _time(value: Any) -> datetime.time:
    if isinstance(value, datetime.time) and value.tzinfo is None:
        return value
    match = CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        if match:
            hour, minute, second, parts = match.groups('0')
            return datetime.time(int(hour), int(minute), int(second), int(parts.ljust(6, '0')))
    except ValueError:
        pass
    raise ValueError('must be a time of day like 09:30 or 17:45:30')
