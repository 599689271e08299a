"""The one thread that writes: all that waits is decided and committed together, each request with its own verdict."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from app.errors import Problem, Unavailable
from app.events.commits import Commits, Unpromised
from app.events.database import AlreadyThere, Database, first_line
from app.events.event import Event
from app.events.facts import FactFinder
from app.events.head_file import HeadFile
from app.events.log import Alongside, Append, Appended, Apply
from app.events.plan import Plan, plan
from app.events.promised_file import PromisedFile
from app.events.waiting import Empty, Waiting, WaitingLine

logger = logging.getLogger(__name__)

WAITING = 10_000
"""Requests that may wait; more are told to come back later."""
LULL_SECONDS = 0.02
"""Where nobody writes for so long, what is promised is taken in; at once where somebody reads."""
IDLE_SECONDS = 2.0


class Writer:
    """Owns the writing cursor; `submit` from the event loop."""

    def __init__(
        self, database: Database, head_file: HeadFile, promised_file: PromisedFile, apply: Sequence[Apply]
    ) -> None:
        self._database = database
        self._head_file = head_file
        self._commits = Commits(database, head_file, promised_file, apply)
        self._facts = FactFinder(self._commits.cursor)
        self._line = WaitingLine()
        self._line.hurried = lambda: database.freshness.wanted
        database.freshness.hurry = self._line.hurry
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name='writer')
        self._broken: str | None = None
        self._stopping = False
        self.on_commit: Callable[[Sequence[Event]], None] = lambda events: None
        self.checkpoints = self._commits.checkpoints

    def start(self) -> None:
        """Begin to take requests."""
        self._thread.start()

    def submit(self, request: Append) -> asyncio.Future[Appended]:
        """Queue `request`; the future answers once it is durable or refused."""
        if self._broken or self._stopping:
            raise Unavailable(self._broken or 'DBBasic is stopping.')
        if len(self._line) >= WAITING:
            raise Unavailable('Too many writes are waiting.', retry_after=1)
        waiting = Waiting(request, self._loop.create_future())
        self._line.join(waiting)
        return waiting.future

    async def stop(self) -> None:
        """Take no more requests, finish what is queued and end the thread."""
        self._stopping = True
        self._line.close()
        await asyncio.to_thread(self._thread.join)
        self._commits.cursor.close()

    def refuse(self, reason: str) -> None:
        """Take no more requests, because what is there cannot be trusted."""
        self._broken = reason

    @property
    def refused(self) -> str | None:
        """Why no requests are taken, if so."""
        return self._broken

    def statistics(self) -> dict[str, Any]:
        """How the writer is doing, since the start."""
        commits, written = self._commits.commits, self._commits.written
        return {
            'commits': commits,
            'written': written,
            'events_per_commit': round(written / commits, 2) if commits else None,
            'queued': self.queued,
            'checkpoints': self.checkpoints.statistics,
        }

    @property
    def queued(self) -> int:
        """How many requests wait."""
        return len(self._line)

    def category_position(self, category: str) -> int:
        """The position of the newest committed event of a category."""
        return self._facts.categories.get(category, 0)

    def _run(self) -> None:
        while first := self._wait():
            group = self._line.group_of(first)
            began = time.monotonic()
            self._commit(group)
            self._line.served(len(group), time.monotonic() - began)
            if self._commits.due:
                self._settle()
        self._settle()

    def _wait(self) -> Waiting | None:
        if self._commits.behind and not self._commits.stuck:
            try:
                return self._line.first(LULL_SECONDS)
            except Empty:
                self._settle()
        while True:
            try:
                return self._line.first(IDLE_SECONDS)
            except Empty:
                self._settle()
                self.checkpoints.when_idle()
            if not (self._commits.owes or self.checkpoints.put_off):
                return self._line.first()

    def _settle(self) -> None:
        with suppress(Unpromised):
            self._pay()

    def _pay(self) -> None:
        """Do what is owed before anything more may be written, and show followers what was not promised before."""
        self._commits.settle()
        self._facts.forget_oldest()
        if events := self._commits.keep_promise():
            self._loop.call_soon_threadsafe(self.on_commit, events)

    def _commit(self, group: list[Waiting], *, trusting: bool = True) -> None:
        try:
            result = self._write([waiting.request for waiting in group], trusting=trusting)
        except Exception as error:
            self._try_again(group, error, trusting=trusting)
            return
        self._facts.remember(result)
        self._loop.call_soon_threadsafe(self._answer, group, result)

    def _write(self, requests: Sequence[Append], *, trusting: bool) -> Plan:
        if self._broken:
            raise Unavailable(self._broken)
        if self._commits.owes or not all(map(_alone, requests)):
            self._pay()
        facts = self._facts.gather(requests, trusting=trusting)
        result = plan(facts, requests, time.time_ns() // 1000)
        checked = result.events and all(request.checked for request in requests)
        if checked and self._commits.promise(result, facts.claims):
            return result
        alongside = _alongside(requests, result)
        if result.events or result.claims or alongside:
            self._pay()
            self._commits.commit(result, facts.claims, alongside)
        return result

    def _try_again(self, group: list[Waiting], error: Exception, *, trusting: bool) -> None:
        if not (trusting and isinstance(error, AlreadyThere)):
            self._recover(group, error)
            return
        self._commits.roll_back()
        self._settle()
        self._commit(group, trusting=False)

    def _recover(self, group: list[Waiting], error: Exception) -> None:
        try:
            self._roll_back()
        except Unpromised as owed:
            error = owed
        except Exception as fatal:
            self._break(fatal)
        if len(group) > 1 and not self._broken and not isinstance(error, Unpromised):
            for waiting in group:
                self._commit([waiting])
            return
        for waiting in group:
            self._loop.call_soon_threadsafe(_fail, waiting.future, self._explain(error))

    def _break(self, error: Exception) -> None:
        self._broken = f'Writing has stopped: {first_line(error)}. Restart DBBasic; nothing acknowledged is lost.'
        logger.critical(self._broken, exc_info=error)

    def _roll_back(self) -> None:
        self._commits.roll_back()
        self._commits.settle()
        self._facts.reset()
        known = self._head_file.read()
        if known and known.position > self._facts.head.position:
            raise RuntimeError('the database is behind its head file')

    def _explain(self, error: Exception) -> Problem:
        if isinstance(error, Problem):
            return error
        logger.error('an append failed', exc_info=error)
        return Unavailable(
            self._broken or f'The change could not be written to {self._database.path.name}: {first_line(error)}'
        )

    def _answer(self, group: list[Waiting], result: Plan) -> None:
        if result.events:
            self.on_commit(result.events)
        for waiting, verdict in zip(group, result.verdicts, strict=True):
            if isinstance(verdict, Problem):
                _fail(waiting.future, verdict)
            elif not waiting.future.done():
                waiting.future.set_result(verdict)


def _alone(request: Append) -> bool:
    """Whether it can be decided without looking for events that may be promised, but not in the database yet."""
    return all(event.minted for event in request.events)


def _alongside(requests: Sequence[Append], decided: Plan) -> list[Alongside]:
    """What else is to be changed with the requests that were accepted just now."""
    return [
        request.alongside
        for request, verdict in zip(requests, decided.verdicts, strict=True)
        if request.alongside and isinstance(verdict, Appended) and not verdict.duplicate
    ]


def _fail(future: asyncio.Future[Appended], problem: Problem) -> None:
    if not future.done():
        future.set_exception(problem)
