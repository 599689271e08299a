"""Refresh tokens: each is good once, and a second use ends the session, because one of the two users is a thief."""

from __future__ import annotations

from collections.abc import Callable

from app.auth.database import Database, Transaction
from app.auth.events import Caller, SecurityEvents
from app.auth.identifier import digest, new_secret
from app.auth.problems import NotLoggedIn
from app.auth.sessions import Session, Sessions
from app.auth.users import User

GRACE = 10.0
"""Seconds in which a token may be used again: a client with two windows, or one whose answer was lost, is no thief."""


class RefreshTokens:
    """Only their hashes are kept; all tokens of one session are a family."""

    def __init__(
        self, database: Database, sessions: Sessions, events: SecurityEvents, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._events = events
        self._clock = clock

    def issue(self, transaction: Transaction, session_id: str) -> str:
        """A new token of the session's family."""
        token = new_secret()
        transaction.run('INSERT INTO refresh_tokens VALUES (?, ?, ?, NULL)', digest(token), session_id, self._clock())
        return token

    def exchange(self, token: str, caller: Caller) -> tuple[Session, User, str]:
        """Take a token and give the next, or raise `NotLoggedIn`."""
        with self._database.transaction() as transaction:
            exchanged = self._exchange(transaction, token, caller)
        if exchanged is None:
            raise NotLoggedIn('This refresh token is not good, or no longer. Log in again.')
        return exchanged

    def _exchange(self, transaction: Transaction, token: str, caller: Caller) -> tuple[Session, User, str] | None:
        found = transaction.run('SELECT session_id, used_at FROM refresh_tokens WHERE hash = ?', digest(token))
        if not found:
            return None
        session_id, used_at = found[0]
        live = self._sessions.live(session_id)
        if live is None:
            return None
        session, user = live
        if used_at is not None and self._clock() - used_at > GRACE:
            self._sessions.end(transaction, [session_id])
            self._events.record(transaction, 'refresh_reused', caller, user=user.id, session=session_id)
            return None
        if used_at is None:
            transaction.run('UPDATE refresh_tokens SET used_at = ? WHERE hash = ?', self._clock(), digest(token))
        return session, user, self.issue(transaction, session_id)
