"""The control for a file in a form; the browser sends the file to the API, never through here."""

from __future__ import annotations

from typing import Any

from nicegui.elements.mixins.validation_element import ValidationElement

from app.fields.file import File
from app.schema import Entity


class FileControl(ValidationElement[Any], component='../assets/js/file_control.js'):
    """Shows the present file, takes another, or none; its value is what the upload answered."""

    def __init__(self, entity: Entity, field: File, value: dict[str, Any] | None) -> None:
        super().__init__(value=value, validation=None)
        self.sending = False
        """Whether a file is on its way."""
        self.props['label'] = field.title
        self.props['address'] = f'/api/{entity.resource}/files/{field.name}'
        self.props['accept'] = ','.join(field.types)
        self.props['max-size'] = field.max_size
        self.on('sending', self._note)

    def _note(self, event: Any) -> None:
        self.sending = event.args is True
