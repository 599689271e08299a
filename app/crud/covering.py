"""Whether a decision that is bound to a condition covers one record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.crud.naming import now, user_of
from app.crud.related import led_to
from app.crud.table import Table
from app.crud.values import Stored, shown_form
from app.errors import Denied
from app.expressions import BOOLEAN, Expression, Kind, Row, parse_expression
from app.permissions import OWN, Action, Decision, Principal, decide, is_condition


def covers(table: Table, decision: Decision, principal: Principal, values: Mapping[str, Any], owner: str) -> bool:
    """Whether `decision` holds for a record with these values by name, in their stored form."""
    if not decision.condition:
        return True
    if decision.condition == OWN:
        return owner == principal.id
    condition = condition_of(table, decision.condition)
    return condition.value(row_of(table, condition, {**values, '_owner': owner}, principal)) is True


def check_allowed(table: Table, action: Action, principal: Principal, stored: Stored, owner: str) -> None:
    """Refuse to leave a record behind as its author might not have written it; `Denied` says what it must fulfil."""
    entity = table.entity
    decision = decide(entity.permissions, action, principal, entity.resource)
    if decision.condition and not covers(table, decision, principal, shown_form(entity, stored), owner):
        raise Denied(f'{reason_of(table, decision, principal)} With these values it would not be.')


def reason_of(table: Table, decision: Decision, principal: Principal) -> str:
    """Why it is so, for whoever asks; a condition on fields that are hidden from him is not told."""
    if decision.condition in {'', OWN} or _may_know(table, decision.condition, principal):
        return decision.reason
    return f'{decision.reason.partition(" where ")[0]} under a condition.'


def rules_of(table: Table, action: Action, principal: Principal) -> list[str]:
    """The rules for an action, for whoever asks."""
    rules = table.entity.permissions.rules(action)
    return [
        rule if not is_condition(rule) or _may_know(table, rule, principal) else '(under a condition)' for rule in rules
    ]


def _may_know(table: Table, condition: str, principal: Principal) -> bool:
    expression = condition_of(table, condition)
    looked_at = [((), name) for name in expression.names] + list(expression.related)
    return not any(name in table.led_to(path).entity.hidden_from(principal) for path, name in looked_at)


def condition_of(table: Table, condition: str) -> Expression:
    """The condition, read; it may look at fields that are hidden from whoever asks."""
    return expression_of(table, condition, BOOLEAN)


@lru_cache(maxsize=256)
def expression_of(table: Table, text: str, wants: Kind | None = None) -> Expression:
    """An expression that the config says of an entity, read once: a new config has new tables."""
    return parse_expression(text, table.scope, wants=wants)


def row_of(table: Table, expression: Expression, values: Mapping[str, Any], principal: Principal) -> Row:
    """A record, by name in its stored form, as an expression looks at it."""
    return Row(values, user_of(principal), now(), led_to(table, expression.paths, values))
