"""What happened to accounts, append-only: who, when, from where; never a secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.auth.database import Database, Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Where a request came from."""

    address: str = 'local'
    request_id: str = ''
    agent: str = ''


class SecurityEvents:
    """Writes the table `security_events`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._clock = clock
        with database.transaction() as reading:
            self._last: int = reading.run('SELECT coalesce(max(id), 0) FROM security_events')[0][0]

    def record(
        self,
        transaction: Transaction,
        type: str,
        caller: Caller,
        *,
        user: str | None = None,
        session: str | None = None,
    ) -> None:
        """Add one event to what is being committed; `type` is in the past tense."""
        self._last += 1
        recorded_at = int(self._clock() * 1_000_000)
        values = (self._last, recorded_at, type, user, session, caller.address, caller.request_id)
        transaction.run('INSERT INTO security_events VALUES (?, ?, ?, ?, ?, ?, ?)', *values)
