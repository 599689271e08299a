"""May somebody do something with a record, and why: the decision in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from app.crud.covering import reason_of, rules_of
from app.crud.views import Views
from app.errors import Denied, Malformed, NotFound
from app.identifier import canonical_id
from app.permissions import ACTIONS, OWN, Action, Decision, Principal, decide

FindUser = Callable[[str], Principal | None]
"""`find_user(login)`: the user with this name or address, as a principal."""


class Explanations:
    """Admins may ask about anybody, others about themselves."""

    def __init__(self, views: Views, find_user: FindUser) -> None:
        self._views = views
        self._find_user = find_user

    async def explain(
        self, entity: str, record_id: str, action: str, user: str, principal: Principal
    ) -> dict[str, Any]:
        """Whether `user` may do `action` with the record, the reason, and what fields are open to him."""
        if action not in ACTIONS:
            raise Malformed(f'action: must be one of {", ".join(get_args(Action))}.')
        about = self._about(user, principal)
        table = self._views.catalog.table(entity)
        record = await self._views.find(entity, canonical_id(record_id))
        if record is None or (not principal.admin and not await self._views.may(entity, record, principal, 'read')):
            raise NotFound(f'There is no record {record_id!r} in {entity}.')
        decision = decide(table.entity.permissions, action, about, entity)
        allowed, reason = decision.allowed, reason_of(table, decision, principal)
        if allowed and decision.condition:
            allowed = await self._views.may(entity, record, about, action)
            reason += f' This one {_how(decision, allowed)}.'
        return {
            'user': about.name,
            'roles': sorted(about.roles),
            'action': action,
            'record': f'{entity}/{record.id}',
            'allowed': allowed,
            'reason': reason,
            'rules': rules_of(table, action, principal),
            'hidden_fields': sorted(table.entity.hidden_from(about)),
            'closed_fields': sorted(table.entity.closed_to(about)),
        }

    def _about(self, user: str, principal: Principal) -> Principal:
        if not user or user in {principal.id, principal.name}:
            return principal
        if not principal.admin:
            raise Denied('Only admins may ask about others.')
        found = self._find_user(user)
        if found is None:
            raise NotFound(f'There is no user {user!r}.')
        return found


def _how(decision: Decision, allowed: bool) -> str:
    if decision.condition == OWN:
        return 'is his' if allowed else 'belongs to someone else'
    return 'does' if allowed else 'does not'
