"""What expressions may name of the entities, and where SQL finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.crud.catalog import Catalog
from app.crud.table import Table
from app.errors import Malformed
from app.expressions import TEXT, Named, Scope, Source, User, kind_of_column
from app.permissions import Principal, decide

VERSION = kind_of_column('INTEGER')


def scope_for(catalog: Catalog, table: Table, principal: Principal | None) -> Scope:
    """The fields that `principal` may see, of an entity and of those that its foreign keys lead to; all for nobody."""

    def others(entity: str) -> Mapping[str, Named]:
        other = catalog.table(entity)
        if principal:
            decision = decide(other.entity.permissions, 'read', principal, entity)
            if not decision.allowed or decision.only_own:
                raise Malformed(f'filter: you may not read all of {entity}, so you cannot filter by it.')
        return names_of(other, principal)

    return Scope(names_of(table, principal), others)


def names_of(table: Table, principal: Principal | None) -> dict[str, Named]:
    """The fields of one entity by name."""
    hidden = table.entity.hidden_from(principal) if principal else frozenset()
    names = {'id': Named('id', 'id', TEXT), '_owner': Named('_owner', '_owner', TEXT)}
    names['_version'] = Named('_version', '_version', VERSION)
    for field in table.entity.stored:
        if field.name not in hidden:
            target = str(getattr(field, 'references', ''))
            names[field.name] = Named(field.name, field.id, kind_of_column(field.column), target)
    return names


def source_at(catalog: Catalog, position: int | None) -> Callable[[str], Source]:
    """Where the records of an entity are, at a position of the log or now."""

    def source(entity: str) -> Source:
        table = catalog.table(entity)
        return Source(table.name if position is None else table.as_of(position), table.reference_column)

    return source


def user_of(principal: Principal) -> User:
    """Who `@user` is."""
    return User(principal.id, principal.name, tuple(sorted(principal.roles)))
