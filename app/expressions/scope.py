"""What an expression may name, and where SQL finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.expressions.kinds import Kind


@dataclass(frozen=True, slots=True)
class Named:
    """A field as expressions see it."""

    name: str
    column: str
    kind: Kind
    target: str = ''
    """The entity that a foreign key leads to."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The fields of one entity; `others` gives those of another, which foreign keys lead to, or raises."""

    fields: Mapping[str, Named]
    others: Callable[[str], Mapping[str, Named]] = lambda entity: {}
    guarded: bool = False
    """Whether foreign keys lead only to what whoever asks may read."""


class Source(NamedTuple):
    """Where SQL finds the records of an entity, and the column that foreign keys hold."""

    table: str
    key: str
    mark: str = ''
    """Sets it apart from other sources of the same records."""


@dataclass(slots=True)
class Writer:
    """SQL being written: its parameters in order, and what the words of the language stand for."""

    user: Any
    now: int
    source: Callable[[str], Source]
    alias: str
    parameters: list[Any] = field(default_factory=list)
    joins: dict[str, str] = field(default_factory=dict)
    """Alias -> the SQL that joins the record it stands for, in the order they need each other."""

    def bind(self, value: Any, column: str) -> str:
        """A parameter of this type."""
        self.parameters.append(value)
        return f'?::{column}'

    def alias_of(self, path: tuple[str, ...], steps: Sequence[Named]) -> str:
        """The table that holds the record behind a chain of foreign keys; joined once, however often it is used."""
        if not path:
            return self.alias
        before = self.alias_of(path[:-1], steps[:-1])
        table, key, mark = self.source(steps[-1].target)
        alias = f'{before}.{path[-1]}{mark}'  # with what no name of a field can hold, so that no two are the same
        self.joins[alias] = f' LEFT JOIN {table} AS "{alias}" ON "{alias}".{key} = "{before}"."{steps[-1].column}"'
        return alias


class LiteralWriter(Writer):
    """SQL that needs no parameters: what it is about comes from the config alone."""

    def bind(self, value: Any, column: str) -> str:
        """The value itself."""
        if value is None:
            return f'NULL::{column}'
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return "'{}'::{}".format(text.replace("'", "''"), column)
