"""API keys: long-lived bearer tokens with scopes, shown once and kept as hashes; all live ones are in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.auth.database import Database, Transaction
from app.auth.identifier import digest, new_id, new_secret
from app.auth.users import User, Users

PREFIX = 'dbk_'
"""What every key begins with, so that scanners for leaked secrets know it."""


@dataclass(slots=True)
class ApiKey:
    """One key; of all this only `last_used` changes."""

    id: str
    user_id: str
    name: str
    secret_hash: str
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    last_used: float | None = None
    written: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.written = self.last_used

    @property
    def session_id(self) -> str:
        """What stands for the session in claims, so that connections can be closed when the key is revoked."""
        return f'key:{self.id}'


class ApiKeys:
    """Makes, finds and revokes keys."""

    def __init__(self, database: Database, users: Users, clock: Callable[[], float]) -> None:
        self._database = database
        self._users = users
        self._clock = clock
        self._by_id: dict[str, ApiKey] = {}
        self._by_secret: dict[str, ApiKey] = {}
        self._told: set[str] = set()
        with database.transaction() as reading:
            rows = reading.run(
                'SELECT id, user_id, name, secret_hash, scopes, created_at, expires_at, last_used FROM api_keys'
            )
        for row in rows:
            id, user_id, name, secret_hash, scopes, *moments = row
            self._keep(ApiKey(id, user_id, name, secret_hash, tuple(json.loads(scopes)), *moments))

    def find(self, secret: str) -> tuple[ApiKey, User] | None:
        """The key and its user, if both are good now."""
        key = self._by_secret.get(digest(secret))
        user = self._users.by_id(key.user_id) if key else None
        now = self._clock()
        if key is None or user is None or user.disabled or (key.expires_at is not None and key.expires_at <= now):
            return None
        key.last_used = now
        return key, user

    def by_id(self, id: str) -> ApiKey | None:
        """The key with this id."""
        return self._by_id.get(id)

    def of_user(self, user_id: str) -> list[ApiKey]:
        """All keys of a user, newest first."""
        mine = [key for key in list(self._by_id.values()) if key.user_id == user_id]
        return sorted(mine, key=lambda key: key.created_at, reverse=True)

    def make(
        self, transaction: Transaction, user: User, name: str, scopes: Sequence[str], expires_at: float | None
    ) -> tuple[ApiKey, str]:
        """A new key, and its secret, which is never shown again."""
        secret = PREFIX + new_secret()
        key = ApiKey(new_id(), user.id, name, digest(secret), tuple(scopes), self._clock(), expires_at)
        transaction.run(
            'INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, NULL)',
            key.id, user.id, name, key.secret_hash, json.dumps(key.scopes), key.created_at, expires_at,
        )  # fmt: skip
        transaction.then(lambda: self._keep(key))
        return key, secret

    def revoke(self, transaction: Transaction, keys: Sequence[ApiKey]) -> None:
        """Make keys useless at once."""
        if keys:
            ids = [key.id for key in keys]
            transaction.run('DELETE FROM api_keys WHERE id IN (SELECT unnest(?::VARCHAR[]))', ids)
            transaction.then(lambda: self._forget(keys))

    def run_out(self) -> list[str]:
        """What stands for the session of each key that has run out since this was asked last."""
        now = self._clock()
        ended = [key for key in list(self._by_id.values()) if key.expires_at is not None and key.expires_at <= now]
        for key in ended:
            self._by_secret.pop(key.secret_hash, None)
        fresh = [key.session_id for key in ended if key.id not in self._told]
        self._told.update(key.id for key in ended)
        return fresh

    def write_down_uses(self, transaction: Transaction) -> None:
        """Keep when each key was last used."""
        for key in list(self._by_id.values()):
            if key.last_used != key.written:
                transaction.run('UPDATE api_keys SET last_used = ? WHERE id = ?', key.last_used, key.id)
                key.written = key.last_used

    def _keep(self, key: ApiKey) -> None:
        self._by_id[key.id] = key
        self._by_secret[key.secret_hash] = key

    def _forget(self, keys: Sequence[ApiKey]) -> None:
        for key in keys:
            self._by_id.pop(key.id, None)
            self._by_secret.pop(key.secret_hash, None)
