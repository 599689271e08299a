"""A length of time."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import field_validator

from app.codec import LARGEST_INTEGER
from app.fields.base import Choices, Field

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement

LENGTHS = {'w': 604_800, 'd': 86_400, 'h': 3600, 'm': 60, 's': 1}
SECONDS = re.compile(r'(?P<s>[0-9]{1,19})')
CLOCK = re.compile(r'(?P<h>[0-9]{1,16}):(?P<m>[0-5][0-9])(:(?P<s>[0-5][0-9]))?')
UNITS = re.compile(
    r'((?P<w>[0-9]{1,12}) ?w)? *((?P<d>[0-9]{1,12}) ?d)? *((?P<h>[0-9]{1,12}) ?h)? *'
    r'((?P<m>[0-9]{1,12}) ?m(in)?)? *((?P<s>[0-9]{1,12}) ?s)?',
    re.IGNORECASE,
)
ISO = re.compile(
    r'P(?=.)((?P<w>[0-9]{1,12})W)?((?P<d>[0-9]{1,12})D)?'
    r'(T(?=.)((?P<h>[0-9]{1,12})H)?((?P<m>[0-9]{1,12})M)?((?P<s>[0-9]{1,12})S)?)?',
    re.IGNORECASE,
)


class Duration(Field, type='duration'):
    """How long something takes, in whole seconds from `min` to `max`; 1:30 is an hour and a half."""

    operators = ('eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'null')
    cell = 'duration'

    min: int = 0
    max: int = LARGEST_INTEGER

    @field_validator('min', 'max', mode='before')
    @classmethod
    def _check_limit(cls, limit: Any) -> int:
        return _seconds(limit)

    @property
    def column(self) -> str:
        """64 bits of seconds."""
        return 'BIGINT'

    def parse(self, value: Any) -> int:
        """Seconds; `1:30`, `1:30:00`, `1h 30m`, `90m`, `PT1H30M` and `5400` are the same."""
        seconds = _seconds(value)
        if seconds < self.min:
            raise ValueError(f'must be at least {spelled(self.min)}')
        if seconds > self.max:
            raise ValueError(f'must be at most {spelled(self.max)}')
        return seconds

    def json_schema(self) -> dict[str, Any]:
        """An integer with its limits."""
        return {'type': 'integer', 'minimum': self.min, 'maximum': self.max}

    def edited(self, value: Any) -> Any:
        """As a clock would show it."""
        return '' if value is None else spelled(value)

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A line of text."""
        from nicegui import ui

        return ui.input(self.title, value=self.edited(value), placeholder='1:30:00')


def spelled(seconds: int) -> str:
    """Hours, minutes and seconds, as a clock would show them."""
    minutes, rest = divmod(abs(seconds), 60)
    return f'{"-" if seconds < 0 else ""}{minutes // 60}:{minutes % 60:02}:{rest:02}'


def _seconds(value: Any) -> int:
    if isinstance(value, (float, Decimal)) and math.isfinite(value) and value == int(value):
        value = int(value)
    text = str(value).strip()
    negative, text = text.startswith('-'), text.removeprefix('-')
    match = next((found for form in (SECONDS, CLOCK, UNITS, ISO) if text and (found := form.fullmatch(text))), None)
    if not match:
        raise ValueError('must be a length of time like 1:30:00, 1h 30m or 5400 seconds')
    total = sum(int(number) * LENGTHS[unit] for unit, number in match.groupdict('0').items())
    return -total if negative else total
