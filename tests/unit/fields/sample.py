"""A field of any type, with the options that it cannot do without."""

from __future__ import annotations

from typing import Any

from app.fields import FIELD_TYPES, Field

NEEDED: dict[str, dict[str, Any]] = {
    'select': {'options': ['a', '2']},
    'multiselect': {'options': ['b', 'a', 'x, y']},
    'foreign_key': {'references': 'things'},
}


def field(kind: str, **options: Any) -> Field:
    """A field of a type."""
    return FIELD_TYPES[kind].model_validate({'name': 'f', 'type': kind} | NEEDED.get(kind, {}) | options)
