"""The verbs that users have for their data. Each checks who asks and what is valid, then appends its one event."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from app.crud.attached import check_files
from app.crud.author import Author
from app.crud.batch import Batch
from app.crud.cascading import follow_deletes
from app.crud.catalog import Catalog
from app.crud.drafts import check_writable, draft_changes, draft_record
from app.crud.record import Record, check_id, check_version, record_with
from app.crud.references import explain
from app.crud.related import Related, relied_on
from app.crud.repeated import recorded_batch, recorded_event, recorded_record, recorded_version
from app.crud.table import Table
from app.crud.turns import Turns
from app.crud.values import stored_form
from app.crud.versions import known_to, names_for, versions_of
from app.crud.views import Views
from app.crud.written import told_of
from app.errors import Invalid, Problem, Stale
from app.events import (
    Appended,
    CategoryChanged,
    DuckDBLog,
    Event,
    Taken,
    WrongVersion,
)
from app.identifier import canonical_id, new_id

MOST_TOLD = 100
MANY = 200
"""More changes are put into words on a thread, so that others need not wait for it."""
ATTEMPTS = 20
"""How often a change is tried again when somebody else's came between reading and writing."""

Answer = TypeVar('Answer')


class Records:
    """Create, change, delete; and what other verbs share."""

    def __init__(self, catalog: Catalog, log: DuckDBLog, views: Views) -> None:
        self.catalog = catalog
        self.views = views
        self.log = log
        self._turns = Turns()
        self._repeated = Turns()

    async def create(self, entity: str, sent: Any, author: Author) -> Record:
        """Add a record."""
        self.views.allow(entity, 'create', author.principal)

        async def work() -> Record:
            return await self.retry(lambda: self._create(entity, sent, author), once=True)

        return await self.once(author, lambda: self.recorded_record(entity, author), work)

    async def _create(self, entity: str, sent: Any, author: Author) -> Record:
        table = self.catalog.table(entity)
        check_writable(table.entity, sent, author.principal)
        draft = draft_record(table, sent, author.principal)
        batch = Batch(self.catalog, author)
        batch.create(table, draft)
        if table.entity.files:
            await self.complete(batch)
        event = (await self.write(batch)).events[0]
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
        """Alter the fields sent, or with `replace` all of them; `version` is the one that the change is based on.

        Where nothing is altered nothing is recorded, its Idempotency-Key neither: sent again, it alters nothing again.
        """
        stream = f'{entity}/{canonical_id(record_id)}'

        async def attempt() -> Record:
            record = await self.views.get(entity, record_id, author.principal, 'update')
            table = self.catalog.table(entity)
            hidden = table.entity.hidden_from(author.principal)
            kept = table.entity.closed_to(author.principal) | hidden if replace else frozenset()
            check_version(record.without(hidden), version)
            check_id(record, sent)
            check_writable(table.entity, sent, author.principal)
            before = stored_form(table.entity, record.values)
            wanted = {name: record.values[name] for name in kept & record.values.keys()} | sent if kept else sent
            changes = draft_changes(table, before, wanted, author.principal, replace=replace)
            if not changes:
                return record
            batch = Batch(self.catalog, author)
            after = batch.change(table, record, changes, before=before)
            await self.complete(batch)
            event = (await self.write(batch)).events[0]
            return self._kept(table, record_with(table, record.id, event.version, record.owner, after))

        async def work() -> Record:
            try:
                return await self._in_turn(stream, attempt, version)
            except Stale as stale:
                stale.extra['changes'] = await self._changes_since(entity, stream, version or 0, author)
                raise

        return await self.once(author, lambda: self.recorded_record(entity, author), work)

    async def _changes_since(self, entity: str, stream: str, version: int, author: Author) -> list[dict[str, Any]]:
        table, events = self.catalog.table(entity), await self.log.read_stream(stream)
        known = await known_to(author.principal, table, events, self.views)
        return versions_of(events[version:][-MOST_TOLD:], names_for(table, author.principal), known)

    async def delete(self, entity: str, record_id: str, author: Author, *, version: int | None = None) -> int:
        """Remove a record that nothing refers to; returns the version of its stream."""

        async def attempt() -> int:
            record = await self.views.get(entity, record_id, author.principal, 'delete')
            table = self.catalog.table(entity)
            check_version(record.without(table.entity.hidden_from(author.principal)), version)
            batch = Batch(self.catalog, author)
            batch.delete(table, record)
            await self.complete(batch)
            return (await self.write(batch)).events[0].version

        stream = f'{entity}/{canonical_id(record_id)}'
        return await self.once(
            author,
            lambda: recorded_version(self.log, author),
            lambda: self._in_turn(stream, attempt, version),
        )

    async def complete(self, batch: Batch, *, every: bool = False, gently: bool = False) -> None:
        """Add what the batch entails; raises where something forbids it, or a file that it names was never stored."""
        await follow_deletes(batch, self.views, self.log, every=every, gently=gently)
        await check_files(batch, self.log)

    async def write(self, batch: Batch, *, tentative: bool = False) -> Appended:
        """Append a batch, or only see whether that would be accepted; refusals are told in terms of fields."""
        batch.rely_on(relied_on())
        request = await asyncio.to_thread(batch.request) if len(batch.done) > MANY else batch.request()
        if tentative:
            request = replace(request, tentative=True)
        try:
            appended = await self.log.append(request)
        except (WrongVersion, Taken) as conflict:
            if isinstance(conflict, WrongVersion) and conflict.stream in batch.relied:
                raise CategoryChanged(f'{conflict.stream} was changed, which the rules look at.') from conflict
            problem: Problem = conflict
            for entity, stored in batch.stored().items():
                table = self.catalog.table(entity)
                if isinstance(conflict, WrongVersion) or conflict.claim.scope.startswith(f'{entity}.'):
                    problem = explain(self.catalog, table, stored, conflict)
                    if isinstance(problem, Invalid) or isinstance(conflict, Taken):
                        break
            raise problem from conflict
        receipt = batch.author.receipt
        receipt.position, receipt.batch = appended.events[0].position, batch.author.batch
        return appended

    async def write_all(self, batch: Batch) -> dict[str, Any]:
        """Append a batch that may be empty; answers with its id and what it has written."""
        if not batch.done:
            return {'batch': '', 'position': 0, 'count': 0, 'changes': []}
        batch.author = batch.author.of_batch(batch.author.batch or new_id())
        appended = await self.write(batch)
        told = {'batch': batch.author.batch, 'position': appended.position, 'count': len(appended.events)}
        return told | {'changes': told_of(appended.events)}

    async def once(
        self, author: Author, recorded: Callable[[], Awaitable[Answer | None]], work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """What `work` answers, or what was `recorded` when this very request was sent before, even a moment before."""
        if not author.idempotency_key:
            return await work()
        async with self._repeated.of(f'{author.principal.id} {author.idempotency_key}'):
            known = await recorded()
            return await work() if known is None else known

    async def retry(self, attempt: Callable[[], Awaitable[Answer]], *, once: bool) -> Answer:
        """What `attempt` answers, tried again where somebody else was faster; `once` if it must not be then."""
        for _ in range(ATTEMPTS):
            try:
                return await Related(self.views).settle(attempt)
            except (Stale, CategoryChanged) as conflict:
                if once and isinstance(conflict, Stale):
                    raise
                problem: Problem = conflict
        raise problem

    def _kept(self, table: Table, record: Record) -> Record:
        """A record just written, which is likely to be asked for next."""
        self.views.keep(table, record)
        return record

    async def _in_turn(self, stream: str, attempt: Callable[[], Awaitable[Answer]], version: int | None) -> Answer:
        """A change that names no version waits for its turn, as it must win in the end; one that does may lose."""
        if version is not None:
            return await self.retry(attempt, once=True)
        async with self._turns.of(stream):
            return await self.retry(attempt, once=False)

    async def recorded_event(self, author: Author) -> Event | None:
        """The first event that this very request, sent before, has recorded."""
        return await recorded_event(self.log, author)

    async def recorded_record(self, entity: str, author: Author) -> Record | None:
        """The record as this very request, sent before, has left it."""
        return await recorded_record(self.log, self.catalog.table(entity), author)

    async def recorded_batch(self, author: Author) -> dict[str, Any] | None:
        """What a request for many changes, sent before with the same key, has brought."""
        return await recorded_batch(self.log, author)
