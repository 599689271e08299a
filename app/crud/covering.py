"""Whether a decision that is bound to a condition covers one record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.crud.naming import now, user_of
from app.crud.table import Table
from app.crud.values import Stored, shown_form
from app.errors import Denied
from app.expressions import BOOLEAN, Expression, Kind, Row, Scope, parse_expression
from app.permissions import OWN, Action, Decision, Principal, decide, is_condition
from app.schema import Entity


def covers(entity: Entity, decision: Decision, principal: Principal, values: Mapping[str, Any], owner: str) -> bool:
    """Whether `decision` holds for a record with these values by name, in their stored form."""
    if not decision.condition:
        return True
    if decision.condition == OWN:
        return owner == principal.id
    row = Row({**values, '_owner': owner}, user_of(principal), now())
    return condition_of(entity, decision.condition).value(row) is True


def check_allowed(table: Table, action: Action, principal: Principal, stored: Stored, owner: str) -> None:
    """Refuse to leave a record behind as its author might not have written it; `Denied` says what it must fulfil."""
    entity = table.entity
    decision = decide(entity.permissions, action, principal, entity.resource)
    if decision.condition and not covers(entity, decision, principal, shown_form(entity, stored), owner):
        raise Denied(f'{reason_of(entity, decision, principal)} With these values it would not be.')


def reason_of(entity: Entity, decision: Decision, principal: Principal) -> str:
    """Why it is so, for whoever asks; a condition on fields that are hidden from him is not told."""
    if decision.condition in {'', OWN} or _may_know(entity, decision.condition, principal):
        return decision.reason
    return f'{decision.reason.partition(" where ")[0]} under a condition.'


def rules_of(entity: Entity, action: Action, principal: Principal) -> list[str]:
    """The rules for an action, for whoever asks."""
    rules = entity.permissions.rules(action)
    return [
        rule if not is_condition(rule) or _may_know(entity, rule, principal) else '(under a condition)'
        for rule in rules
    ]


def _may_know(entity: Entity, condition: str, principal: Principal) -> bool:
    return condition_of(entity, condition).names.isdisjoint(entity.hidden_from(principal))


def condition_of(entity: Entity, condition: str) -> Expression:
    """The condition, read; it may look at fields that are hidden from whoever asks."""
    return expression_of(entity, condition, BOOLEAN)


def expression_of(entity: Entity, text: str, wants: Kind | None = None) -> Expression:
    """An expression that the config says of an entity, read once."""
    return _read(text, Fields(entity), wants)


class Fields:
    """An entity as a key of a cache: its rules and fields never change, a new config has new entities."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity

    def __hash__(self) -> int:
        return id(self.entity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fields) and other.entity is self.entity


@lru_cache(maxsize=256)
def _read(text: str, fields: Fields, wants: Kind | None) -> Expression:
    return parse_expression(text, Scope(fields.entity.named()), wants=wants)
