"""The imports that run or have run lately: begun, waited for, told of, cancelled, and taken back where they fail."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.crud.author import Author
from app.crud.importing.asked import CREATE, UPDATE, Asked
from app.crud.importing.diary import Diary, entry, recorded_answer, unfinished
from app.crud.importing.job import CANCELLED, FAILED, FINISHED, RUNNING, UNDOING, Job
from app.crud.importing.upload import Upload
from app.crud.importing.work import Cancelled, Import
from app.crud.records import Records
from app.crud.undoing import Undo
from app.errors import Conflict, NotFound, Problem, Unavailable
from app.events import DuckDBLog
from app.events.log import IdReused
from app.permissions import SYSTEM, Principal

logger = logging.getLogger(__name__)

AT_ONCE = 2
REMEMBERED = 100
"""Imports that have ended and can still be asked for."""


class Imports:
    """Two at once; others wait. Whatever ends badly leaves nothing behind."""

    def __init__(self, records: Records, log: DuckDBLog, undo: Undo) -> None:
        self._records = records
        self._log = log
        self._undo = undo
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix='import')

    async def __aenter__(self) -> Imports:
        await self.recover()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def check(self, entity: str, asked: Asked, principal: Principal) -> None:
        """Refuse what `principal` may not do at all, before a file is taken."""
        views = self._records.views
        if asked.mode != UPDATE:
            views.allow(entity, 'create', principal)
        if asked.mode != CREATE:
            views.allow(entity, 'update', principal)

    def start(self, entity: str, upload: Upload, author: Author, asked: Asked) -> Job:
        """Begin an import, or find the one that the very same request has begun."""
        if same := self._running(author):
            upload.close()
            return same
        job = Job(Import(self._records, self._log, self._run, entity, upload, author, asked))
        self._jobs[job.work.id] = job
        job.task = asyncio.create_task(self._perform(job))
        return job

    async def wait(self, job: Job, gone: Callable[[], Any] | None = None) -> dict[str, Any]:
        """The answer of an import, or what is wrong; it is cancelled when `gone` returns first."""
        assert job.task
        leaving = asyncio.ensure_future(gone()) if gone else None
        try:
            await asyncio.wait({job.task, leaving} if leaving else {job.task}, return_when=asyncio.FIRST_COMPLETED)
            if not job.task.done():
                job.work.cancelled = True
                await asyncio.wait({job.task})
        finally:
            if leaving:
                leaving.cancel()
        if job.problem or job.answer is None:
            raise job.problem or Unavailable('DBBasic is stopping.')
        return job.answer

    def get(self, import_id: str, principal: Principal) -> Job:
        """An import of this process that `principal` has begun; admins know of all."""
        job = self._jobs.get(import_id)
        if job is None or not _may_see(job, principal):
            raise NotFound(f'There is no import {import_id[:80]!r}, or no longer.')
        return job

    def begun_by(self, principal: Principal, idempotency_key: str = '') -> list[Job]:
        """What `principal` has begun, or anybody if it is an admin, newest first; of one key if that is given."""
        allowed = (job for job in reversed(self._jobs.values()) if _may_see(job, principal))
        return [job for job in allowed if idempotency_key in {'', job.key}]

    async def told(self, import_id: str, principal: Principal) -> dict[str, Any]:
        """How an import stands; of one that ended before the last start, as far as the log tells it."""
        if import_id not in self._jobs and len(import_id) < 80:
            noted = await entry(self._log, import_id)
            if noted and (principal.admin or principal.id == noted['actor']):
                result = {'result': noted['answer']} if 'answer' in noted else {}
                return {'id': import_id, 'entity': noted['entity'], 'state': noted['state'], **result}
        return self.get(import_id, principal).as_json()

    async def cancel(self, job: Job) -> None:
        """Stop an import and take back what it has written."""
        assert job.task
        if job.task.done():
            raise Conflict(f'The import has ended before ({job.state}). POST /api/undo with its batch takes it back.')
        job.work.cancelled = True
        await asyncio.wait({job.task})

    async def recover(self) -> int:
        """Take back what imports have left behind that were cut off by the end of the system; returns how many."""
        batches = await unfinished(self._log)
        for batch, entity in batches:
            logger.warning('the import %s into %s was cut off; it is taken back', batch, entity)
            await self._take_back(batch, entity)
        return len(batches)

    async def close(self) -> None:
        """Stop; what is written of imports in several parts is taken back at the next start."""
        tasks = [job.task for job in self._jobs.values() if job.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown)

    def _run(self, work: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def _perform(self, job: Job) -> None:
        work = job.work
        try:
            async with self._slots:
                job.state = RUNNING
                job.answer = await self._answer(work)
                work.stop_if_cancelled()
                job.state = FINISHED
        except Problem as problem:
            job.problem = problem
        except Exception as error:
            logger.error('the import %s failed', work.id, exc_info=error)
            job.problem = Problem('Something went wrong on our side; nothing was imported.')
        finally:
            work.upload.close()
        if job.problem:
            await self._fail(job, job.problem)
        self._forget_old()

    async def _answer(self, work: Import) -> dict[str, Any]:
        if not work.asked.dry_run and (recorded := await recorded_answer(self._records, self._log, work.author)):
            return recorded
        try:
            return await work.perform()
        except IdReused:
            if recorded := await recorded_answer(self._records, self._log, work.author):
                return recorded
            raise

    async def _fail(self, job: Job, problem: Problem) -> None:
        job.answer = None
        if job.work.position:
            job.state = UNDOING
            left = await self._take_back(job.work.id, job.work.entity)
            if left:
                problem.extra['left'] = left
        job.state = CANCELLED if isinstance(problem, Cancelled) else FAILED

    async def _take_back(self, batch: str, entity: str) -> int:
        """Undo what was written; returns how many changes stay, since somebody else has built upon them."""
        author = Author(principal=SYSTEM, source='import')
        try:
            undone = await self._undo.undo(batch, author)
        except Problem as problem:
            logger.error('the import %s into %s cannot be taken back: %s', batch, entity, problem.detail)
            return -1
        left = len(undone['conflicts'])
        if await entry(self._log, batch):
            await self._log.append(Diary(batch, author, entity).undone(left))
        return left

    def _running(self, author: Author) -> Job | None:
        """The import that the very same request has begun before."""
        asked = author.principal.id, author.idempotency_key, author.fingerprint
        for job in self._jobs.values() if author.idempotency_key else ():
            other = job.work.author
            if not job.ended and asked == (other.principal.id, other.idempotency_key, other.fingerprint):
                return job
        return None

    def _forget_old(self) -> None:
        ended = [name for name, job in self._jobs.items() if job.ended]
        for name in ended[:-REMEMBERED]:
            del self._jobs[name]


def _may_see(job: Job, principal: Principal) -> bool:
    return principal.admin or principal.id == job.work.author.principal.id
