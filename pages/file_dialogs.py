"""What the dialogs that import and export files must know of an entity."""

from __future__ import annotations

from typing import Any

from app.fields.file import File
from app.permissions import Principal
from app.schema import Entity


def dialog_options(entity: Entity, visitor: Principal) -> dict[str, Any]:
    """The title, the columns that a list shows, and the fields that a file may fill."""
    hidden = entity.hidden_from(visitor)
    closed = hidden | entity.closed_to(visitor)
    return {
        'title': entity.title,
        'columns': [field.name for field in entity.without(hidden).listed],
        'fields': [
            {
                'name': field.name,
                'title': field.title,
                'required': field.needed,
                'unique': field.unique and field.name not in entity.key,
                'aliases': [alias for alias, name in entity.aliases.items() if name == field.name],
            }
            for field in entity.stored
            if field.name not in closed and not (field.fills_itself or field.readonly or isinstance(field, File))
        ],
    }
