"""An expression that has been read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.expressions.kinds import Kind
from app.expressions.node import Node, Path
from app.expressions.reading import Reading
from app.expressions.scope import LiteralWriter, Scope, Source, Writer


@dataclass(frozen=True, slots=True)
class User:
    """Who `@user` is."""

    id: str
    name: str = ''
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One record in memory: its values by name in their stored form, and those of the records it leads to by path."""

    values: Mapping[str, Any]
    user: User
    now: int
    """Microseconds since 1970."""
    related: Mapping[Path, Mapping[str, Any] | None] = field(default_factory=dict)


class Written(NamedTuple):
    """SQL with its parameters in order, and the joins it relies on, by their aliases."""

    sql: str
    parameters: list[Any]
    joins: dict[str, str]


@dataclass(frozen=True, slots=True)
class Expression:
    """Written as SQL or computed, with the same outcome."""

    text: str
    node: Node
    paths: frozenset[Path]
    """The foreign keys to be followed, one after the other, to the records it needs."""
    names: frozenset[str]
    """The fields of the record itself that it reads."""
    related: frozenset[tuple[Path, str]]
    """The fields of other records that it reads, each with the path that leads there."""
    guarded: bool = False
    """Whether it may lead only to what whoever asks may read."""

    @property
    def kind(self) -> Kind:
        """The kind of its value."""
        return self.node.kind

    def sql(self, user: User, now: int, source: Callable[[str], Source], alias: str = 't') -> Written:
        """SQL over the row called `alias`."""
        return self._written(Writer(user, now, source, alias))

    def literal(self, user: User, now: int, source: Callable[[str], Source], alias: str) -> Written:
        """The same without parameters, to stand where there may be none."""
        return self._written(LiteralWriter(user, now, source, alias))

    def _written(self, writer: Writer) -> Written:
        return Written(self.node.write(writer), writer.parameters, writer.joins)

    def literal_sql(self, alias: str = 't') -> str:
        """SQL without parameters, of an expression that asks neither who nor when, and follows no foreign key."""
        return self.node.write(LiteralWriter(User(''), 0, lambda entity: Source(entity, ''), alias))

    def value(self, row: Row) -> Any:
        """Its value for one record: text, Decimal, float, bool, days or microseconds since 1970, or `None`."""
        return self.node.compute(row)


def parse_expression(text: str, scope: Scope, *, wants: Kind | None = None, place: str = 'filter') -> Expression:
    """Read an expression, or raise `Malformed` that points at the character; `place` says where the text stood."""
    reading = Reading(text, scope, place)
    node = reading.read(wants)
    looked_at = frozenset(reading.paths), frozenset(reading.names), frozenset(reading.related)
    return Expression(text, node, *looked_at, scope.guarded)
