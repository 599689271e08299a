"""The records of another entity that refer to this one."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import model_validator

from app.fields.base import Field


class Reverse(Field, type='reverse'):
    """Those whose foreign key `by` leads here; never stored and never sent, but shown and counted when asked for.

    `by` may be left out where the other entity refers to this one by one field only.
    """

    derived: ClassVar[bool] = True
    sortable: ClassVar[bool] = False

    references: str
    by: str = ''
    readonly: bool = True

    @model_validator(mode='after')
    def _check_options(self) -> Reverse:
        for option in ('required', 'unique', 'searchable', 'default', 'default_expression', 'check', 'required_if'):
            if getattr(self, option):
                raise ValueError(f'a reverse field has no {option}')
        return self

    def json_schema(self) -> dict[str, Any]:
        """A list of records."""
        return {'type': 'array', 'items': {'$ref': f'#/components/schemas/{self.references}'}}
