"""Where a projection stands: what is remembered of it, and what is being built to replace it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from app.events.derived import Cursor
from app.events.event import rfc3339
from app.events.projecting import Recipe


@dataclass(slots=True)
class Building:
    """A table that will take the place of the one that answers."""

    table: str
    recipe: Recipe
    target: int
    position: int = 0
    cancelled: bool = False


@dataclass(slots=True)
class Standing:
    """What is remembered of a projection from one start to the next."""

    name: str
    fingerprint: str
    table: str
    position: int = 0
    paused: bool = False
    error: str = ''
    error_position: int | None = None
    updated_at: int = 0

    @property
    def status(self) -> str:
        """In one word."""
        if self.paused:
            return 'paused'
        return 'parked' if self.error else 'running'

    def as_json(self) -> dict[str, Any]:
        """What a list of projections shows of it."""
        return {
            'name': self.name,
            'error': self.error or None,
            'error_position': self.error_position,
            'updated_at': rfc3339(self.updated_at) if self.updated_at else None,
        }

    def save(self, cursor: Cursor) -> None:
        """Write it down, in the transaction of whatever it tells of."""
        self.updated_at = time.time_ns() // 1000
        cursor.execute('DELETE FROM derived.projections WHERE name = ?', [self.name])
        row = [self.name, self.fingerprint, self.table, self.position, self.paused]
        row += [self.error or None, self.error_position, self.updated_at]
        cursor.execute('INSERT INTO derived.projections VALUES (?, ?, ?, ?, ?, ?, ?, ?)', row)
