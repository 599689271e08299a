"""What must be unique in an entity: single fields, and fields taken together."""

from __future__ import annotations

from typing import Any, NamedTuple

from app import codec
from app.events import Claim
from app.fields import Field
from app.schema import Entity

Stored = dict[str, Any]
BETWEEN = '\x1e'
"""Stands between the values of fields that are unique together."""


class Unique(NamedTuple):
    """One field or several, whose values no two records share; a record that lacks one of them shares nothing."""

    scope: str
    fields: tuple[Field, ...]

    @property
    def names(self) -> str:
        """The names of its fields."""
        return ', '.join(field.name for field in self.fields)

    @property
    def sql(self) -> str:
        """SQL for the key of a row; NULL where there is none."""
        return f" || '{BETWEEN}' || ".join(f'({field.read(_column(field))})::VARCHAR' for field in self.fields)

    def key(self, stored: Stored) -> str | None:
        """The text that must be unique, of a record's stored values."""
        values = [stored.get(field.id) for field in self.fields]
        return None if None in values else BETWEEN.join(map(claim_key, values))


def uniques(entity: Entity) -> tuple[Unique, ...]:
    """All of them."""
    return tuple(
        Unique(f'{entity.resource}.{"+".join(field.id for field in fields)}', fields) for fields in entity.uniques
    )


def claims(entity: Entity, stream: str, before: Stored, after: Stored) -> list[Claim]:
    """The unique values that change hands when a record goes from `before` to `after`."""
    released, taken = [], []
    for unique in uniques(entity):
        old, new = unique.key(before), unique.key(after)
        if old != new and old is not None:
            released.append(Claim(unique.scope, old, stream, release=True))
        if old != new and new is not None:
            taken.append(Claim(unique.scope, new, stream))
    return released + taken


def claim_key(value: Any) -> str:
    """A stored value as the text that is unique."""
    return value if isinstance(value, str) else codec.canonical(value)


def _column(field: Field) -> str:
    return f'"{field.id}"'
