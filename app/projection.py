"""What YAML may say of a projection: which events, which SELECT, who may read it."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import field_validator, model_validator

from app.permissions import Permissions
from app.strict import Strict

Merge = Literal['sum', 'min', 'max', 'first', 'last']


class Reading(Strict):
    """Who may read something that only the system writes."""

    read: tuple[str, ...] = ('admin', 'auditor')

    @field_validator('read', mode='before')
    @classmethod
    def _read_words(cls, rules: Any) -> tuple[str, ...]:
        words = Permissions(read=rules).read
        if 'owner' in words:
            raise ValueError("nobody owns the rows of a projection; use 'authenticated' or a role")
        return words


class Projection(Strict):
    """A table that is kept up to date from events by a SELECT."""

    projection: str
    description: str = ''
    key: tuple[str, ...] = ()
    """The columns that name a row; empty if rows cannot be asked for one by one."""
    entities: tuple[str, ...] = ()
    """The categories whose events matter; empty for all."""
    types: tuple[str, ...] = ()
    """The types of events that matter; empty for all."""
    sql: str
    merge: dict[str, Merge] | None = None
    """How each column of new events joins what is there; without it the whole SELECT runs again."""
    permissions: Reading = Reading()

    @field_validator('key', 'entities', 'types', mode='before')
    @classmethod
    def _one_or_many(cls, words: Any) -> Any:
        return (words,) if isinstance(words, str) else words

    @model_validator(mode='after')
    def _check(self) -> Projection:
        if not re.fullmatch(r'[a-z][a-z0-9_]{0,59}', self.projection) or self.projection == 'events':
            raise ValueError(f'projection: {self.projection!r} is not a free name of small letters, digits and _')
        if self.merge is not None and not self.key:
            raise ValueError('merge: needs a key, which says which rows belong together')
        if both := [name for name in self.merge or {} if name in self.key]:
            raise ValueError(f'merge.{both[0]}: is part of the key, which is never merged')
        return self
