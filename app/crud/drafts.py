"""Records about to be created: from what a client sent to the values that will be stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.crud.field_rules import add_defaults, broken_rules
from app.crud.table import Table
from app.crud.values import Stored, changed_values, new_values
from app.errors import Denied, Invalid
from app.identifier import new_id
from app.permissions import Principal
from app.schema import Entity


@dataclass(frozen=True, slots=True)
class Draft:
    """A record about to be created."""

    id: str
    values: Stored
    minted: bool


def check_writable(entity: Entity, sent: Any, principal: Principal) -> None:
    """Refuse values for fields that `principal` may not set."""
    names = {entity.aliases.get(name, name) for name in sent} if isinstance(sent, dict) else set()
    closed = entity.closed_to(principal) & names
    if closed:
        errors = dict.fromkeys(sorted(closed), 'may not be set by you')
        raise Denied(f'You may not set {", ".join(sorted(closed))}.', errors=errors)


def draft_changes(
    table: Table, before: Stored, sent: Any, principal: Principal, *, replace: bool = False
) -> dict[str, dict[str, Any]]:
    """What a client's values alter in a record: field id -> {from, to}."""
    changes = changed_values(table.entity, sent, before, replace=replace)
    if changes and table.entity.ruled:
        after = {**before, **{id_: change['to'] for id_, change in changes.items()}}
        if errors := broken_rules(table, after, principal, before, changes.keys()):
            raise Invalid(errors=errors)
    return changes


def draft_record(table: Table, sent: Any, principal: Principal) -> Draft:
    """A new record from what a client sent, with the id it will have."""
    entity = table.entity
    values = new_values(entity, sent)
    if entity.ruled:
        errors = add_defaults(table, values, {entity.aliases.get(name, name) for name in sent}, principal)
        if errors := errors | broken_rules(table, values, principal):
            raise Invalid(errors=errors)
    if entity.key:
        return Draft(entity.record_id(values), values, minted=False)
    given = sent.get('id')
    if given is None or given == '':
        return Draft(new_id(), values, minted=True)
    return Draft(entity.given_id(given), values, minted=False)
