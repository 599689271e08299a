"""The first admin: a link that works once, for half an hour, and only while there is none."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from app.auth.identifier import new_secret
from app.auth.policy import Policy
from app.auth.users import Users


class Setup:
    """Keeps the link's token in memory only: another start makes another link."""

    def __init__(self, users: Users, issuer: str, policy: Policy, clock: Callable[[], float]) -> None:
        self._users = users
        self._issuer = issuer
        self._lifetime = policy.setup_lifetime
        self._clock = clock
        self._token = ''
        self._good_until = 0.0

    def link(self) -> str | None:
        """The link, a new one if the last has run out; nothing once there is an admin."""
        if self._users.has_admin():
            return None
        if not self.accepts(self._token):
            self._token, self._good_until = new_secret(), self._clock() + self._lifetime
        return f'{self._issuer}/setup?token={self._token}'

    def accepts(self, token: str) -> bool:
        """Whether the token of a link is good now."""
        same = hmac.compare_digest(token.encode(), self._token.encode())
        return same and self._clock() < self._good_until and not self._users.has_admin()
