"""From what a client sent to what is stored: checked field by field, every mistake named at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from app import codec
from app.errors import Invalid, Malformed
from app.events.event import rfc3339
from app.expressions import Row, User, to_stored
from app.fields import Field
from app.fields.computed import Computed
from app.schema import Entity
from app.spelling import did_you_mean

Stored = dict[str, Any]

NAMED = 20
"""Unknown fields in one answer; looking for what was meant by thousands would keep others waiting."""
"""Field id -> stored form; fields without a value are left out."""


def new_values(entity: Entity, sent: Any) -> Stored:
    """The stored values of a record to be created."""
    values = _named(entity, sent)
    stored: Stored = {}
    errors: dict[str, str] = {}
    moment = _now()
    for field in entity.stored:
        if field.fills_itself:
            stored[field.id] = moment
            continue
        value = field.for_new(values)
        if value is not None or field.required:
            _accept(field, value, stored, errors)
    if errors:
        raise Invalid(errors=errors)
    return {id_: value for id_, value in stored.items() if value is not None}


def changed_values(entity: Entity, sent: Any, current: Stored, *, replace: bool = False) -> dict[str, dict[str, Any]]:
    """What a change alters: field id -> {from, to}; with `replace`, fields not sent are emptied."""
    values = _named(entity, sent)
    stored: Stored = {}
    errors: dict[str, str] = {}
    for field in entity.stored:
        if field.fills_itself or (field.name not in values and not replace):
            continue
        _accept(field, values.get(field.name), stored, errors)
    changes = {
        field.id: {'from': current.get(field.id), 'to': stored[field.id]}
        for field in entity.stored
        if field.id in stored and field.to_column(stored[field.id]) != field.to_column(current.get(field.id))
    }
    for name in entity.key:
        if entity.fields[name].id in changes:
            errors[name] = 'is part of the key, which never changes'
    if errors:
        raise Invalid(errors=errors)
    if changes:
        changes |= {f.id: {'from': current.get(f.id), 'to': _now()} for f in entity.stored if f.follows_changes}
    return changes


def stored_form(entity: Entity, values: Mapping[str, Any]) -> Stored:
    """The stored values behind a record's values by name."""
    stored = {field.id: values.get(field.name) for field in entity.stored}
    stored |= {field.id: field.stored(value) for field in entity.files if (value := stored[field.id])}
    return {
        id_: codec.decode(codec.encode(value)) if isinstance(value, codec.Raw) else value
        for id_, value in stored.items()
        if value is not None
    }


def shown_form(entity: Entity, stored: Stored) -> dict[str, Any]:
    """Stored values by the names that clients know, with what is computed from them."""
    values = {field.name: stored.get(field.id) for field in entity.stored}
    if not entity.computed:
        return values
    row = Row(values, User(''), 0)
    computed = {field.name: _computed(field, row) for field in entity.computed}
    return {field.name: (computed if field.derived else values)[field.name] for field in entity.readable}


def _named(entity: Entity, sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise Malformed('The body must be a JSON object: {"field": value, …}.')
    if sent.keys() <= entity.sendable:
        return sent
    named: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for sent_name, value in sent.items():
        if len(wrong) == NAMED:
            break
        name = str(entity.aliases.get(sent_name, sent_name))
        if name in named:
            wrong[sent_name] = f'is another name of {name}; send one of them'
        elif name in entity.reverse:
            wrong[name] = f'is what of {entity.reverse[name].references} refers to the record; change it there'
        elif name not in entity.sendable:
            wrong[name[:80]] = f'is not a field{did_you_mean(name[:80], entity.fields)}'
        named[name] = value
    if wrong:
        raise Invalid(errors=wrong)
    return named


def _computed(field: Computed, row: Row) -> Any:
    expression = field.read_expression
    value = to_stored(expression.kind, expression.value(row))
    try:
        return field.parse(value) if value is not None else None
    except ValueError:
        return None  # it has more digits than there are


def _accept(field: Field, value: Any, stored: Stored, errors: dict[str, str]) -> None:
    if (value is None or value == '') and (field.settled_later or not field.required):
        stored[field.id] = None
        return
    try:
        stored[field.id] = field.accept(value)
    except ValueError as error:
        errors[field.name] = str(error)


def _now() -> str:
    return rfc3339(time.time_ns() // 1000)
