"""What differs between an entity as it is and as a new config describes it."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.fields import Field
from app.schema import Entity

SHOWN_ONLY = frozenset(
    'name label help searchable readonly default default_expression permissions placeholder unit aliases check message '
    'visible_if required_if readonly_if'.split()
)
"""Options of a field that say nothing about which values it may hold."""
PARTS = ('label', 'description', 'unique', 'interface', 'layout', 'permissions', 'api')


class Difference(NamedTuple):
    """One of them, in a word and in a sentence."""

    change: str
    field: str
    says: str

    def as_json(self) -> dict[str, str]:
        """The difference as the API shows it."""
        return {name: value for name, value in self._asdict().items() if value}


def compare(old: Entity | None, new: Entity | None, recorded: frozenset[str] = frozenset()) -> list[Difference]:
    """All differences; `recorded` are the ids of fields that records in the log have values of."""
    if new is None:
        return [Difference('remove_entity', '', 'Its records are kept, and come back with it.')] if old else []
    if old is None:
        return [Difference('add_entity', '', f'{len(new.stored)} fields.')]
    before, after = ({field.id: field for field in entity.stored} for entity in (old, new))
    found = [_removed(field) for id_, field in before.items() if id_ not in after]
    for id_, field in after.items():
        found += _altered(before[id_], field) if id_ in before else [_added(field, recorded)]
    kept = [[id_ for id_ in fields if id_ in before and id_ in after] for fields in (before, after)]
    if kept[0] != kept[1]:
        found.append(Difference('reorder', '', 'The fields stand in another order.'))
    if keys_of(old) != keys_of(new):
        found.append(Difference('change_key', '', f'{_words(old.key)} becomes {_words(new.key)}.'))
    for part in PARTS:
        if getattr(old, part) != getattr(new, part):
            found.append(Difference(f'change_{part}', '', f'{part} is said otherwise.'))
    return found


def keys_of(entity: Entity) -> list[str]:
    """The ids of the fields that make up its key."""
    return [entity.fields[name].id for name in entity.key]


def definition(field: Field) -> dict[str, Any]:
    """What decides which values a field may hold."""
    return field.model_dump(exclude=set(SHOWN_ONLY))


def _removed(field: Field) -> Difference:
    return Difference('remove_field', field.name, 'Its values are kept in the log, and come back with it.')


def _added(field: Field, recorded: frozenset[str]) -> Difference:
    if field.id in recorded:
        return Difference('restore_field', field.name, 'The values that it had come back.')
    return Difference('add_field', field.name, f'A new {field.type}.')


def _altered(old: Field, new: Field) -> list[Difference]:
    found = []
    if old.name != new.name:
        found.append(Difference('rename_field', new.name, f'It was called {old.name}, which still works.'))
    if old.type != new.type:
        found.append(Difference('retype_field', new.name, f'{old.type} becomes {new.type}.'))
    before, after = old.model_dump(), new.model_dump()
    options = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    if altered := sorted(options - {'name', 'type', 'id'}):
        words = (f'{name}: {before[name]!r} becomes {after[name]!r}' for name in altered)
        found.append(Difference('change_field', new.name, f'{"; ".join(words)}.'))
    return found


def _words(names: tuple[str, ...]) -> str:
    return ', '.join(names) or 'an id of its own'
