"""The users: in the database, and all of them in memory, because every request asks for one."""

from __future__ import annotations

import json
from dataclasses import dataclass

from app.auth.database import Database, Transaction
from app.auth.problems import Conflict


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """One account."""

    id: str
    username: str
    email: str
    password_hash: str
    roles: tuple[str, ...]
    created_at: int
    """Microseconds since 1970."""
    disabled: bool = False


class Users:
    """Finds users by id, name or e-mail address without touching the database."""

    def __init__(self, database: Database) -> None:
        self._by_id: dict[str, User] = {}
        self._ids: dict[str, str] = {}
        with database.transaction() as reading:
            rows = reading.run(
                'SELECT id, username, email, password_hash, roles, created_at, disabled FROM users ORDER BY id'
            )
        for id, username, email, password_hash, roles, created_at, disabled in rows:
            user = User(
                id=id,
                username=username,
                email=email,
                password_hash=password_hash,
                roles=tuple(json.loads(roles)),
                created_at=created_at,
                disabled=disabled,
            )
            self._keep(user)

    def by_id(self, id: str) -> User | None:
        """The user with this id."""
        return self._by_id.get(id)

    def by_login(self, login: str) -> User | None:
        """The user whose name or e-mail address this is, whatever the case of its letters."""
        id = self._ids.get(login.strip().lower())
        return self._by_id[id] if id else None

    def has_admin(self) -> bool:
        """Whether somebody can administer the system; a disabled admin still counts, as his account can be enabled."""
        return any('admin' in user.roles for user in list(self._by_id.values()))

    def add(self, transaction: Transaction, user: User) -> None:
        """Add a user whose name and address nobody else has."""
        taken = {name: 'This is taken.' for name in ('username', 'email') if getattr(user, name).lower() in self._ids}
        if taken:
            raise Conflict('This account exists already.', errors=taken)
        transaction.run(
            'INSERT INTO users (id, username, username_key, email, password_hash, roles, disabled, created_at) '
            'VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
            user.id,
            user.username,
            user.username.lower(),
            user.email,
            user.password_hash,
            json.dumps(user.roles),
            user.disabled,
            user.created_at,
        )
        transaction.then(lambda: self._keep(user))

    def change(self, transaction: Transaction, user: User) -> None:
        """Replace the password, the roles or the disabled mark of a user."""
        transaction.run(
            'UPDATE users SET password_hash = ?, roles = ?, disabled = ? WHERE id = ?',
            user.password_hash,
            json.dumps(user.roles),
            user.disabled,
            user.id,
        )
        transaction.then(lambda: self._keep(user))

    def _keep(self, user: User) -> None:
        self._by_id[user.id] = user
        self._ids[user.username.lower()] = user.id
        self._ids[user.email] = user.id
