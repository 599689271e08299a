"""Changes of several records that happen together or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.crud.author import Author
from app.crud.catalog import Catalog
from app.crud.covering import check_allowed
from app.crud.drafts import Draft
from app.crud.record import Record
from app.crud.references import expected_targets
from app.crud.table import Table
from app.crud.uniqueness import claims
from app.crud.values import Stored, shown_form, stored_form
from app.errors import Conflict, Invalid
from app.events import Append, Claim, Expect, NewEvent, Unreferred, new_event
from app.events.event import derived_id
from app.events.log import Expectation
from app.identifier import new_id
from app.permissions import Principal


class Done(NamedTuple):
    """What happens to one record: what it is before, and what after; `None` where it is not there."""

    table: Table
    verb: str
    id: str
    before: Stored | None
    after: Stored | None
    record: Record | None = None

    @property
    def stream(self) -> str:
        """The stream of the record."""
        return f'{self.table.entity.resource}/{self.id}'

    def shown_to(self, principal: Principal) -> dict[str, Any]:
        """How a preview shows it, without the fields hidden from whoever asks."""
        entity = self.table.entity.without(self.table.entity.hidden_from(principal))
        before, after = (None if stored is None else shown_form(entity, stored) for stored in (self.before, self.after))
        return {'entity': entity.resource, 'id': self.id, 'verb': self.verb, 'before': before, 'after': after}


@dataclass(slots=True)
class Batch:
    """Gathers what is to happen; each record stands in it once."""

    catalog: Catalog
    author: Author
    done: dict[str, Done] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    """Category -> position: what it was checked against, such as the config."""
    unreferred: dict[str, Unreferred] = field(default_factory=dict)
    """What is deleted, and since when nobody may have come to refer to it."""
    causes: dict[str, str] = field(default_factory=dict)
    """Stream -> the stream whose deletion entails what happens to it."""
    numbers: dict[str, int] = field(default_factory=dict)
    """Stream -> the number of the operation that is about it, where several were asked for."""
    relied: Mapping[str, int] = field(default_factory=dict)
    """Stream -> version of what rules have looked at besides the records of the batch."""
    _told: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)
    """Stream -> what its event tells, and the owner of the record."""
    _expected: dict[str, Expectation] = field(default_factory=dict)
    _fits: bool = True
    """Whether all values were checked by the fields of today; those that come back from the past were not."""

    def __post_init__(self) -> None:
        self.unchanged['config'] = self.catalog.position

    def create(self, table: Table, draft: Draft) -> None:
        """A new record."""
        check_allowed(table, 'create', self.author.principal, draft.values, self.author.principal.id)
        one = Done(table, 'created', draft.id, None, draft.values)
        self._add(one, draft.values, '', Expect.NEW if draft.minted else Expect.NONE, [draft.values])

    def change(
        self,
        table: Table,
        record: Record,
        changes: dict[str, dict[str, Any]],
        *,
        before: Stored | None = None,
        cause: str = '',
    ) -> Stored:
        """Other values for some fields: field id -> {from, to}; returns all values as they will be.

        `before` is the stored form of the record, where that is at hand.
        What the deletion of `cause`, a stream, entails needs no permission of its own, and joins other changes.
        """
        mine = self.done.get(f'{table.entity.resource}/{record.id}') if cause else None
        if mine and mine.verb == 'changed':
            changes, cause = self._told[mine.stream][0] | changes, self.causes.get(mine.stream, '')
            del self.done[mine.stream]
        before = before or stored_form(table.entity, record.values)
        altered = {id_: change['to'] for id_, change in changes.items()}
        after = {id_: value for id_, value in (before | altered).items() if value is not None}
        if not (cause or mine):
            check_allowed(table, 'update', self.author.principal, after, record.owner)
        one = Done(table, 'changed', record.id, before, after, record)
        self._add(one, changes, record.owner, record.version, [altered], cause)
        return after

    def delete(self, table: Table, record: Record, *, cause: str = '') -> None:
        """The record goes, because of the deletion of `cause`, a stream, if there is one; even if it was to change."""
        stream = f'{table.entity.resource}/{record.id}'
        if cause and stream in self.done and self.done[stream].verb == 'changed':
            del self.done[stream]
        before = stored_form(table.entity, record.values)
        self._add(Done(table, 'deleted', record.id, before, None, record), {}, record.owner, record.version, [], cause)

    def restore(
        self, table: Table, record_id: str, version: int, owner: str, values: Stored, *, cause: str = ''
    ) -> None:
        """A deleted record comes back, whose stream stands at `version`; `cause` as in `delete`."""
        self._fits = False
        self._add(Done(table, 'restored', record_id, None, values), values, owner, version, [values], cause)

    def rely_on(self, versions: Mapping[str, int]) -> None:
        """What it was checked against besides: streams with the versions that these must still have."""
        self.relied = {stream: version for stream, version in versions.items() if stream not in self.done}
        self._expected.update(self.relied)

    def request(self) -> Append:
        """The one append; a batch of several events gets an id of its own."""
        if len(self.done) > 1 and not self.author.batch:
            self.author = self.author.of_batch(new_id())
        for stream in self.done:
            if self._expected.get(stream) is Expect.EXISTS:
                raise Conflict(f'{stream} is deleted by the same request that refers to it.')
        events = [self._event(number, one) for number, one in enumerate(self.done.values())]
        return Append(
            events=events,
            expected=self._expected,
            claims=self._claims(),
            unchanged=self.unchanged,
            unreferred=self.unreferred,
            checked=self._fits and not self.author.undoes,
        )

    def record_of(self, one: Done) -> Record:
        """What happens to it: the record as it is, or where it is not there, as it will be."""
        values = shown_form(one.table.entity, one.after or {})
        return one.record or Record(one.id, 0, self._told[one.stream][1], values)

    @property
    def wanted(self) -> list[Claim]:
        """The unique values that records are to have."""
        return [claim for claim in self._claims() if not claim.release]

    @property
    def freed(self) -> list[Claim]:
        """The unique values that records give away."""
        return [claim for claim in self._claims() if claim.release]

    def stored(self) -> dict[str, list[Stored]]:
        """What is written, by entity; to explain refusals."""
        found: dict[str, list[Stored]] = {}
        for one in self.done.values():
            found.setdefault(one.table.entity.resource, []).append(one.after or {})
        return found

    def _add(
        self,
        one: Done,
        data: dict[str, Any],
        owner: str,
        expected: Expectation,
        written: Sequence[Stored],
        cause: str = '',
    ) -> None:
        stream = one.stream
        if stream in self.done:
            raise Invalid(f'{stream} stands twice in one request.')
        self.done[stream] = one
        if cause:
            self.causes[stream] = cause
        for target in expected_targets(self.catalog, one.table, written):
            self._expected.setdefault(target, Expect.EXISTS)
        self._expected[stream] = expected
        self._told[stream] = data, owner

    def _claims(self) -> list[Claim]:
        found = list[Claim]()
        for stream, one in self.done.items():
            found += claims(one.table.entity, stream, one.before or {}, one.after or {})
        return found

    def _event(self, number: int, one: Done) -> NewEvent:
        stream = one.stream
        data, owner = self._told[stream]
        key = self.author.idempotency_key
        event_id = derived_id(self.author.principal.id, key, str(number)) if key else None
        meta = self.author.meta(owner=owner, entailed_by=self.causes.get(stream, ''))
        return new_event(stream, one.verb, data, meta, event_id)
