"""On whose behalf something is written, and by which way it came in."""

from dataclasses import dataclass, field, replace
from typing import Any

from app.permissions import Principal


@dataclass(slots=True)
class Receipt:
    """Where that was recorded what somebody has asked for, which is how to undo it; empty as long as nothing was."""

    position: int = 0
    batch: str = ''

    def headers(self) -> dict[str, str]:
        """What tells it in an answer."""
        told = {'X-Position': str(self.position or ''), 'X-Batch': self.batch}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Becomes the `meta` of the events that a verb appends."""

    principal: Principal
    source: str
    """`rest`, `page`, `import`, `cli` or `config`."""
    request: str = ''
    idempotency_key: str = ''
    fingerprint: str = ''
    """What the request asked for; a repeated key must come with the same."""
    batch: str = ''
    undoes: str = ''
    """The batch or the position that is undone."""
    receipt: Receipt = field(default_factory=Receipt, compare=False)
    """Is filled in by what is written, or was written before when the request was first sent."""

    def meta(self, *, owner: str = '', entailed_by: str = '') -> dict[str, Any]:
        """The event's meta; `owner` is the record's, where that is somebody else.

        What the deletion of another record has entailed, names the stream of that record.
        """
        meta = {
            'actor': self.principal.id,
            'name': self.principal.name if self.principal.name != self.principal.id else '',
            'source': self.source,
            'request': self.request,
            'batch': self.batch,
            'undoes': self.undoes,
            'entailed_by': entailed_by,
            'fingerprint': self.fingerprint,
            'owner': owner if owner != self.principal.id else '',
        }
        return {name: value for name, value in meta.items() if value}

    def of_batch(self, batch: str) -> 'Author':
        """The same author, writing many records as one."""
        return replace(self, batch=batch)
