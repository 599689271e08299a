"""What may be wrong between the entities of a config: where they lead, and what their rules look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import NamedTuple

from app.errors import Malformed
from app.expressions import BOOLEAN, Kind, Scope, parse_expression
from app.fields import Field
from app.fields.reverse import Reverse
from app.schema import Entity
from app.spelling import did_you_mean

CONDITIONS = ('check', 'visible_if', 'required_if', 'readonly_if')


class Wrong(NamedTuple):
    """One thing that is wrong, and where in the document of an entity."""

    entity: str
    place: tuple[str, ...]
    message: str


def problems_between(entities: Mapping[str, Entity], unreadable: Set[str]) -> Iterator[Wrong]:
    """What is wrong between entities; those that are `unreadable` are there, but nothing is known of them."""
    for name, entity in entities.items():
        for reference in [*entity.references, *entity.reverse.values()]:
            if message := _wrong_target(name, reference, entities, unreadable):
                yield Wrong(name, ('fields', reference.name, 'references'), message)
        for place, text, wants in _conditions(entity):
            if message := _wrong_condition(entity, text, wants, entities):
                yield Wrong(name, place, message)


def _wrong_target(name: str, reference: Field, entities: Mapping[str, Entity], unreadable: Set[str]) -> str:
    target = getattr(reference, 'references', '')
    known = entities.keys() | unreadable
    if target not in known:
        return f'there is no entity {target!r}{did_you_mean(target, known)}'
    if isinstance(reference, Reverse) and target in entities:
        return _wrong_reverse(name, reference, entities[target])
    return ''


def _wrong_reverse(entity: str, reverse: Reverse, other: Entity) -> str:
    """What is wrong with a field that lists records of another entity; empty if they lead here by one foreign key."""
    leading = [one.name for one in other.references if getattr(one, 'references', '') == entity]
    if not leading:
        return f'none of its fields is a foreign key to {entity}'
    right = reverse.by in leading if reverse.by else len(leading) == 1
    return '' if right else f'by: must be one of {", ".join(leading)}, which are the foreign keys to {entity}'


def _conditions(entity: Entity) -> Iterator[tuple[tuple[str, ...], str, Kind | None]]:
    for action, rule in entity.permissions.conditions():
        yield ('permissions', action), rule[1:-1], BOOLEAN
    for field in entity.ruled:
        for option in CONDITIONS:
            yield ('fields', field.name, option), getattr(field, option), BOOLEAN
        yield ('fields', field.name, 'default_expression'), field.default_expression, None


def _wrong_condition(entity: Entity, text: str, wants: Kind | None, entities: Mapping[str, Entity]) -> str:
    scope = Scope(entity.named(), lambda name: entities[name].named())
    try:
        if text:
            parse_expression(text, scope, wants=wants, place='expression')
    except Malformed as error:
        return error.detail
    except KeyError:
        pass  # the entity is not there, which is told of the foreign key that leads to it
    return ''
