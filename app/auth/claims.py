"""What the service vouches for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified identity, true at the moment it was asked for."""

    user_id: str
    username: str
    roles: tuple[str, ...]
    session_id: str
    scopes: tuple[str, ...] | None
    """`None` is everything that the roles allow."""
    expires_at: int
    """Seconds since 1970."""
