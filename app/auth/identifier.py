"""Ids that sort by time, and secrets that cannot be guessed."""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid


def new_id() -> str:
    """A UUID of version 7."""
    random = secrets.randbits(74)
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds & (2**48 - 1)) << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (2**62 - 1)
    return str(uuid.UUID(int=number))


def new_secret() -> str:
    """256 random bits, safe in an address or a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret; its 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
