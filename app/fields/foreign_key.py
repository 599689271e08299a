"""The id of a record of another entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from app.fields.base import Choices, Field, parse_text

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement


class ForeignKey(Field, type='foreign_key'):
    """Points to a record of the entity it `references`, which must exist; `on_delete` says what its deletion does."""

    operators = ('eq', 'ne', 'in', 'null')
    cell = 'reference'

    references: str
    on_delete: Literal['restrict', 'cascade', 'set_null'] = 'restrict'

    def parse(self, value: Any) -> str:
        """The id, as text."""
        return parse_text(value, longest=600)

    def edited(self, value: Any) -> Any:
        """The value itself."""
        return value

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A list that searches as one types."""
        from nicegui import ui

        labels: dict[str, str] = {value: value} if value else {}
        select = ui.select(labels, label=self.title, value=value, with_input=True, clearable=not self.required)
        select.props['input-debounce'] = 150

        async def find(words: str = '') -> None:
            found = await choices(self.references, words)
            if select.value and select.value not in found:
                present = select.options if isinstance(select.options, dict) else {}
                found = {select.value: present.get(select.value, select.value)} | found
            select.set_options(found, value=select.value)

        select.on('input-value', lambda event: find(str(event.args or '')), throttle=0.15)
        select.on('focus', find, [])
        return select
