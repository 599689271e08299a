"""Rows that become records by one append."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app import codec
from app.crud.author import Author
from app.crud.catalog import Catalog
from app.crud.importing.wanted import Wanted
from app.crud.references import expected_targets
from app.crud.table import Table
from app.crud.uniqueness import claims, uniques
from app.events import Append, Claim, Expect, NewEvent, new_event
from app.events.log import Expectation


class Part:
    """Gathers the events; each record stands in it once. Nothing of the rows themselves is kept."""

    def __init__(self, catalog: Catalog, table: Table, author: Author) -> None:
        self._catalog = catalog
        self._table = table
        self._author = author
        self._resource = table.entity.resource
        self._uniques = uniques(table.entity)
        self._metas: dict[str, str] = {}
        self._expected: dict[str, Expectation] = {}
        self._claims: list[Claim] = []
        self.freed: set[tuple[str, str, str]] = set()
        """Unique values that records give away: scope, key, stream."""
        self.events: list[NewEvent] = []
        self.created: list[int] = []
        """The numbers of the rows that become new records."""
        self.changed: list[int] = []
        self.size = 0
        """Characters of what the events tell."""

    def add(self, wanted: Wanted) -> None:
        """Another row."""
        stream = f'{self._resource}/{wanted.id}'
        if self._table.entity.references:
            for target in expected_targets(self._catalog, self._table, [wanted.written]):
                self._expected.setdefault(target, Expect.EXISTS)
        if wanted.record is None:
            self.created.append(wanted.row.number)
            self._expected[stream] = Expect.NEW if wanted.minted else Expect.NONE
            self.events.append(new_event(stream, 'created', wanted.after, self._meta('')))
            for unique in self._uniques:
                if (key := unique.key(wanted.after)) is not None:
                    self._claims.append(Claim(unique.scope, key, stream))
        else:
            self.changed.append(wanted.row.number)
            self._expected[stream] = wanted.record.version
            self.events.append(new_event(stream, 'changed', wanted.changes or {}, self._meta(wanted.record.owner)))
            changed = claims(self._table.entity, stream, wanted.before or {}, wanted.after)
            self._claims += changed
            self.freed |= {(claim.scope, claim.key, claim.owner) for claim in changed if claim.release}
        self.size += len(self.events[-1].data)

    def rely_on(self, versions: Mapping[str, int]) -> None:
        """What the rows were checked against: streams with the versions that these must still have."""
        own = {event.stream for event in self.events} if versions else set()
        self._expected.update({stream: version for stream, version in versions.items() if stream not in own})

    def request(self, before: Sequence[NewEvent], after: Sequence[NewEvent], event_id: str | None) -> Append:
        """The append, with other events around those of the rows; with an `event_id`, by which it can be found.

        It is the id of the first event, or where others come after the rows, of the last.
        """
        events = [*before, *self.events, *after]
        if event_id:
            place = -1 if after else 0
            events[place] = events[place]._replace(event_id=event_id, minted=False)
        return Append(
            events=events,
            expected=self._expected,
            claims=self._claims,
            unchanged={'config': self._catalog.position},
        )

    def _meta(self, owner: str) -> str:
        if owner not in self._metas:
            self._metas[owner] = codec.canonical(self._author.meta(owner=owner))
        return self._metas[owner]
