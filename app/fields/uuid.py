"""A universally unique identifier."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from app.fields.base import Field, parse_text
from app.identifier import new_id

SHAPE = re.compile(r'[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}')


class Uuid(Field, type='uuid'):
    """A UUID of any version, in small letters with dashes; with `auto`, a new record without one gets a UUIDv7."""

    operators = ('eq', 'ne', 'in', 'null')
    cell = 'id'

    auto: bool = False

    @property
    def needed(self) -> bool:
        """Not with `auto`."""
        return super().needed and not self.auto

    def for_new(self, values: Mapping[str, Any]) -> Any:
        """What was sent; with `auto`, a fresh one instead of nothing, as an empty cell of a file is nothing too."""
        sent = super().for_new(values)
        return new_id() if self.auto and sent in (None, '') else sent

    def parse(self, value: Any) -> str:
        """Small letters with dashes; braces, `urn:uuid:` and capitals are understood."""
        text = parse_text(value, longest=100).strip().lower().removeprefix('urn:uuid:')
        text = text[1:-1] if text[:1] + text[-1:] == '{}' else text
        if not SHAPE.fullmatch(text):
            raise ValueError('must be a UUID like 0190a7c4-5f2e-7b31-9c8d-2f6e4a1b0c3d')
        return str(uuid.UUID(text))

    def json_schema(self) -> dict[str, Any]:
        """A string in UUID format."""
        return {'type': 'string', 'format': 'uuid'}
