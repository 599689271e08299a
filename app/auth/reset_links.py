"""Links that let somebody set a new password once; an admin hands them out."""

from __future__ import annotations

from collections.abc import Callable

from app.auth.database import Transaction
from app.auth.identifier import digest, new_secret
from app.auth.users import User, Users


class ResetLinks:
    """Only the hashes are kept; a new link makes the ones before useless."""

    def __init__(self, users: Users, lifetime: float, clock: Callable[[], float]) -> None:
        self._users = users
        self._lifetime = lifetime
        self._clock = clock

    def make(self, transaction: Transaction, user: User) -> tuple[str, float]:
        """The token of a new link, and when it runs out."""
        token, expires_at = new_secret(), self._clock() + self._lifetime
        self.void(transaction, user)
        transaction.run('INSERT INTO reset_links VALUES (?, ?, ?)', digest(token), user.id, expires_at)
        return token, expires_at

    def void(self, transaction: Transaction, user: User) -> None:
        """Make all links of a user useless."""
        transaction.run('DELETE FROM reset_links WHERE user_id = ?', user.id)

    def user_of(self, transaction: Transaction, token: str) -> User | None:
        """Whose password the link may set now."""
        found = transaction.run('SELECT user_id, expires_at FROM reset_links WHERE hash = ?', digest(token))
        if not found or found[0][1] <= self._clock():
            return None
        user = self._users.by_id(found[0][0])
        return user if user and not user.disabled else None
