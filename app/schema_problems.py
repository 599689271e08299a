"""What may be wrong with an entity as a whole, found when its document is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.errors import Malformed
from app.expressions import Scope, parse_expression

if TYPE_CHECKING:
    from app.schema import Entity

NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]{0,59}')
FIXED_WORDS = frozenset(
    'import imports export changes history undo redo transaction api docs ws health files assets openapi.json login '
    'logout register setup config explain schema batch new views'.split()
)


def problems_of(entity: Entity) -> list[str]:
    """What is wrong with an entity, each with the place in its document."""
    problems = _wrong_fields(entity)
    if not re.fullmatch(r'[a-z][a-z0-9_]{0,59}', entity.resource) or entity.resource in FIXED_WORDS:
        problems.append(f'resource: {entity.resource!r} is not a free name of small letters, digits and underscores')
    interface = entity.interface
    ordering = [name.removeprefix('-') for name in interface.ordering]
    problems += [f'interface.ordering: {name} stands twice' for name in {*ordering} if ordering.count(name) > 1]
    for place, names in (
        ('key', entity.key),
        *(('unique', names) for names in entity.unique),
        ('interface.list_display', interface.list_display),
        ('interface.search_fields', interface.search_fields),
        ('interface.filters', interface.filters),
        ('interface.ordering', ordering),
        ('interface.display', [interface.display] if interface.display else []),
    ):
        problems += [f'{place}: there is no field {name!r}' for name in names if name not in entity.fields]
    problems += entity.layout.problems(entity.fields)
    if entity.api.base_path not in {'', f'/api/{entity.resource}'}:
        problems.append(f'api.base_path: is always /api/{entity.resource}; leave it out')
    if not entity.stored:
        problems.append('fields: needs at least one besides the primary_key')
    return problems


def settle_computed(entity: Entity) -> list[str]:
    """Read the expressions of computed fields, so that these know what they hold; returns what is wrong with them."""
    problems = []
    scope = Scope({name: one for name, one in entity.named(stored=True).items() if entity.field(name)})
    for field in entity.computed:
        place = f'fields.{field.name}.expression'
        try:
            expression = parse_expression(field.expression, scope, place='expression')
            if expression.paths or '@' in field.expression:
                raise ValueError('a computed value follows from its own record alone, whoever asks, and whenever')
            field.settle(expression)
        except Malformed as error:
            problems.append(f'{place}: {error.detail}')
        except ValueError as error:
            problems.append(f'{place}: {error}')
    return problems


def _wrong_fields(entity: Entity) -> list[str]:
    problems = []
    names = [name.lower() for name in entity.fields]
    ids = [field.id.lower() for field in entity.fields.values()]
    for name, field in entity.fields.items():
        if not NAME.fullmatch(name) or names.count(name.lower()) > 1:
            problems.append(f'fields.{name}: names are letters, digits and underscores, and differ in more than case')
        elif not NAME.fullmatch(field.id) or ids.count(field.id.lower()) > 1:
            problems.append(f'fields.{name}: its id {field.id!r} must be a name that no other field has or once had')
        for alias in field.aliases:
            if alias != name and (alias in entity.fields or entity.aliases.get(alias) != name):
                problems.append(f'fields.{name}: the alias {alias!r} is a name of another field')
        if field.minted and (name != 'id' or entity.key):
            problems.append(f'fields.{name}: a primary_key must be called id, and leaves no room for key')
        if 'id' in {name.lower(), field.id.lower()} and not field.minted:
            problems.append(f'fields.{name}: id is the address of a record; make it a primary_key or name it otherwise')
        if not field.sortable and name in {word.removeprefix('-') for word in entity.interface.ordering}:
            problems.append(f'interface.ordering: {name} is of type {field.type_name}, which has no order')
        if not field.sortable and name in entity.key:
            problems.append(f'key: {name} is of type {field.type_name}, which cannot name a record')
    return problems
