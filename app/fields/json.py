"""Any JSON value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import codec
from app.errors import Malformed
from app.fields.base import Choices, Field

if TYPE_CHECKING:
    from nicegui.elements.mixins.validation_element import ValidationElement


class Json(Field, type='json'):
    """A list, an object or any other JSON value, up to 100,000 characters."""

    operators = ('null',)
    cell = 'json'
    sortable = False
    wide = True

    @property
    def column(self) -> str:
        """JSON text."""
        return 'JSON'

    def parse(self, value: Any) -> Any:
        """A JSON value; a text is read as JSON where it is an object or a list."""
        if isinstance(value, str) and value.strip()[:1] in {'{', '['}:
            try:
                value = codec.decode(value)
            except Malformed as error:
                raise ValueError(f'is not valid JSON: {error.detail}') from None
        try:
            text = codec.canonical(value)
        except TypeError as error:
            raise ValueError(f'has no JSON form: {error}') from None
        if len(text) > 100_000:
            raise ValueError('must have at most 100,000 characters')
        return value

    def to_column(self, value: Any) -> Any:
        """Its canonical text."""
        return None if value is None else codec.canonical(value)

    def from_row(self, value: Any) -> Any:
        """The text, embedded as it is."""
        return None if value is None else codec.Raw(value)

    def json_schema(self) -> dict[str, Any]:
        """Anything."""
        return {}

    def edited(self, value: Any) -> Any:
        """JSON text."""
        return '' if value is None else codec.encode(value).decode()

    def input(self, value: Any, choices: Choices) -> ValidationElement[Any]:
        """A box for JSON text."""
        from nicegui import ui

        return ui.textarea(self.title, value=self.edited(value)).props('autogrow input-class="mono"')
