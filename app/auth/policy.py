"""How strict the service is; the defaults suit a company on its own network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

COOKIE = 'dbbasic_session'
"""The browser's session cookie. It has no Domain and no port, so it serves every port of its host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Times are in seconds."""

    registration: Literal['open', 'closed'] = 'closed'
    registration_open: Callable[[], bool] | None = None
    """Asked each time instead, where it may change while the service runs."""
    roles: Callable[[], Iterable[str]] = tuple
    """The roles that others give a meaning to, to be offered when roles are given."""
    browser_idle: float = 12 * 3600
    browser_lifetime: float = 7 * 86400
    browser_times: Callable[[], tuple[float, float]] | None = None
    """Idle time and lifetime, asked each time instead of the two above."""
    client_idle: float = 7 * 86400
    """How long a refresh token of an API client may lie unused."""
    client_lifetime: float = 30 * 86400
    access_lifetime: int = 600
    setup_lifetime: float = 30 * 60
    reset_lifetime: float = 24 * 3600
    sessions_per_user: int = 100
    """The one unused for longest ends when a user opens more."""
    bcrypt_cost: int = 12
    address_attempts: int = 30
    """Failed uses of credentials per address and minute."""
    account_attempts: int = 5
    """Failures before an account begins to answer later and later."""
    longest_delay: float = 300
    waiting: int = 32
    """Requests that may wait for a password check before the next is refused."""

    def browser(self) -> tuple[float, float]:
        """How long a browser's session lasts unused, and at all."""
        return self.browser_times() if self.browser_times else (self.browser_idle, self.browser_lifetime)

    def lets_register(self) -> bool:
        """Whether anyone may make an account."""
        return self.registration_open() if self.registration_open else self.registration == 'open'
