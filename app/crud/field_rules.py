"""What fields say of the record they stand in: checks, computed defaults, when a value is needed, shown or fixed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from app.crud.covering import expression_of, row_of
from app.crud.table import Table
from app.crud.values import Stored, shown_form
from app.expressions import BOOLEAN, to_stored
from app.fields import Field
from app.permissions import Principal


class Condition(NamedTuple):
    """How a form shows a field, while a record is as it is."""

    shown: bool
    needed: bool
    fixed: bool


class Following(NamedTuple):
    """What the values in a form entail."""

    conditions: dict[str, Condition]
    computed: dict[str, Any]


def follow(table: Table, before: Stored | None, typed: Mapping[str, Any], principal: Principal) -> Following:
    """What becomes of a form, as the record would be saved now; what is fixed hangs on the record as it was before."""
    entity, conditions = table.entity, {}
    after = as_typed(table, before or {}, typed)
    for field in entity.ruled:
        shown = not field.visible_if or _holds(table, field.visible_if, after, principal) is True
        needed = field.required or _holds(table, field.required_if, after, principal) is True
        fixed = before is not None and _holds(table, field.readonly_if, before, principal) is True
        conditions[field.name] = Condition(shown, needed, fixed)
    values = shown_form(entity, after) if entity.computed else {}
    return Following(conditions, {field.name: values[field.name] for field in entity.computed})


def as_typed(table: Table, before: Stored, typed: Mapping[str, Any]) -> Stored:
    """A record with what stands in a form; values that are not finished yet count as none."""
    after = dict(before)
    for name, value in typed.items():
        field = table.entity.fields[name]
        try:
            after[field.id] = None if value in (None, '') else field.parse(value)
        except ValueError:
            after[field.id] = None
    return {id_: value for id_, value in after.items() if value is not None}


def add_defaults(table: Table, stored: Stored, sent: Collection[str], principal: Principal) -> dict[str, str]:
    """Compute the defaults of fields that were not sent; returns what is wrong with them."""
    errors = {}
    for field in table.entity.ruled:
        if field.default_expression and field.name not in sent:
            expression = expression_of(table, field.default_expression)
            row = row_of(table, expression, shown_form(table.entity, stored), principal)
            value = to_stored(expression.kind, expression.value(row))
            try:
                if (accepted := field.parse(value) if value is not None else None) is not None:
                    stored[field.id] = accepted
            except ValueError as error:
                errors[field.name] = f'has a default that {error}'
    return errors


def broken_rules(
    table: Table, after: Stored, principal: Principal, before: Stored | None = None, changed: Collection[str] = ()
) -> dict[str, str]:
    """What is wrong with a record as it will be, by field; `changed` are the ids of fields that differ from before."""
    errors = {}
    for field in table.entity.ruled:
        if reason := _broken(table, field, after, principal, before, changed):
            errors[field.name] = reason
    return errors


def _broken(
    table: Table, field: Field, after: Stored, principal: Principal, before: Stored | None, changed: Collection[str]
) -> str:
    def holds(text: str, values: Stored) -> bool | None:
        return _holds(table, text, values, principal)

    if before is not None and field.id in changed and holds(field.readonly_if, before) is True:
        return f'cannot be changed, since {field.readonly_if}'
    shown = not field.visible_if or holds(field.visible_if, after) is True
    if shown and after.get(field.id) is None:
        if field.required:
            return 'is required'
        if holds(field.required_if, after) is True:
            return f'is required, since {field.required_if}'
    if shown and holds(field.check, after) is False:
        return field.message or f'does not fulfil {field.check}'
    return ''


def _holds(table: Table, text: str, values: Stored, principal: Principal) -> bool | None:
    """What an expression says of a record; nothing, where there is none."""
    if not text:
        return None
    expression = expression_of(table, text, BOOLEAN)
    found: bool | None = expression.value(row_of(table, expression, shown_form(table.entity, values), principal))
    return found
