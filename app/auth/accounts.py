"""What people do with accounts: register, log in, log out. Every verb blocks: run it in a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.auth.claims import Claims
from app.auth.database import Database
from app.auth.events import Caller, SecurityEvents
from app.auth.identifier import new_id
from app.auth.passwords import Passwords
from app.auth.policy import Policy
from app.auth.problems import Conflict, Denied, Invalid, NotLoggedIn
from app.auth.refresh import RefreshTokens
from app.auth.registration import Candidate, password_mistake
from app.auth.sessions import Session, Sessions
from app.auth.users import User, Users


@dataclass(frozen=True, slots=True)
class Login:
    """A session just opened or continued, with what its client must keep."""

    user: User
    session: Session
    secret: str
    """A browser's cookie, or an API client's refresh token."""


class Accounts:
    """The verbs; each commits its change together with its security event."""

    def __init__(
        self,
        *,
        database: Database,
        users: Users,
        sessions: Sessions,
        events: SecurityEvents,
        passwords: Passwords,
        policy: Policy,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._users = users
        self._sessions = sessions
        self._events = events
        self._policy = policy
        self._clock = clock
        self._passwords = passwords
        self._refresh_tokens = RefreshTokens(database, sessions, events, clock)

    def register(self, candidate: Candidate, caller: Caller) -> User:
        """Make an ordinary account, where anyone may."""
        self.check_open()
        return self._add(candidate, ('user',), 'registered', caller)

    def check_open(self) -> None:
        """Refuse registrations where only admins make accounts."""
        if not self._policy.lets_register():
            raise Denied('Registration is closed here. Ask an admin for an account.')

    def create_admin(self, candidate: Candidate, caller: Caller) -> User:
        """Make the first admin."""
        return self._add(candidate, ('admin',), 'admin_created', caller)

    def log_in_browser(self, login: str, password: str, caller: Caller) -> Login:
        """Open a session for a browser; the secret is its cookie."""
        return self.open_browser(self._authenticate(login, password, caller), caller)

    def open_browser(self, user: User, caller: Caller) -> Login:
        """Open a browser's session for somebody whose identity is beyond doubt."""
        with self._database.transaction() as transaction:
            session, secret = self._sessions.open(transaction, user, 'browser', caller)
            self._events.record(transaction, 'login', caller, user=user.id, session=session.id)
        return Login(user, session, secret)

    def log_in_client(self, login: str, password: str, caller: Caller) -> Login:
        """Open a session for an API client; the secret is its first refresh token."""
        user = self._authenticate(login, password, caller)
        with self._database.transaction() as transaction:
            session, _ = self._sessions.open(transaction, user, 'client', caller)
            token = self._refresh_tokens.issue(transaction, session.id)
            self._events.record(transaction, 'login', caller, user=user.id, session=session.id)
        return Login(user, session, token)

    def refresh(self, token: str, caller: Caller) -> Login:
        """Continue an API client's session."""
        session, user, following = self._refresh_tokens.exchange(token, caller)
        return Login(user, session, following)

    def log_out(self, claims: Claims, everywhere: bool, caller: Caller) -> None:
        """End the session, or all sessions of its user."""
        ids = [session.id for session in self._sessions.of_user(claims.user_id)] if everywhere else [claims.session_id]
        with self._database.transaction() as transaction:
            self._sessions.end(transaction, ids)
            type = 'logged_out_everywhere' if everywhere else 'logged_out'
            self._events.record(transaction, type, caller, user=claims.user_id, session=claims.session_id)

    def change_password(self, claims: Claims, current: str, new: str, caller: Caller) -> None:
        """Set another password, and end the other sessions of the user."""
        user = self._users.by_id(claims.user_id)
        if user is None:
            raise NotLoggedIn('This account is gone.')
        if not self._passwords.matches(current, user.password_hash):
            with self._database.transaction() as transaction:
                self._events.record(transaction, 'password_change_failed', caller, user=user.id)
            raise Invalid({'current_password': 'This is not your current password.'})
        changed = replace(user, password_hash=self._passwords.hash(new))
        with self._database.transaction() as transaction:
            if self._users.by_id(user.id) != user:
                raise Conflict('The account has changed in the meantime. Try again.')
            self._users.change(transaction, changed)
            mine = (session.id for session in self._sessions.of_user(user.id))
            self._sessions.end(transaction, [id for id in mine if id != claims.session_id])
            self._events.record(transaction, 'password_changed', caller, user=user.id, session=claims.session_id)

    def check_new_password(self, claims: Claims, current: str, new: str) -> None:
        """Refuse a bad new password, without the time and the trace of an attempt."""
        user = self._users.by_id(claims.user_id)
        mistake = password_mistake(new, user.username, user.email) if user else ''
        if new == current:
            mistake = 'Choose another one than the current password.'
        if mistake:
            raise Invalid({'new_password': mistake})

    def _add(self, candidate: Candidate, roles: tuple[str, ...], type: str, caller: Caller) -> User:
        user = User(
            id=new_id(),
            username=candidate.username,
            email=candidate.email,
            password_hash=self._passwords.hash(candidate.password),
            roles=roles,
            created_at=int(self._clock() * 1_000_000),
        )
        with self._database.transaction() as transaction:
            if 'admin' in roles and self._users.has_admin():
                raise Conflict('There is an admin already.')
            self._users.add(transaction, user)
            self._events.record(transaction, type, caller, user=user.id)
        return user

    def _authenticate(self, login: str, password: str, caller: Caller) -> User:
        user = self._users.by_login(login)
        good = self._passwords.matches(password, user.password_hash if user else None)
        if user is None or user.disabled or not good:
            with self._database.transaction() as transaction:
                # The name that was typed is left out: people type passwords into the wrong field.
                self._events.record(transaction, 'login_failed', caller, user=user.id if user else None, by_nobody=True)
            raise NotLoggedIn('The name or the password is wrong.')
        return user
