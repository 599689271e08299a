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
    time_zone: str = 'UTC'
    language: str = 'en'


class Users:
    """Finds users by id, name or e-mail address without touching the database."""

    def __init__(self, database: Database) -> None:
        self._by_id: dict[str, User] = {}
        self._ids: dict[str, str] = {}
        with database.transaction() as reading:
            rows = reading.run(
                'SELECT id, username, email, password_hash, roles, created_at, disabled, time_zone, language '
                'FROM users ORDER BY id'
            )
        names = ('id', 'username', 'email', 'password_hash', 'roles', 'created_at', 'disabled', 'time_zone', 'language')
        for row in rows:
            said = dict(zip(names, row, strict=True))
            self._keep(User(**said | {'roles': tuple(json.loads(said['roles']))}))

    def by_id(self, id: str) -> User | None:
        """The user with this id."""
        return self._by_id.get(id)

    def by_login(self, login: str) -> User | None:
        """The user whose name or e-mail address this is, whatever the case of its letters."""
        id = self._ids.get(login.strip().lower())
        return self._by_id.get(id) if id else None

    def all(self) -> list[User]:
        """Everybody, by name."""
        return sorted(self._by_id.copy().values(), key=lambda user: user.username.lower())

    def has_admin(self) -> bool:
        """Whether somebody can administer the system; a disabled admin still counts, as his account can be enabled."""
        return any('admin' in user.roles for user in list(self._by_id.values()))

    def add(self, transaction: Transaction, user: User) -> None:
        """Add a user whose name and address nobody else has."""
        self._check_free(user)
        transaction.run(
            'INSERT INTO users (id, username, username_key, email, password_hash, roles, disabled, created_at, '
            'time_zone, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
            user.id,
            user.username,
            user.username.lower(),
            user.email,
            user.password_hash,
            json.dumps(user.roles),
            user.disabled,
            user.created_at,
            user.time_zone,
            user.language,
        )
        transaction.then(lambda: self._keep(user))

    def change(self, transaction: Transaction, user: User) -> None:
        """Replace anything of a user but the id."""
        before = self._by_id[user.id]
        self._check_free(user)
        if (before.username, before.email) != (user.username, user.email):
            # Only these two columns have indexes, which DuckDB would rebuild for the row each time.
            transaction.run(
                'UPDATE users SET username = ?, username_key = ?, email = ? WHERE id = ?',
                user.username, user.username.lower(), user.email, user.id,
            )  # fmt: skip
        transaction.run(
            'UPDATE users SET password_hash = ?, roles = ?, disabled = ?, time_zone = ?, language = ? WHERE id = ?',
            user.password_hash, json.dumps(user.roles), user.disabled, user.time_zone, user.language, user.id,
        )  # fmt: skip
        transaction.then(lambda: self._replace(before, user))

    def remove(self, transaction: Transaction, user: User) -> None:
        """Delete an account; its name and address are free again."""
        transaction.run('DELETE FROM users WHERE id = ?', user.id)
        transaction.then(lambda: self._forget(user))

    def _check_free(self, user: User) -> None:
        taken = {
            name: 'This is taken.'
            for name in ('username', 'email')
            if self._ids.get(getattr(user, name).lower(), user.id) != user.id
        }
        if taken:
            raise Conflict('This account exists already.', errors=taken)

    def _replace(self, before: User, after: User) -> None:
        self._keep(after)  # first, because others look without a lock
        for old in {before.username.lower(), before.email} - {after.username.lower(), after.email}:
            self._ids.pop(old, None)

    def _forget(self, user: User) -> None:
        for login in (user.username.lower(), user.email):
            self._ids.pop(login, None)
        self._by_id.pop(user.id, None)

    def _keep(self, user: User) -> None:
        self._by_id[user.id] = user
        self._ids[user.username.lower()] = user.id
        self._ids[user.email] = user.id
