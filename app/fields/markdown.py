"""Text with Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fields.base import Choices
from app.fields.text import Text

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement


class Markdown(Text, type='markdown'):
    """Paragraphs with headings, lists and links as Markdown writes them; stored as they were written."""

    cell = 'markdown'

    def json_schema(self) -> dict[str, Any]:
        """A string with its limit, and what it holds."""
        return super().json_schema() | {'contentMediaType': 'text/markdown'}

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A box that grows, and a button that shows below it how it will look."""
        from nicegui import ui

        box = ui.textarea(self.title, value=value or '').props('autogrow')
        preview = ui.markdown().classes('wide')  # made harmless by the browser before it is shown
        preview.set_visibility(False)

        def toggle() -> None:
            preview.set_content(box.value or '')
            preview.set_visibility(not preview.visible)

        with box.add_slot('append'):
            ui.button(icon='visibility', on_click=toggle, color=None).props('flat dense round aria-label="Preview"')
        return box
