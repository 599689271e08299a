"""Sessions of browsers and of API clients: all live ones are in memory, so that asking for one costs microseconds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from app.auth.database import Database, Transaction
from app.auth.events import Caller
from app.auth.identifier import digest, new_id, new_secret
from app.auth.policy import Policy
from app.auth.problems import NotLoggedIn
from app.auth.users import User, Users

logger = logging.getLogger(__name__)

Kind = Literal['browser', 'client']
WRITTEN_EVERY = 60.0
"""Seconds between two looks at which sessions were used, so that no request waits for a write."""


@dataclass(slots=True)
class Session:
    """One login; of all this only `last_seen` changes."""

    id: str
    user_id: str
    kind: Kind
    secret_hash: str
    """Of the browser's cookie; API clients have refresh tokens instead."""
    created_at: float
    last_seen: float
    address: str
    agent: str
    written: float = field(init=False)
    """The `last_seen` that is on disk."""

    def __post_init__(self) -> None:
        self.written = self.last_seen


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(self, database: Database, users: Users, policy: Policy, clock: Callable[[], float]) -> None:
        self._database = database
        self._users = users
        self._policy = policy
        self._clock = clock
        self._by_id: dict[str, Session] = {}
        self._by_secret: dict[str, Session] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._looked = clock()
        with database.transaction() as reading:
            rows = reading.run(
                'SELECT id, user_id, kind, secret_hash, created_at, last_seen, address, agent FROM sessions'
            )
        for row in rows:
            self._keep(Session(*row))

    def on_ended(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with the id of each session that ends, from whatever thread ends it."""
        self._listeners.append(listener)

    def live(self, id: str) -> tuple[Session, User] | None:
        """The session and its user, if both are still good."""
        return self._use(self._by_id.get(id))

    def of_cookie(self, secret: str) -> tuple[Session, User] | None:
        """The browser session whose cookie this is."""
        return self._use(self._by_secret.get(digest(secret)))

    def of_user(self, user_id: str) -> list[Session]:
        """All sessions of a user, the one unused for longest first."""
        mine = [session for session in list(self._by_id.values()) if session.user_id == user_id]
        return sorted(mine, key=lambda session: session.last_seen)

    def ends_at(self, session: Session) -> float:
        """When the session ends unless it is used again."""
        return min(session.last_seen + self._times(session)[0], self.ends_at_last(session))

    def ends_at_last(self, session: Session) -> float:
        """When the session ends however much it is used."""
        return session.created_at + self._times(session)[1]

    def by_id(self, id: str) -> Session | None:
        """A session, whether or not it is still good."""
        return self._by_id.get(id)

    def interrupt(self, ids: Iterable[str]) -> None:
        """Tell the listeners to close what these sessions keep open, though they go on: their rights have changed."""
        for id in ids:
            self._tell(id)

    def open(self, transaction: Transaction, user: User, kind: Kind, caller: Caller) -> tuple[Session, str]:
        """Open a session for a user whose credentials were checked; also returns the secret for the cookie."""
        if user.disabled or self._users.by_id(user.id) != user:
            raise NotLoggedIn('The account has changed in the meantime. Log in again.')
        now = self._clock()
        secret = new_secret()
        hashed = digest(secret) if kind == 'browser' else ''
        session = Session(new_id(), user.id, kind, hashed, now, now, caller.address, caller.agent[:200])
        self.end(transaction, [old.id for old in self.of_user(user.id)[: -self._policy.sessions_per_user + 1 or None]])
        transaction.run(
            'INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
            session.id, user.id, kind, hashed, now, now, session.address, session.agent,
        )  # fmt: skip
        transaction.then(lambda: self._keep(session))
        return session, secret

    def end(self, transaction: Transaction, ids: Iterable[str]) -> None:
        """End sessions at once, with their refresh tokens."""
        ending = list({id for id in ids if id in self._by_id})
        if ending:
            transaction.run('DELETE FROM refresh_tokens WHERE session_id IN (SELECT unnest(?::VARCHAR[]))', ending)
            transaction.run('DELETE FROM sessions WHERE id IN (SELECT unnest(?::VARCHAR[]))', ending)
            transaction.then(lambda: self._forget(ending))

    def due(self) -> bool:
        """Whether it is time to `tidy`; true once, for whoever asks first."""
        now = self._clock()
        if now - self._looked < WRITTEN_EVERY:
            return False
        self._looked = now
        return True

    def tidy(self) -> None:
        """Write down which sessions were used, and end those that nobody has used for too long."""
        now = self._clock()
        sessions = list(self._by_id.values())
        used = {session.id: session.last_seen for session in sessions if session.last_seen > session.written}
        with self._database.transaction() as transaction:
            if used:
                transaction.run(
                    'UPDATE sessions SET last_seen = used.seen FROM '
                    '(SELECT unnest(?::VARCHAR[]) AS id, unnest(?::DOUBLE[]) AS seen) AS used '
                    'WHERE sessions.id = used.id',
                    list(used), list(used.values()),
                )  # fmt: skip
            self.end(transaction, [session.id for session in sessions if self.ends_at(session) <= now])
        for session in sessions:
            session.written = used.get(session.id, session.written)

    def _use(self, session: Session | None) -> tuple[Session, User] | None:
        if session is None:
            return None
        user = self._users.by_id(session.user_id)
        now = self._clock()
        if user is None or user.disabled or self.ends_at(session) <= now:
            return None
        session.last_seen = max(session.last_seen, now)
        return session, user

    def _times(self, session: Session) -> tuple[float, float]:
        policy = self._policy
        return policy.browser() if session.kind == 'browser' else (policy.client_idle, policy.client_lifetime)

    def _keep(self, session: Session) -> None:
        self._by_id[session.id] = session
        if session.secret_hash:
            self._by_secret[session.secret_hash] = session

    def _forget(self, ids: list[str]) -> None:
        for id in ids:
            session = self._by_id.pop(id)
            self._by_secret.pop(session.secret_hash, None)
        for id in ids:
            self._tell(id)

    def _tell(self, id: str) -> None:
        for listener in self._listeners:
            try:
                listener(id)
            except Exception:
                logger.exception('A listener failed when session %s ended.', id)
