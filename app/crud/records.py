"""The verbs that users have for their data. Each checks who asks and what is valid, then appends its one event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from app import codec
from app.crud.attached import check_files
from app.crud.author import Author
from app.crud.batch import Batch
from app.crud.cascading import follow_deletes
from app.crud.catalog import Catalog
from app.crud.covering import check_allowed, covers
from app.crud.drafts import Draft, check_writable, draft_record
from app.crud.identifier import new_id
from app.crud.record import Record, check_id, check_version, record_with
from app.crud.references import expected_targets, explain
from app.crud.table import Table
from app.crud.values import Stored, changed_values, claims, shown_form, stored_form
from app.crud.versions import names_for, told
from app.crud.views import Views
from app.errors import Conflict, Denied, Invalid, NotFound, Problem, Stale
from app.events import (
    Append,
    Appended,
    CategoryChanged,
    DuckDBLog,
    Event,
    Expect,
    NewEvent,
    Taken,
    WrongVersion,
    new_event,
)
from app.events.aggregate import event_owner, fold
from app.events.event import derived_id
from app.events.log import IdReused

MOST_TOLD = 100
ATTEMPTS = 20
"""How often a change is tried again when somebody else's came between reading and writing."""

Answer = TypeVar('Answer')


class Records:
    """Create, change, delete, restore."""

    def __init__(self, catalog: Catalog, log: DuckDBLog, views: Views) -> None:
        self.catalog = catalog
        self.views = views
        self.log = log

    async def create(self, entity: str, sent: Any, author: Author) -> Record:
        """Add a record."""
        table = self.catalog.table(entity)
        self.views.allow(entity, 'create', author.principal)
        if recorded := await self._recorded(author):
            return _as_recorded(table, recorded)
        check_writable(table.entity, sent, author.principal)
        draft = draft_record(table, sent)
        batch = Batch(self.catalog, author)
        batch.create(table, draft)
        await self.complete(batch)
        try:
            event = (await self.write(batch)).events[0]
        except Conflict:
            if recorded := await self._recorded(author):
                return _as_recorded(table, recorded)
            raise
        return self._kept(table, record_with(table, draft.id, event.version, author.principal.id, draft.values))

    async def change(
        self,
        entity: str,
        record_id: str,
        sent: Any,
        author: Author,
        *,
        version: int | None = None,
        replace: bool = False,
    ) -> Record:
        """Alter the fields sent, or with `replace` all of them; `version` is the one that the change is based on."""
        table = self.catalog.table(entity)
        hidden = table.entity.hidden_from(author.principal)
        kept = (table.entity.closed_to(author.principal) | hidden) if replace else frozenset()

        async def attempt() -> Record:
            record = await self.views.get(entity, record_id, author.principal, 'update')
            check_version(record.without(hidden), version)
            check_id(record, sent)
            check_writable(table.entity, sent, author.principal)
            before = stored_form(table.entity, record.values)
            wanted = {name: record.values[name] for name in kept if name in record.values} | sent if kept else sent
            changes = changed_values(table.entity, wanted, before, replace=replace)
            if not changes:
                return record
            batch = Batch(self.catalog, author)
            after = batch.change(table, record, changes)
            await self.complete(batch)
            event = (await self.write(batch)).events[0]
            return self._kept(table, record_with(table, record.id, event.version, record.owner, after))

        if recorded := await self._recorded(author):
            return _as_recorded(table, recorded)
        try:
            return await self.retry(attempt, once=version is not None)
        except Stale as stale:
            names = names_for(table, author.principal)
            events = await self.log.read_stream(f'{entity}/{table.entity.canonical_id(record_id)}', version or 0)
            stale.extra['changes'] = [told(event, names) for event in events[-MOST_TOLD:]]
            raise

    async def delete(self, entity: str, record_id: str, author: Author, *, version: int | None = None) -> int:
        """Remove a record that nothing refers to; returns the version of its stream."""
        table = self.catalog.table(entity)

        async def attempt() -> int:
            record = await self.views.get(entity, record_id, author.principal, 'delete')
            check_version(record.without(table.entity.hidden_from(author.principal)), version)
            batch = Batch(self.catalog, author)
            batch.delete(table, record)
            await self.complete(batch)
            return (await self.write(batch)).events[0].version

        if recorded := await self._recorded(author):
            return recorded[-1].version
        return await self.retry(attempt, once=version is not None)

    async def restore(self, entity: str, record_id: str, author: Author) -> Record:
        """Bring a deleted record back as it last was, with its id and its history."""
        table = self.catalog.table(entity)
        if recorded := await self._recorded(author):
            return _as_recorded(table, recorded)
        decision = self.views.allow(entity, 'delete', author.principal)
        stream = f'{entity}/{table.entity.canonical_id(record_id)}'
        events = await self.log.read_stream(stream)
        if not events:
            raise NotFound(f'There was never a record {record_id!r} in {entity}.')
        if events[-1].type != 'deleted':
            raise Conflict('The record is not deleted.')
        deleted = fold(events)
        owner = deleted.owner
        known = {field.id for field in table.entity.stored}
        values = {id_: value for id_, value in deleted.values.items() if id_ in known and value is not None}
        if not covers(table.entity, decision, author.principal, shown_form(table.entity, values), owner):
            raise Denied(f'{decision.reason} This one belonged to someone else.')
        batch = Batch(self.catalog, author)
        batch.restore(table, stream.partition('/')[2], events[-1].version, owner, values)
        event = (await self.write(batch)).events[0]
        return record_with(table, stream.partition('/')[2], event.version, owner, values)

    def creation(self, table: Table, drafts: Sequence[Draft], author: Author) -> Append:
        """The one append that creates all of `drafts`, or none."""
        meta = codec.canonical(author.meta())
        events, taken = [], []
        expected = expected_targets(self.catalog, table, [draft.values for draft in drafts])
        for number, draft in enumerate(drafts):
            check_allowed(table, 'create', author.principal, draft.values, author.principal.id)
            stream = f'{table.entity.resource}/{draft.id}'
            event_id = _event_id(author, number)
            new = new_event(stream, 'created', draft.values, {}, event_id)
            events.append(NewEvent(stream, 'created', new.data, meta, new.event_id, new.minted))
            expected[stream] = Expect.NEW if draft.minted else Expect.NONE
            taken += claims(table.entity, stream, {}, draft.values)
        return Append(events=events, expected=expected, claims=taken)

    async def complete(self, batch: Batch) -> None:
        """Add what the batch entails; raises where something forbids it, or a file that it names was never stored."""
        await follow_deletes(batch, self.views, self.log)
        await check_files(batch, self.log)

    async def write(self, batch: Batch) -> Appended:
        """Append a batch; refusals are told in terms of fields."""
        try:
            return await self.log.append(batch.request())
        except (WrongVersion, Taken) as conflict:
            problem: Problem = conflict
            for entity, stored in batch.stored().items():
                table = self.catalog.table(entity)
                if isinstance(conflict, WrongVersion) or conflict.claim.scope.startswith(f'{entity}.'):
                    problem = explain(self.catalog, table, stored, conflict)
                    if isinstance(problem, Invalid) or isinstance(conflict, Taken):
                        break
            raise problem from conflict

    async def write_all(self, batch: Batch) -> dict[str, Any]:
        """Append a batch that may be empty; answers with its id and what it has done."""
        if not batch.done:
            return {'batch': '', 'position': 0, 'count': 0}
        batch.author = batch.author.of_batch(batch.author.batch or new_id())
        appended = await self.write(batch)
        return {'batch': batch.author.batch, 'position': appended.position, 'count': len(appended.events)}

    async def append_all(self, table: Table, request: Append, records: Sequence[Stored]) -> Appended:
        """Append what `creation` made; refusals are told in terms of fields."""
        try:
            return await self.log.append(request)
        except (WrongVersion, Taken) as conflict:
            raise explain(self.catalog, table, records, conflict) from conflict

    async def retry(self, attempt: Callable[[], Awaitable[Answer]], *, once: bool) -> Answer:
        """What `attempt` answers, tried again where somebody else was faster; `once` if it must not be then."""
        for _ in range(ATTEMPTS):
            try:
                return await attempt()
            except (Stale, CategoryChanged) as conflict:
                if once and isinstance(conflict, Stale):
                    raise
                problem: Problem = conflict
        raise problem

    def _kept(self, table: Table, record: Record) -> Record:
        """A record just written, which is likely to be asked for next."""
        self.views.keep(table, record)
        return record

    async def _recorded(self, author: Author) -> list[Event]:
        """The stream up to the event that this very request, sent before, has recorded."""
        event_id = _event_id(author)
        event = await self.log.find(event_id) if event_id else None
        if event is None:
            return []
        if codec.parse(event.meta).get('fingerprint') != author.fingerprint:
            raise IdReused('This Idempotency-Key was used before for another request.')
        return [other for other in await self.log.read_stream(event.stream) if other.version <= event.version]

    async def recorded_batch(self, author: Author) -> dict[str, Any] | None:
        """What an import that was sent before, with the same key, has brought."""
        recorded = await self._recorded(author)
        if not recorded:
            return None
        batch = codec.parse(recorded[-1].meta)['batch']
        sql = 'SELECT count(*), max(position) FROM events WHERE position >= ? AND contains(meta, ?)'
        rows = await self.log.database.query(sql, [recorded[-1].position, f'"batch":"{batch}"'])
        return {'count': rows[0][0], 'batch': batch, 'position': rows[0][1]}


def _event_id(author: Author, number: int = 0) -> str | None:
    if not author.idempotency_key:
        return None
    return derived_id(author.principal.id, author.idempotency_key, str(number))


def _as_recorded(table: Table, events: list[Event]) -> Record:
    record_id, owner = events[-1].stream.partition('/')[2], event_owner(events[-1])
    return record_with(table, record_id, events[-1].version, owner, fold(events).values)
