"""The one thread that writes: everything that waits is decided and committed together, each request with its own verdict."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import Problem, Unavailable
from app.events.database import Database, Error, first_line
from app.events.event import Event
from app.events.facts import FactFinder, claim_text
from app.events.head_file import HeadFile
from app.events.log import Append, Appended, Apply
from app.events.plan import Plan, plan

logger = logging.getLogger(__name__)

GROUP = 2000
"""Events in one commit, at most, unless a single request brings more."""
WAITING = 10_000
"""Requests that may wait; more are told to come back later."""
IDLE_SECONDS = 2.0
CHECKPOINT_BYTES = 4_000_000


@dataclass(slots=True)
class Waiting:
    """A request and the future that its sender awaits."""

    request: Append
    future: asyncio.Future[Appended]


class Writer:
    """Owns the writing cursor; `submit` from the event loop."""

    def __init__(self, database: Database, head_file: HeadFile, apply: Sequence[Apply]) -> None:
        self._database = database
        self._cursor = database.cursor()
        self._head_file = head_file
        self._apply = apply
        self._facts = FactFinder(self._cursor)
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name='writer')
        self._broken: str | None = None
        self.on_commit: Callable[[Sequence[Event]], None] = lambda events: None
        self.commits = 0
        self.written = 0

    def start(self) -> None:
        """Begin to take requests."""
        self._thread.start()

    def submit(self, request: Append) -> asyncio.Future[Appended]:
        """Queue `request`; the future answers once it is durable or refused."""
        if self._broken:
            raise Unavailable(self._broken)
        if self._queue.qsize() >= WAITING:
            raise Unavailable('Too many writes are waiting.', retry_after=1)
        waiting = Waiting(request, self._loop.create_future())
        self._queue.put(waiting)
        return waiting.future

    def stop(self) -> None:
        """Finish what is queued and end the thread; blocks."""
        self._queue.put(None)
        self._thread.join()
        self._cursor.close()

    @property
    def queued(self) -> int:
        """How many requests wait."""
        return self._queue.qsize()

    def category_position(self, category: str) -> int:
        """The position of the newest committed event of a category."""
        return self._facts.categories.get(category, 0)

    def _run(self) -> None:
        while group := self._next_group():
            self._commit(group)

    def _next_group(self) -> list[Waiting]:
        first = self._wait()
        if first is None:
            return []
        group, events = [first], len(first.request.events)
        while events < GROUP:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                self._queue.put(None)
                break
            group.append(waiting)
            events += len(waiting.request.events)
        return group

    def _wait(self) -> Waiting | None:
        try:
            return self._queue.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            self._checkpoint_when_worth_it()
            return self._queue.get()

    def _commit(self, group: list[Waiting]) -> None:
        try:
            result = self._write([waiting.request for waiting in group])
        except Exception as error:
            self._recover(group, error)
            return
        self._facts.remember(result)
        self._loop.call_soon_threadsafe(self._answer, group, result)

    def _write(self, requests: Sequence[Append]) -> Plan:
        if self._broken:
            raise Unavailable(self._broken)
        result = plan(self._facts.gather(requests), requests, time.time_ns() // 1000)
        accepted = [r for r, verdict in zip(requests, result.verdicts, strict=True) if isinstance(verdict, Appended)]
        alongside = [request.alongside for request in accepted if request.alongside]
        if not result.events and not alongside:
            return result
        self._cursor.execute('BEGIN')
        _insert_events(self._cursor, result.events)
        _change_claims(self._cursor, result)
        for apply in self._apply:
            apply(self._cursor, result.events)
        for change in alongside:
            change(self._cursor)
        self._cursor.execute('COMMIT')
        self._head_file.write(result.facts.head)
        if alongside:
            self._cursor.execute('CHECKPOINT')
        self.commits += 1
        self.written += len(result.events)
        return result

    def _recover(self, group: list[Waiting], error: Exception) -> None:
        try:
            self._roll_back()
        except Exception as fatal:
            self._broken = f'Writing has stopped: {first_line(fatal)}. Restart DBBasic; nothing acknowledged is lost.'
            logger.critical(self._broken, exc_info=fatal)
        if len(group) > 1 and not self._broken:
            for waiting in group:
                self._commit([waiting])
            return
        for waiting in group:
            self._loop.call_soon_threadsafe(_fail, waiting.future, self._explain(error))

    def _roll_back(self) -> None:
        try:
            self._cursor.execute('ROLLBACK')
        except Error:
            logger.debug('nothing to roll back')
        self._facts.reset()
        known = self._head_file.read()
        if known and known.position > self._facts.head.position:
            raise RuntimeError('the database is behind its head file')

    def _explain(self, error: Exception) -> Problem:
        if isinstance(error, Problem):
            return error
        logger.error('an append failed', exc_info=error)
        return Unavailable(self._broken or f'The change could not be written: {first_line(error)}')

    def _answer(self, group: list[Waiting], result: Plan) -> None:
        if result.events:
            self.on_commit(result.events)
        for waiting, verdict in zip(group, result.verdicts, strict=True):
            if isinstance(verdict, Problem):
                _fail(waiting.future, verdict)
            elif not waiting.future.done():
                waiting.future.set_result(verdict)

    def _checkpoint_when_worth_it(self) -> None:
        wal = self._database.path.with_suffix(self._database.path.suffix + '.wal')
        try:
            if wal.exists() and wal.stat().st_size > CHECKPOINT_BYTES:
                self._cursor.execute('CHECKPOINT')
        except Error as error:
            logger.warning('checkpoint put off: %s', first_line(error))


def _fail(future: asyncio.Future[Appended], problem: Problem) -> None:
    if not future.done():
        future.set_exception(problem)


INSERT_EVENTS = 'INSERT INTO events SELECT ' + ', '.join(
    f'unnest(?::{column}[])' for column in 'BIGINT VARCHAR INTEGER VARCHAR VARCHAR VARCHAR UUID BIGINT VARCHAR'.split()
)


def _insert_events(cursor: Any, events: Sequence[Event]) -> None:
    if events:
        cursor.execute(INSERT_EVENTS, [list(column) for column in zip(*events, strict=True)])


def _change_claims(cursor: Any, plan: Plan) -> None:
    if plan.claims:
        texts = [claim_text(*key) for key in plan.claims]
        taken = [(claim_text(*key), owner) for key, owner in plan.claims.items() if owner is not None]
        if len(taken) < len(texts):
            cursor.execute('DELETE FROM claims WHERE claim IN (SELECT unnest(?::VARCHAR[]))', [texts])
        if taken:
            columns = [list(column) for column in zip(*taken, strict=True)]
            cursor.execute('INSERT OR REPLACE INTO claims SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])', columns)
