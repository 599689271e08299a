"""From what a client sent to what is stored: checked field by field, every mistake named at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app import codec
from app.errors import Invalid, Malformed
from app.events import Claim
from app.fields import Field
from app.fields.timestamp import format_moment
from app.schema import Entity

Stored = dict[str, Any]
"""Field id -> stored form; fields without a value are left out."""


def new_values(entity: Entity, sent: Any) -> Stored:
    """The stored values of a record to be created."""
    values = _named(entity, sent)
    stored: Stored = {}
    errors: dict[str, str] = {}
    for field in entity.stored:
        if field.fills_itself:
            stored[field.id] = _now()
            continue
        value = values.get(field.name)
        _accept(field, field.default if value is None and field.name not in values else value, stored, errors)
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


def claims(entity: Entity, stream: str, before: Stored, after: Stored) -> list[Claim]:
    """The unique values that change hands when a record goes from `before` to `after`."""
    unique = [field for field in entity.stored if field.unique and before.get(field.id) != after.get(field.id)]
    scopes = {field.id: f'{entity.resource}.{field.id}' for field in unique}
    released = [
        Claim(scopes[field.id], claim_key(before[field.id]), stream, release=True)
        for field in unique
        if before.get(field.id) is not None
    ]
    taken = [
        Claim(scopes[field.id], claim_key(after[field.id]), stream)
        for field in unique
        if after.get(field.id) is not None
    ]
    return released + taken


def claim_key(value: Any) -> str:
    """A stored value as the text that is unique."""
    return value if isinstance(value, str) else codec.canonical(value)


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
    """Stored values by the names that clients know."""
    return {field.name: stored.get(field.id) for field in entity.stored}


def _named(entity: Entity, sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise Malformed('The body must be a JSON object: {"field": value, …}.')
    unknown = {}
    for name in sent:
        if name not in entity.fields and name not in {'id', '_version'}:
            close = difflib.get_close_matches(name, entity.fields, n=1)
            unknown[name] = 'is not a field' + (f', did you mean {close[0]!r}?' if close else '')
    if unknown:
        raise Invalid(errors=unknown)
    return sent


def _accept(field: Field, value: Any, stored: Stored, errors: dict[str, str]) -> None:
    try:
        stored[field.id] = field.accept(value)
    except ValueError as error:
        errors[field.name] = str(error)


def _now() -> str:
    return format_moment(datetime.now(UTC))
