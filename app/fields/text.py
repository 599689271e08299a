"""Text of several lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field as Option

from app.fields.base import Choices, Field, parse_text

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement


class Text(Field, type='text'):
    """Paragraphs, up to `max_length` characters."""

    wide = True

    max_length: int = Option(20_000, ge=1, le=100_000)

    def parse(self, value: Any) -> str:
        """Text that keeps to the limit."""
        return parse_text(value, longest=self.max_length)

    def json_schema(self) -> dict[str, Any]:
        """A string with its limit."""
        return {'type': 'string', 'maxLength': self.max_length}

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A box that grows."""
        from nicegui import ui

        return ui.textarea(self.title, value=value or '').props('autogrow')
