"""How what was decided gets into the database and on record: committed first, or promised first.

A commit takes the database some ten milliseconds, whether it brings one event or a hundred. So small groups are
promised first: on disk in the promised file, named by the head file, acknowledged; and the database takes in several
of them at once, when nobody else wants to write, when somebody wants to read, or when it is time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Container, Sequence
from typing import Any, NamedTuple

from app.errors import Unavailable
from app.events.checkpoints import Checkpoints, why_not
from app.events.database import Database, Error, first_line
from app.events.event import Event
from app.events.head_file import HeadFile
from app.events.log import Alongside, Apply
from app.events.plan import ClaimKey, Plan
from app.events.promised_file import PromisedFile
from app.events.rows import change_claims, insert_events

logger = logging.getLogger(__name__)

SMALL = 500
"""Events in a group that is promised first, at most."""
MANY = 1000
"""Events that are taken in by one commit; waiting for more would make it long."""
LONGEST_SECONDS = 0.25
"""How long those who read patiently wait, at most, while others go on writing."""


class Unpromised(Unavailable):
    """What is committed cannot be promised, or the other way round; nothing more is written until it can."""


class Pending(NamedTuple):
    """A group that is promised, and the claims of it that the database holds already."""

    decided: Plan
    held: Container[ClaimKey]


class Commits:
    """Lives on the writer's thread."""

    def __init__(
        self, database: Database, head_file: HeadFile, promised_file: PromisedFile, apply: Sequence[Apply]
    ) -> None:
        self.cursor: Any = database.cursor()
        self.checkpoints = Checkpoints(database.path, self.cursor)
        self.commits = 0
        self.written = 0
        self.stuck = False
        """Whether the database would not take in what is promised when it was last asked to."""
        self._database = database
        self._head_file = head_file
        self._promised_file = promised_file
        self._apply = apply
        self._pending: list[Pending] = []
        self._since = 0.0
        self._begun = False
        """Whether a transaction is open that has taken the claims of all that is pending."""
        self._unpromised: Plan | None = None
        """What is committed, but not promised yet."""

    @property
    def behind(self) -> bool:
        """Whether something is promised that the database does not have."""
        return bool(self._pending)

    @property
    def owes(self) -> bool:
        """Whether something is left to do before anything may be written."""
        return self.stuck or self._unpromised is not None

    @property
    def due(self) -> bool:
        """Whether the database is to have what is promised now, however many want to write."""
        events = sum(len(one.decided.events) for one in self._pending)
        waited = time.monotonic() - self._since
        return self.behind and (self._database.freshness.wanted or events >= MANY or waited > LONGEST_SECONDS)

    def promise(self, decided: Plan, held: Container[ClaimKey]) -> bool:
        """Make a small group safe on disk, for `settle` to take it in later; whether that was possible.

        Raises what the database says against its claims; then nothing of it has happened.
        """
        # Whether there is room is looked up once for what is taken in together: each look gives the interpreter away.
        if len(decided.events) > SMALL or (not self._pending and why_not(self._database.path)):
            return False
        self._begin()
        change_claims(self.cursor, decided.claims, held)
        try:
            if not self._promised_file.write(decided.events, decided.claims):
                self.roll_back()
                return False
            self._database.freshness.fall_behind()  # before the head file says so, which others read
            self._head_file.write(decided.facts.head)
        except OSError as error:
            self._promised_file.take_back()
            if not self._pending:
                self._database.freshness.catch_up()
            files = f'{self._promised_file.path.name} or {self._head_file.path.name}'
            raise Unpromised(
                f'{files} cannot be written: {error.strerror}. Nothing is written until both can.'
            ) from error
        self._since = self._since if self._pending else time.monotonic()
        self._pending.append(Pending(decided, held))
        return True

    def commit(self, decided: Plan, held: Container[ClaimKey], alongside: Sequence[Alongside]) -> None:
        """Write all of it, then promise it."""
        self.cursor.execute('BEGIN')
        change_claims(self.cursor, decided.claims, held)  # first of all, as it may be refused
        self._take_in(decided.events)
        afterwards = [change(self.cursor) for change in alongside]
        self.cursor.execute('COMMIT')
        for follow in filter(None, afterwards):
            follow()
        self._count(decided.events)
        if decided.events:
            self._confirm(decided, 'The change is confirmed when it can; send it again, with its Idempotency-Key.')
        if alongside:
            self.checkpoints.now()
        else:
            self.checkpoints.after_commit()

    def settle(self) -> None:
        """Bring everything that is promised into the database; raises `Unpromised` while that cannot be."""
        events = [event for one in self._pending for event in one.decided.events]
        if not events:
            return
        try:
            if not (self.stuck and self._is_there(events[-1])):
                self._begin()
                self._take_in(events)
                self.cursor.execute('COMMIT')
        except Exception as error:
            self.roll_back()
            self.stuck = True
            self._database.freshness.give_up()
            logger.error('what was acknowledged is not in the database yet', exc_info=error)
            reason = f'{self._database.path.name} cannot be written: {first_line(error)}'
            raise Unpromised(
                f'{reason} Nothing more is written until it can; what was acknowledged is safe.'
            ) from error
        self._pending.clear()
        self._begun = self.stuck = False
        self._promised_file.rewind()
        self._database.freshness.catch_up()
        self._count(events)
        self.checkpoints.after_commit()

    def keep_promise(self) -> Sequence[Event]:
        """Promise what was committed while the head file could not be written: the events that nobody has seen yet."""
        if self._unpromised is None:
            return []
        events = self._unpromised.events
        self._confirm(self._unpromised, 'Nothing is written until it can.')
        return events

    def roll_back(self) -> None:
        """Undo what is not committed; what is promised is written anew by the next transaction."""
        self._begun = False
        try:
            self.cursor.execute('ROLLBACK')
        except Error:
            logger.debug('nothing to roll back')

    def _begin(self) -> None:
        if self._begun:
            return
        self.cursor.execute('BEGIN')
        self._begun = True
        for one in self._pending:
            change_claims(self.cursor, one.decided.claims, one.held)

    def _take_in(self, events: Sequence[Event]) -> None:
        insert_events(self.cursor, events)
        for apply in self._apply:
            apply(self.cursor, events)

    def _is_there(self, event: Event) -> bool:
        """Whether the commit that failed has succeeded all the same."""
        found = self.cursor.execute('SELECT hash FROM events WHERE position = ?', [event.position]).fetchall()
        return bool(found == [(event.hash,)])

    def _count(self, events: Sequence[Event]) -> None:
        self.commits += 1
        self.written += len(events)

    def _confirm(self, committed: Plan, else_: str) -> None:
        try:
            self._head_file.write(committed.facts.head)
        except OSError as error:
            # The events are committed, so trying again would be wrong; not promised, so no answer may say they are.
            self._unpromised = committed
            raise Unpromised(f'{self._head_file.path.name} cannot be written: {error.strerror}. {else_}') from error
        self._unpromised = None
