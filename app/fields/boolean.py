"""Yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fields.base import Choices, Field

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement

WORDS = {'true': True, 'yes': True, '1': True, 'on': True, 'false': False, 'no': False, '0': False, 'off': False}


class Boolean(Field, type='boolean'):
    """True or false."""

    operators = ('eq', 'ne', 'null')
    cell = 'boolean'

    @property
    def column(self) -> str:
        """BOOLEAN."""
        return 'BOOLEAN'

    def parse(self, value: Any) -> bool:
        """A truth value; the words and digits that spreadsheets write are understood."""
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word not in WORDS:
            raise ValueError('must be true or false')
        return WORDS[word]

    def json_schema(self) -> dict[str, Any]:
        """A boolean."""
        return {'type': 'boolean'}

    def edited(self, value: Any) -> Any:
        """The value itself."""
        return value

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A list of yes, no and, unless required, nothing."""
        from nicegui import ui

        options = {True: 'Yes', False: 'No'}
        return ui.select(options, label=self.title, value=value, clearable=not self.required)
