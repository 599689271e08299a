"""What is to become of one row."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.crud.batch import Done
from app.crud.importing.rows import Row
from app.crud.record import Record
from app.crud.table import Table
from app.crud.values import Stored


class Wanted(NamedTuple):
    """A new record, or other values of the `record` that is there."""

    row: Row
    id: str
    before: Stored | None
    after: Stored
    minted: bool = False
    record: Record | None = None
    changes: dict[str, dict[str, Any]] | None = None

    @property
    def written(self) -> Stored:
        """The values that are new."""
        if self.changes is None:
            return self.after
        return {id_: change['to'] for id_, change in self.changes.items() if change['to'] is not None}

    def done(self, table: Table) -> Done:
        """As previews show it."""
        return Done(table, 'changed' if self.record else 'created', self.id, self.before, self.after, self.record)
