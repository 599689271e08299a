"""How an import stands."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from app.crud.importing.work import Import
from app.errors import Problem

WAITING, RUNNING, UNDOING = 'waiting', 'running', 'undoing'
FINISHED, FAILED, CANCELLED = 'finished', 'failed', 'cancelled'
STATES = (WAITING, RUNNING, UNDOING, FINISHED, FAILED, CANCELLED)


@dataclass(slots=True)
class Job:
    """An import and how it stands."""

    work: Import
    state: str = WAITING
    answer: dict[str, Any] | None = None
    problem: Problem | None = None
    task: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in {FINISHED, FAILED, CANCELLED}

    @property
    def key(self) -> str:
        """The Idempotency-Key that its request came with, as the client wrote it."""
        return self.work.author.idempotency_key.split(' ', 2)[-1]

    def as_json(self) -> dict[str, Any]:
        """How it stands, for whoever asks."""
        work = self.work
        told: dict[str, Any] = {
            'id': work.id,
            'entity': work.entity,
            'mode': work.asked.mode,
            'state': self.state,
            'rows_read': work.rows_read,
            'rows_written': work.rows_written,
            'errors': len(work.errors),
        }
        if self.answer is not None:
            told['result'] = self.answer
        if self.problem is not None:
            told['problem'] = self.problem.document()
        return told
