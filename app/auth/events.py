"""What happened to accounts, append-only: who, when, from where; never a secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.auth.database import Database, Transaction

COLUMNS = ('id', 'recorded_at', 'type', 'user_id', 'session_id', 'address', 'request_id', 'actor', 'detail')


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Where a request came from."""

    address: str = 'local'
    request_id: str = ''
    actor: str = ''
    """The id of whoever is logged in."""
    agent: str = ''


class SecurityEvents:
    """Writes the table `security_events`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
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
        detail: str = '',
        by_nobody: bool = False,
    ) -> None:
        """Add one event to what is being committed; `type` is in the past tense.

        Who did it is the caller if he is logged in, else the user it is about, unless nobody proved to be that user.
        """
        self._last += 1
        recorded_at = int(self._clock() * 1_000_000)
        actor = '' if by_nobody else caller.actor or user
        place = (caller.address, caller.request_id)
        values = (self._last, recorded_at, type, user, session, *place, actor, detail)
        transaction.run('INSERT INTO security_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', *values)

    def page(self, before: int, limit: int, type: str, user: str) -> list[dict[str, Any]]:
        """What happened before an entry, newest first; of one type or about one user if these are given."""
        with self._database.transaction() as reading:
            rows = reading.run(
                f'SELECT {", ".join(COLUMNS)} FROM security_events '
                "WHERE id < ? AND ? IN ('', type) AND ? IN ('', user_id, actor) ORDER BY id DESC LIMIT ?",
                before, type, user, limit,
            )  # fmt: skip
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows]
