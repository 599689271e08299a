"""What fields say of the record they stand in: checks, computed defaults, when a value is needed, shown or fixed."""

from __future__ import annotations

from collections.abc import Collection

from app.crud.covering import expression_of
from app.crud.naming import now, user_of
from app.crud.values import Stored, shown_form
from app.expressions import BOOLEAN, Row, to_stored
from app.fields import Field
from app.permissions import Principal
from app.schema import Entity


def add_defaults(entity: Entity, stored: Stored, sent: Collection[str], principal: Principal) -> dict[str, str]:
    """Compute the defaults of fields that were not sent; returns what is wrong with them."""
    errors = {}
    for field in entity.ruled:
        if field.default_expression and field.name not in sent:
            expression = expression_of(entity, field.default_expression)
            value = to_stored(expression.kind, expression.value(_row(entity, stored, principal)))
            try:
                if (accepted := field.parse(value) if value is not None else None) is not None:
                    stored[field.id] = accepted
            except ValueError as error:
                errors[field.name] = f'has a default that {error}'
    return errors


def broken_rules(
    entity: Entity, after: Stored, principal: Principal, before: Stored | None = None, changed: Collection[str] = ()
) -> dict[str, str]:
    """What is wrong with a record as it will be, by field; `changed` are the ids of fields that differ from before."""
    errors = {}
    for field in entity.ruled:
        if reason := _broken(entity, field, after, principal, before, changed):
            errors[field.name] = reason
    return errors


def _broken(
    entity: Entity, field: Field, after: Stored, principal: Principal, before: Stored | None, changed: Collection[str]
) -> str:
    def holds(text: str, values: Stored) -> bool | None:
        found: bool | None = expression_of(entity, text, BOOLEAN).value(_row(entity, values, principal))
        return found

    if before is not None and field.readonly_if and field.id in changed and holds(field.readonly_if, before) is True:
        return f'cannot be changed, since {field.readonly_if}'
    shown = not field.visible_if or holds(field.visible_if, after) is True
    if shown and after.get(field.id) is None:
        if field.required:
            return 'is required'
        if field.required_if and holds(field.required_if, after) is True:
            return f'is required, since {field.required_if}'
    if shown and field.check and holds(field.check, after) is False:
        return field.message or f'does not fulfil {field.check}'
    return ''


def _row(entity: Entity, stored: Stored, principal: Principal) -> Row:
    return Row(shown_form(entity, stored), user_of(principal), now())
