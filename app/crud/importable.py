"""What a file for an import may hold, for whoever shows people how to match its columns with fields."""

from __future__ import annotations

from typing import Any

from app.fields.file import File
from app.permissions import Principal
from app.schema import Entity


def importable(entity: Entity, principal: Principal) -> dict[str, Any]:
    """The fields that `principal` may fill from a file; those that fill themselves are left out."""
    closed = entity.hidden_from(principal) | entity.closed_to(principal)
    return {
        'title': entity.title,
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
