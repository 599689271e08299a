"""A field of any type, with the options that it cannot do without."""

from __future__ import annotations

from typing import Any

from app.expressions import Scope, parse_expression
from app.fields import FIELD_TYPES, Field
from app.fields.computed import Computed

NEEDED: dict[str, dict[str, Any]] = {
    'select': {'options': ['a', '2']},
    'multiselect': {'options': ['b', 'a', 'x, y']},
    'foreign_key': {'references': 'things'},
    'reverse': {'references': 'things'},
    'computed': {'expression': "'x'"},
}


def field(kind: str, **options: Any) -> Field:
    """A field of a type."""
    made = FIELD_TYPES[kind].model_validate({'name': 'f', 'type': kind} | NEEDED.get(kind, {}) | options)
    if isinstance(made, Computed):
        made.settle(parse_expression(made.expression, Scope({})))
    return made
