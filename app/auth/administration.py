"""What admins do with the accounts of others. Every verb blocks: run it in a thread."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.auth.api_keys import ApiKeys
from app.auth.database import Database, Transaction
from app.auth.events import Caller, SecurityEvents
from app.auth.identifier import new_id
from app.auth.passwords import Passwords
from app.auth.problems import Conflict, Invalid, NotFound
from app.auth.registration import Candidate, password_mistake
from app.auth.reset_links import ResetLinks
from app.auth.sessions import Sessions
from app.auth.users import User, Users

ROLE = re.compile(r'[a-z][a-z0-9_-]{0,39}')
RESERVED_ROLES = frozenset({'public', 'authenticated', 'owner'})
"""Words that mean something else in the rules of an entity."""


class Administration:
    """Each verb commits its change together with its security event, which says who did it."""

    def __init__(
        self,
        *,
        database: Database,
        users: Users,
        sessions: Sessions,
        api_keys: ApiKeys,
        reset_links: ResetLinks,
        events: SecurityEvents,
        passwords: Passwords,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._users = users
        self._sessions = sessions
        self._api_keys = api_keys
        self._reset_links = reset_links
        self._events = events
        self._passwords = passwords
        self._clock = clock

    def create(self, candidate: Candidate, roles: list[str], caller: Caller) -> User:
        """Make an account for somebody."""
        user = User(
            id=new_id(),
            username=candidate.username,
            email=candidate.email,
            password_hash=self._passwords.hash(candidate.password),
            roles=_checked(roles),
            created_at=int(self._clock() * 1_000_000),
        )
        with self._database.transaction() as transaction:
            self._users.add(transaction, user)
            self._events.record(transaction, 'created', caller, user=user.id, detail=','.join(user.roles))
        return user

    def change(self, user_id: str, changes: dict[str, Any], caller: Caller) -> User:
        """Alter roles, name, address or whether the account is disabled; connections that are open are closed."""
        with self._database.transaction() as transaction:
            user = self._find(user_id)
            if 'roles' in changes:
                changes = changes | {'roles': _checked(changes['roles'])}
            changed = replace(user, **changes)
            if changed == user:
                return user
            self._keep_an_admin(user, changed)
            self._users.change(transaction, changed)
            sessions = [session.id for session in self._sessions.of_user(user_id)]
            if changed.disabled:
                self._sessions.end(transaction, sessions)
                sessions = []  # who listens is told by that
            keys = [key.session_id for key in self._api_keys.of_user(user_id)]
            transaction.then(lambda: self._sessions.interrupt([*sessions, *keys]))
            for type, detail in _what_changed(user, changed):
                self._events.record(transaction, type, caller, user=user_id, detail=detail)
        return changed

    def delete(self, user_id: str, caller: Caller) -> None:
        """Remove an account with its sessions and keys; what it did stays in the logs under its id."""
        with self._database.transaction() as transaction:
            user = self._find(user_id)
            self._keep_an_admin(user, None)
            self._sessions.end(transaction, [session.id for session in self._sessions.of_user(user_id)])
            keys = self._api_keys.of_user(user_id)
            self._api_keys.revoke(transaction, keys)
            transaction.then(lambda: self._sessions.interrupt([key.session_id for key in keys]))
            self._reset_links.void(transaction, user)
            self._users.remove(transaction, user)
            self._events.record(transaction, 'deleted', caller, user=user_id, detail=user.username)

    def end_sessions(self, user_id: str, caller: Caller) -> None:
        """Log somebody out everywhere."""
        with self._database.transaction() as transaction:
            user = self._find(user_id)
            self._sessions.end(transaction, [session.id for session in self._sessions.of_user(user_id)])
            self._events.record(transaction, 'sessions_ended', caller, user=user.id)

    def hand_out_reset(self, user_id: str, caller: Caller) -> tuple[str, float]:
        """The token of a link that sets a new password once, and when it runs out."""
        with self._database.transaction() as transaction:
            user = self._find(user_id)
            link = self._reset_links.make(transaction, user)
            self._events.record(transaction, 'reset_link_made', caller, user=user_id)
        return link

    def check_reset(self, token: str, password: str) -> None:
        """Refuse a bad link or password before the slow hash."""
        with self._database.transaction() as transaction:
            user = self._of_link(transaction, token)
        if mistake := password_mistake(password, user.username, user.email):
            raise Invalid({'password': mistake})

    def reset(self, token: str, password: str, caller: Caller) -> User:
        """Set the password that the link was made for, and end all sessions."""
        hashed = self._passwords.hash(password)
        with self._database.transaction() as transaction:
            user = self._of_link(transaction, token)
            changed = replace(user, password_hash=hashed)
            self._users.change(transaction, changed)
            self._reset_links.void(transaction, user)
            self._sessions.end(transaction, [session.id for session in self._sessions.of_user(user.id)])
            self._events.record(transaction, 'password_reset', caller, user=user.id)
        return changed

    def _of_link(self, transaction: Transaction, token: str) -> User:
        user = self._reset_links.user_of(transaction, token)
        if user is None:
            raise NotFound('This link is not good, or no longer. Ask an admin for a new one.')
        return user

    def _find(self, user_id: str) -> User:
        user = self._users.by_id(user_id)
        if user is None:
            raise NotFound('There is no such user.')
        return user

    def _keep_an_admin(self, before: User, after: User | None) -> None:
        def rules(user: User | None) -> bool:
            return user is not None and 'admin' in user.roles and not user.disabled

        others = [user for user in self._users.all() if user.id != before.id and rules(user)]
        if rules(before) and not rules(after) and not others:
            raise Conflict('This is the last admin. Make somebody else an admin first.')


def _checked(roles: list[str]) -> tuple[str, ...]:
    for role in roles:
        if not ROLE.fullmatch(role) or role in RESERVED_ROLES:
            raise Invalid({'roles': f'{role[:40]!r} is not the name of a role.'})
    return tuple(sorted(set(roles)))


def _what_changed(before: User, after: User) -> list[tuple[str, str]]:
    said = []
    if before.roles != after.roles:
        said.append(('roles_changed', f'{",".join(before.roles)} to {",".join(after.roles)}'))
    if before.disabled != after.disabled:
        said.append(('disabled' if after.disabled else 'enabled', ''))
    if (before.username, before.email) != (after.username, after.email):
        said.append(('renamed', f'{before.username} to {after.username}'))
    return said or [('profile_changed', '')]
