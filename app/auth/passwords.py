"""Hashing passwords with bcrypt."""

from __future__ import annotations

import bcrypt

from app.auth.registration import LONGEST, encoded


class Passwords:
    """Hashes and checks at one cost; both take a quarter of a second at cost 12."""

    def __init__(self, cost: int) -> None:
        self._cost = cost
        self._nobodys = bcrypt.gensalt(cost) + b'.' * 31  # in the form of a hash, which nobody has computed

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        return bcrypt.hashpw(encoded(password), bcrypt.gensalt(self._cost)).decode()

    def matches(self, password: str, hashed: str | None) -> bool:
        """Whether this is the password; without a hash it takes as long, and is not."""
        candidate = encoded(password)
        same = bcrypt.checkpw(candidate[:LONGEST], hashed.encode() if hashed else self._nobodys)
        return same and hashed is not None and len(candidate) <= LONGEST
