"""What people do with their own account besides logging in: sessions, API keys, profile. Every verb blocks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from app.auth.api_keys import ApiKey, ApiKeys
from app.auth.claims import Claims
from app.auth.database import Database
from app.auth.events import Caller, SecurityEvents
from app.auth.problems import Conflict, Denied, Invalid, NotFound, NotLoggedIn
from app.auth.sessions import Session, Sessions
from app.auth.users import User, Users

SCOPE = re.compile(r'[a-z*][a-z0-9_*-]{0,59}(:[a-z*][a-z0-9_*-]{0,59})?')
MOST_KEYS = 50
LANGUAGE = re.compile(r'[a-z]{2,3}(-[A-Z]{2})?')


class OwnAccount:
    """`claims` say who asks; an API key may do nothing of this."""

    def __init__(
        self,
        *,
        database: Database,
        users: Users,
        sessions: Sessions,
        api_keys: ApiKeys,
        events: SecurityEvents,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._users = users
        self._sessions = sessions
        self._api_keys = api_keys
        self._events = events
        self._clock = clock

    def end_session(self, claims: Claims, session_id: str, caller: Caller) -> None:
        """End one session: one's own, or as an admin anyone's."""
        with self._database.transaction() as transaction:
            session = self._sessions.by_id(session_id)
            if session is None or not _may_touch(claims, session.user_id):
                raise NotFound('There is no such session.')
            self._sessions.end(transaction, [session_id])
            self._events.record(transaction, 'session_ended', caller, user=session.user_id, session=session_id)

    def make_key(
        self, claims: Claims, name: str, scopes: list[str], days: int | None, caller: Caller
    ) -> tuple[ApiKey, str]:
        """A new API key for oneself, and its secret, which is never shown again."""
        name = name.strip()
        if not name or not name.isprintable():
            raise Invalid({'name': 'Say what the key is for.'})
        if not scopes or not all(SCOPE.fullmatch(scope) for scope in scopes):
            raise Invalid({'scopes': 'Name at least one scope, such as customers:read, events:append or *.'})
        with self._database.transaction() as transaction:
            user = self._user(claims)
            if len(self._api_keys.of_user(user.id)) >= MOST_KEYS:
                raise Conflict(f'You have {MOST_KEYS} keys already; revoke one first.')
            expires_at = self._clock() + days * 86400 if days else None
            made = self._api_keys.make(transaction, user, name, sorted(set(scopes)), expires_at)
            self._events.record(transaction, 'key_made', caller, user=user.id, detail=f'{name}: {" ".join(scopes)}')
        return made

    def revoke_key(self, claims: Claims, key_id: str, caller: Caller) -> None:
        """Make a key useless at once: one's own, or as an admin anyone's."""
        with self._database.transaction() as transaction:
            key = self._api_keys.by_id(key_id)
            if key is None or not _may_touch(claims, key.user_id):
                raise NotFound('There is no such key.')
            self._api_keys.revoke(transaction, [key])
            transaction.then(lambda: self._sessions.interrupt([key.session_id]))
            self._events.record(transaction, 'key_revoked', caller, user=key.user_id, detail=key.name)

    def change_profile(self, claims: Claims, changes: dict[str, Any], caller: Caller) -> User:
        """Set the time zone and the language."""
        if changes.get('time_zone', 'UTC') not in available_timezones():
            raise Invalid({'time_zone': 'This is not the name of a time zone, such as Europe/Berlin.'})
        if not LANGUAGE.fullmatch(changes.get('language', 'en')):
            raise Invalid({'language': 'This is not the code of a language, such as en or de.'})
        with self._database.transaction() as transaction:
            user = self._user(claims)
            changed = replace(user, **changes)
            self._users.change(transaction, changed)
            self._events.record(transaction, 'profile_changed', caller, user=user.id)
        return changed

    def sessions_of(self, user_id: str) -> list[Session]:
        """The sessions of a user, the one used last first."""
        return self._sessions.of_user(user_id)[::-1]

    def _user(self, claims: Claims) -> User:
        user = self._users.by_id(claims.user_id)
        if user is None:
            raise NotLoggedIn('This account is gone.')
        return user


def check_not_a_key(claims: Claims) -> None:
    """Refuse API keys, which could otherwise make themselves stronger."""
    if claims.scopes is not None:
        raise Denied('An API key cannot manage accounts. Log in for that.')


def _may_touch(claims: Claims, user_id: str) -> bool:
    return user_id == claims.user_id or 'admin' in claims.roles
