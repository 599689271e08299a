"""One of a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field as Option
from pydantic import field_validator

from app.fields.base import Choices, Field, parse_text

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement


def distinct_options(options: Any) -> Any:
    """The options as the config lists them, if they can be told apart."""
    if isinstance(options, list):
        if any(not isinstance(option, (str, int)) or isinstance(option, bool) for option in options):
            raise ValueError('options must be texts; put words such as yes, no, on and off in quotes')
        options = tuple(str(option) for option in options)
        if len(set(options)) < len(options) or '' in options:
            raise ValueError('options must differ from each other and from the empty text')
    return options


class Select(Field, type='select'):
    """Exactly one of `options`."""

    operators = ('eq', 'ne', 'in', 'null')
    cell = 'badge'

    options: tuple[str, ...] = Option(min_length=1)

    _check_options = field_validator('options', mode='before')(distinct_options)

    def parse(self, value: Any) -> str:
        """One of the options."""
        text = parse_text(value)
        if text not in self.options:
            raise ValueError(f'must be one of {", ".join(self.options)}')
        return text

    def json_schema(self) -> dict[str, Any]:
        """A string of a closed list."""
        return {'type': 'string', 'enum': [*self.options] if self.required else [*self.options, None]}

    def edited(self, value: Any) -> Any:
        """The value itself."""
        return value

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A list to choose from."""
        from nicegui import ui

        options = list(dict.fromkeys([*self.options, *([value] if value else [])]))  # it may be no option any more
        return ui.select(options, label=self.title, value=value, clearable=not self.required)
