"""Some of a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field as Option
from pydantic import field_validator, model_validator

from app.fields.base import Choices
from app.fields.select import distinct_options
from app.fields.several import Several, texts_of

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement


class Multiselect(Several, type='multiselect'):
    """From `min_items` to `max_items` of `options`, each once and in their order; or none at all, unless required."""

    cell = 'badges'

    options: tuple[str, ...] = Option(min_length=1)
    min_items: int = Option(0, ge=0)
    max_items: int | None = Option(None, ge=1)

    _check_options = field_validator('options', mode='before')(distinct_options)

    @model_validator(mode='after')
    def _check_limits(self) -> Multiselect:
        most = len(self.options) if self.max_items is None else min(self.max_items, len(self.options))
        if self.min_items > most:
            raise ValueError(f'min_items is {self.min_items}, but there can be no more than {most}')
        return self

    def parse(self, value: Any) -> list[str]:
        """The options; a text holds them between commas or as a JSON list, unless it is one of them as it stands."""
        chosen = {value} if isinstance(value, str) and value in self.options else set(texts_of(value))
        if unknown := sorted(chosen.difference(self.options)):
            raise ValueError(f'must only hold {", ".join(self.options)}; {unknown[0]!r} is none of them')
        if chosen and len(chosen) < self.min_items:
            raise ValueError(f'must have at least {self.min_items} items')
        if self.max_items is not None and len(chosen) > self.max_items:
            raise ValueError(f'must have at most {self.max_items} items')
        return [option for option in self.options if option in chosen]

    def json_schema(self) -> dict[str, Any]:
        """An array of words from a closed list."""
        schema = {'type': 'array', 'items': {'type': 'string', 'enum': [*self.options]}}
        return schema if self.max_items is None else schema | {'maxItems': self.max_items}

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A list to choose from; what is chosen but no option any more stays until it is taken out."""
        from nicegui import ui

        options = list(dict.fromkeys([*self.options, *(value or [])]))
        return ui.select(options, label=self.title, value=self.edited(value), multiple=True).props('use-chips')
