"""A moment in time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.fields.base import Choices, Field

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement


class Timestamp(Field, type='timestamp'):
    """A moment, kept in UTC to the microsecond. `auto_now_add` fills it at creation, `auto_now` at every change."""

    operators = ('eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'null')
    cell = 'timestamp'

    auto_now_add: bool = False
    auto_now: bool = False

    @property
    def fills_itself(self) -> bool:
        """With either of the two options."""
        return self.auto_now or self.auto_now_add

    @property
    def follows_changes(self) -> bool:
        """With `auto_now`."""
        return self.auto_now

    @property
    def column(self) -> str:
        """TIMESTAMP, in UTC by convention: DuckDB fetches it faster than one with a zone."""
        return 'TIMESTAMP'

    def parse(self, value: Any) -> str:
        """RFC 3339 in UTC; a text without a zone is taken as UTC."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise ValueError('must be a moment like 2026-05-03T10:00:00Z') from None
        try:
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except OverflowError:
            raise ValueError('must lie between the years 1 and 9999') from None
        return format_moment(moment)

    def read(self, column: str) -> str:
        """RFC 3339."""
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"

    def json_schema(self) -> dict[str, Any]:
        """A string in date-time format."""
        return {'type': 'string', 'format': 'date-time'}

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A line of text, because the browser's picker knows no zone."""
        from nicegui import ui

        return ui.input(self.title, value=value or '', placeholder='2026-05-03T10:00:00Z').props('hint="UTC"')


def format_moment(moment: datetime) -> str:
    """A moment in UTC as this project writes it everywhere."""
    return moment.replace(tzinfo=None).isoformat(timespec='microseconds') + 'Z'
