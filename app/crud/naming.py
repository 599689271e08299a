"""What expressions may name of the entities, and what the words mean that begin with @."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.crud.table import Table
from app.errors import Malformed
from app.expressions import Named, Scope, User
from app.permissions import Principal, decide

if TYPE_CHECKING:
    from app.crud.catalog import Catalog


def scope_for(catalog: Catalog, table: Table, principal: Principal | None) -> Scope:
    """The fields that `principal` may see, of an entity and of those that its foreign keys lead to; all for nobody."""

    def others(entity: str) -> Mapping[str, Named]:
        other = catalog.table(entity)
        if principal:
            decision = decide(other.entity.permissions, 'read', principal, entity)
            if not decision.allowed:
                raise Malformed(f'You may not read {entity}, so you can neither filter nor sort by it.')
        return other.named(other.entity.hidden_from(principal) if principal else frozenset())

    hidden = table.entity.hidden_from(principal) if principal else frozenset()
    return Scope(table.named(hidden), others, guarded=principal is not None)


def now() -> int:
    """What `@now` is: microseconds since 1970."""
    return time.time_ns() // 1000


def user_of(principal: Principal) -> User:
    """Who `@user` is."""
    return User(principal.id, principal.name, tuple(sorted(principal.roles)))
