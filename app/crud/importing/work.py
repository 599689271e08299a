"""One import from the file to the answer: read in chunks, checked, and written by one append or by several."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.crud.author import Author
from app.crud.importing.asked import CREATE, Asked
from app.crud.importing.clashes import Clashes
from app.crud.importing.diary import Diary, answer_of
from app.crud.importing.drafting import Drafting
from app.crud.importing.part import Part
from app.crud.importing.rows import Row, RowErrors
from app.crud.importing.seen import Seen
from app.crud.importing.source import Source
from app.crud.importing.upload import Upload
from app.crud.importing.wanted import Wanted
from app.crud.record import Record
from app.crud.records import Records
from app.crud.references import explain
from app.crud.related import Related
from app.crud.table import Table
from app.errors import Conflict, Invalid, Problem
from app.events import CategoryChanged, DuckDBLog, Taken, WrongVersion
from app.identifier import new_id

CHUNK = 5_000
"""Rows that are read and checked at once, between two looks at whether to go on."""
WHOLE = 100_000
"""Events of one append; a file that brings more is written in parts."""
PART = 50_000
LARGEST = 64_000_000
"""Characters of what one append tells, besides one chunk."""
ATTEMPTS = 3
"""How often a part is read and checked again because somebody else has written meanwhile."""
SHOWN = 200
"""Records in a preview, at most."""


class Cancelled(Conflict):
    """Whoever wanted the import does not want it any more."""

    code, title = 'cancelled', 'Cancelled'


@dataclass(slots=True)
class Counts:
    """What becomes of the rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Import:
    """What is known of one import; `perform` does it. Lives on the event loop, its work is done on a thread."""

    records: Records
    log: DuckDBLog
    run: Callable[..., asyncio.Future[Any]]
    """`await run(work, argument, …)` on a thread of its own."""
    entity: str
    upload: Upload
    author: Author
    asked: Asked
    id: str = field(default_factory=new_id)
    cancelled: bool = False
    rows_read: int = 0
    rows_written: int = 0
    position: int = 0
    """Of the newest event that was written."""
    counts: Counts = field(default_factory=Counts)
    errors: RowErrors = field(default_factory=RowErrors)
    _preview: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    _seen: Seen = field(default_factory=Seen)

    async def perform(self) -> dict[str, Any]:
        """The answer; raises where anything is wrong, which may leave parts behind that must be taken back."""
        diary = Diary(self.id, self.author, self.entity)
        source = Source(self.upload, self.asked.reading, self.records.catalog.table(self.entity).entity)
        try:
            await self.run(source.begin)
            limit = WHOLE
            while True:
                await self._part(source, diary, limit)
                if source.ended or self.errors.full:
                    break
                limit = PART
        finally:
            await asyncio.shield(self.run(source.close))
        if self.asked.dry_run:
            return self._previewed()
        if self.errors:
            raise Invalid(
                f'Nothing was imported: {len(self.errors.rows)} of the rows cannot be taken.', **self.errors.as_json()
            )
        return self._answer() | {'batch': self.id, 'position': self.position}

    def stop_if_cancelled(self) -> None:
        """Go no further with what nobody wants."""
        if self.cancelled:
            raise Cancelled('The import was cancelled; nothing of it was kept.')

    async def _part(self, source: Source, diary: Diary, limit: int) -> None:
        """Read, check and write up to so many events; again if somebody else has changed what they depend on."""
        begins, before, preview = source.read, self.counts, len(self._preview)
        problem: Problem = Conflict()
        for _ in range(ATTEMPTS):
            self.counts = copy(before)
            table = self.records.catalog.table(self.entity)
            part = await self._check(source, table, limit)
            if source.ended:
                self._seen.forget()  # there is nothing more to compare with
            if self.asked.dry_run or self.errors:
                await self.run(self._seen.keep)
                return
            try:
                await self._write(part, diary, last=source.ended)
            except (WrongVersion, Taken, CategoryChanged) as conflict:
                problem = explain(self.records.catalog, table, [], conflict)
                self._seen.forget()
                del self._preview[preview:]
                await self.run(source.begin, begins)
            else:
                await self.run(self._seen.keep)
                return
        raise problem

    async def _check(self, source: Source, table: Table, limit: int) -> Part:
        drafting = Drafting(self.records, table, self.author, self.asked, self.errors)
        clashes = Clashes(self.records, table, self._seen, self.errors)
        part = Part(self.records.catalog, table, self.author.of_batch(self.id))
        while (room := limit - len(part.created) - len(part.changed)) and part.size < LARGEST and not self.errors.full:
            self.stop_if_cancelled()
            rows = await self.run(source.next, min(CHUNK, room))
            found = await drafting.find(rows)
            drafted = await self._draft(drafting, part, rows, found)
            once = await self.run(clashes.find_twice, drafted)
            wanted = [one for one in once if one.record is None or one.changes]
            await clashes.find(wanted)
            await self.run(self._take, part, table, wanted)
            self.counts.unchanged += len(once) - len(wanted)
            self.rows_read = source.read
            if source.ended:
                break
        clashes.settle(part)
        wrong = set(self.errors.rows)
        self.counts.created += len(part.created) - len(wrong.intersection(part.created))
        self.counts.updated += len(part.changed) - len(wrong.intersection(part.changed))
        return part

    async def _draft(
        self, drafting: Drafting, part: Part, rows: Sequence[Row], found: Mapping[int, Record]
    ) -> list[Wanted]:
        related, known = Related(self.records.views), len(self.errors)

        async def draft() -> list[Wanted]:
            del self.errors.found[known:]
            drafted: list[Wanted] = await self.run(related.look, drafting.draft, rows, found)
            return drafted

        drafted = await related.settle(draft)
        part.rely_on(related.versions)
        return drafted

    def _take(self, part: Part, table: Table, wanted: list[Wanted]) -> None:
        for one in wanted:
            part.add(one)
        if self.asked.dry_run:
            shown = wanted[: SHOWN - len(self._preview)]
            self._preview += [(one.row.number, one.done(table).shown_to(self.author.principal)) for one in shown]
        if self.asked.dry_run or self.errors:
            part.events.clear()

    async def _write(self, part: Part, diary: Diary, *, last: bool) -> None:
        self.stop_if_cancelled()
        answer = self._answer() | {'imported': self.rows_written + len(part.events)}
        told = self.asked.mode == CREATE
        request = await self.run(
            partial(diary.request, part, first=not self.position, last=last, answer=answer, told=told)
        )
        if request:
            appended = await self.log.append(request)
            self.rows_written += len(part.events)
            self.position = appended.position

    def _answer(self) -> dict[str, Any]:
        return answer_of(self.counts.created, self.counts.updated, self.counts.unchanged)

    def _previewed(self) -> dict[str, Any]:
        counts, wrong = self.counts, set(self.errors.rows)
        return {
            'dry_run': True,
            'create': counts.created,
            'update': counts.updated,
            'unchanged': counts.unchanged,
            'failed': len(wrong),
            'changes': [shown for number, shown in self._preview if number not in wrong],
            'count': counts.created + counts.updated,
            **self.errors.as_json(),
        }
