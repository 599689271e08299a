"""Where SQL finds the records that expressions lead to: all of them for rules, those that may be read for filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.crud.covering import condition_of
from app.crud.naming import now, user_of
from app.crud.table import Table
from app.expressions import Expression, Source
from app.permissions import Principal, decide

Find = Callable[[str], Source]


def source_at(tables: Mapping[str, Table], position: int | None) -> Find:
    """Where the records of an entity are, at a position of the log or now."""

    def find(entity: str) -> Source:
        table = tables[entity]
        return Source(table.rows if position is None else table.rows_at(position), table.reference_column)

    return find


def readable_at(tables: Mapping[str, Table], position: int | None, principal: Principal) -> Find:
    """The same for what `principal` may read; all others are like none."""
    find = source_at(tables, position)

    def find_readable(entity: str) -> Source:
        table, source = tables[entity], find(entity)
        decision = decide(table.entity.permissions, 'read', principal, entity)
        if not decision.condition:
            return source
        written = condition_of(table, decision.condition).literal(user_of(principal), now(), find, 'r')
        joins = ''.join(written.joins.values())
        return Source(f'(SELECT r.* FROM {source.table} AS r{joins} WHERE {written.sql})', source.key, mark=' readable')

    return find_readable


def looked_at(table: Table, expression: Expression, principal: Principal) -> set[str]:
    """The entities besides its own whose records decide what an expression gives."""
    led_to = [table.led_to(path) for path in expression.paths]
    names = {one.entity.resource for one in led_to}
    for one in led_to if expression.guarded else ():
        decision = decide(one.entity.permissions, 'read', principal, one.entity.resource)
        if decision.condition:
            names |= {one.led_to(path).entity.resource for path in condition_of(one, decision.condition).paths}
    return names
