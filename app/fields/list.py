"""Several texts of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field as Option

from app.fields.base import Choices
from app.fields.several import Several, texts_of

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement


class List(Several, type='list'):
    """Up to `max_items` texts of up to `max_length` characters, in the order in which they were given."""

    cell = 'list'

    max_items: int = Option(100, ge=1, le=1000)
    max_length: int = Option(255, ge=1, le=2000)

    def parse(self, value: Any) -> list[str]:
        """The texts; a text is read as a JSON list if it begins with a bracket, else as one item per comma."""
        texts = texts_of(value)
        if len(texts) > self.max_items:
            raise ValueError(f'must have at most {self.max_items} items, got {len(texts)}')
        for number, text in enumerate(texts, 1):
            if len(text) > self.max_length:
                raise ValueError(f'must have at most {self.max_length} characters in each item; item {number} has more')
        return texts

    def json_schema(self) -> dict[str, Any]:
        """An array with its limits."""
        text = {'type': 'string', 'maxLength': self.max_length}
        return {'type': 'array', 'items': text, 'maxItems': self.max_items}

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A chip for each text; what is typed behind them becomes one with Enter, or when the input is left."""
        from nicegui import ui

        chips = ui.input_chips(self.title, value=self.edited(value), new_value_mode='add').props('stack-label')
        typed = ['']

        def note(event: Any) -> None:
            typed[0] = str(event.args or '')

        def leave() -> None:
            if typed[0]:
                chips.set_value([*(chips.value or []), typed[0]])

        chips.on('input-value', note)
        chips.on('focusout', leave)
        return chips
