"""What taking back the events of one record means: it comes back, goes, is set back, or is left alone and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.crud.alterations import altered, is_still, no_longer_fits, values_before
from app.crud.batch import Batch
from app.crud.drafts import check_writable
from app.crud.entailed import cause_of
from app.crud.record import Record
from app.crud.table import Table
from app.crud.values import stored_form
from app.crud.versions import as_it_was
from app.crud.views import Views
from app.errors import Denied, NotFound, NotLoggedIn
from app.events import Event
from app.events.aggregate import Aggregate, fold
from app.permissions import Action

Refused = Mapping[tuple[str, str], str]
"""Stream and id of a field, or no field for all of the record -> why it cannot be undone."""


@dataclass(slots=True)
class Undoing:
    """What becomes of the events of a batch: the batch that takes them back, and what was left alone."""

    batch: Batch
    views: Views
    force: bool
    refused: Refused
    together: Collection[str]
    """The streams that are to be taken back."""
    conflicts: list[dict[str, Any]] = field(default_factory=list)

    def take_back(
        self,
        table: Table,
        record_id: str,
        events: Sequence[Event],
        record: Record | None,
        gone: Mapping[str, Aggregate],
    ) -> None:
        """Take back what these events did to one record, which is there now, or else stands in `gone` as it was.

        What a deletion has entailed needed no permission of its own, and needs none to come back with what was deleted;
        where that does not come back, it needs one, and stays away without.
        """
        try:
            self._take_back(table, record_id, events, record, gone)
        except (Denied, NotLoggedIn):
            if cause_of(events[0]) not in self.together:
                raise
            there = record or as_it_was(table, events[0].stream, gone[record_id])
            self._leave(table, there, 'you may not take that back')
        except NotFound:  # what went with a record and may not be seen, is not spoken of
            if cause_of(events[0]) not in self.together:
                raise

    def _take_back(
        self,
        table: Table,
        record_id: str,
        events: Sequence[Event],
        record: Record | None,
        gone: Mapping[str, Aggregate],
    ) -> None:
        was_there = events[0].type in {'changed', 'deleted'}
        if record is None and was_there and events[-1].type == 'deleted':
            self._bring_back(table, record_id, events, gone[record_id])
        elif record is None:
            if was_there:
                then = as_it_was(table, events[0].stream, gone[record_id])
                self._check(table, then, events, 'read')
                self._leave(table, then, 'it was deleted since')
        elif was_there:
            self._set_back(table, record, events)
        else:
            self._remove(table, record, events)

    def _bring_back(self, table: Table, record_id: str, events: Sequence[Event], state: Aggregate) -> None:
        before = values_before(table, state, events)
        then = as_it_was(table, events[0].stream, replace(state, values=before))
        self._check(table, then, events, 'delete')
        for one in table.entity.stored:
            if reason := self.refused.get((events[0].stream, one.id)):
                self._leave(table, then, reason, one.name)
                return
        self.batch.restore(table, record_id, state.version, state.owner, before, cause=self._cause(events))

    def _remove(self, table: Table, record: Record, events: Sequence[Event]) -> None:
        self._check(table, record, events, 'delete')
        if not is_still(table, record, fold(events).values) and not self.force:
            self._leave(table, record, 'it was changed since')
            return
        if reason := self.refused.get((events[0].stream, '')):
            self._leave(table, record, reason)
            return
        self.batch.delete(table, record, cause=self._cause(events))

    def _set_back(self, table: Table, record: Record, events: Sequence[Event]) -> None:
        self._check(table, record, events, 'update')
        cause, principal = self._cause(events), self.batch.author.principal
        now = stored_form(table.entity, record.values)
        changes: dict[str, dict[str, Any]] = {}
        for changed, before, after in altered(table, events, now):
            current = now.get(changed.id)
            if current == before or changed.fills_itself:
                continue
            if current != after and not self.force:
                self._leave(table, record, 'it was changed since', changed.name)
                continue
            problem = self.refused.get((events[0].stream, changed.id)) or no_longer_fits(changed, before)
            if problem:
                self._leave(table, record, problem, changed.name)
                continue
            if not cause:
                check_writable(table.entity, {changed.name: before}, principal)
            changes[changed.id] = {'from': current, 'to': before}
        if changes:
            self.batch.change(table, record, changes, cause=cause)

    def _cause(self, events: Sequence[Event]) -> str:
        """The stream whose deletion entailed the events, if the batch takes that back."""
        cause = cause_of(events[0])
        return cause if cause in self.batch.done else ''

    def _check(self, table: Table, record: Record, events: Sequence[Event], action: Action) -> None:
        if not self._cause(events):
            self.views.check(table, record, self.batch.author.principal, action)

    def _leave(self, table: Table, record: Record, reason: str, name: str = '') -> None:
        """Note what is not undone, and why; neither a record nor a field that is hidden from whoever asks is named."""
        principal = self.batch.author.principal
        if not self.views.readable(table, record, principal):
            return
        name = '' if name in table.entity.hidden_from(principal) else name
        where = {'entity': table.entity.resource, 'id': record.id, 'field': name}
        self.conflicts.append({key: value for key, value in where.items() if value} | {'reason': reason})
