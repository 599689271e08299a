"""What the log must know to decide a group of requests: from a bounded cache, the rest by one query each per group."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from app.events.database import parsed
from app.events.event import BEGINNING, Event, Head
from app.events.log import Append, Expect
from app.events.plan import ABSENT, ClaimKey, Facts, Plan, StreamHead

CACHED = 100_000
AT_ONCE = 10_000
"""Claims that are looked up by one query."""
REFERRED = 20_000
"""Streams of which it is remembered when they were last referred to."""
RECENT = 200_000
"""Events at the end of the log whose streams are known from the start: one look-up costs as much as reading them."""

HEAD = 'SELECT position, hash, recorded_at FROM events ORDER BY position DESC LIMIT 1'
CATEGORIES = "SELECT split_part(stream, '/', 1), max(position) FROM events GROUP BY 1"
NEWEST_STREAMS = """
    SELECT stream, max(version), arg_max(type, version) = 'deleted'
    FROM events WHERE position > ? GROUP BY stream ORDER BY max(position)"""
STREAMS = parsed("""
    SELECT stream, max(version), arg_max(type, version) = 'deleted'
    FROM events WHERE stream IN (SELECT unnest(?::VARCHAR[])) GROUP BY stream""")
RECORDED = parsed("""
    SELECT position, stream, version, type, data, meta, event_id::VARCHAR, recorded_at, hash
    FROM events WHERE event_id IN (SELECT unnest(?::VARCHAR[])::UUID)""")
CLAIMS = parsed('SELECT claim, owner FROM claims WHERE claim IN (SELECT unnest(?::VARCHAR[]))')


class FactFinder:
    """Gathers facts on the writer's thread and remembers the recent ones."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._streams: dict[str, StreamHead] = {}
        self._knows_all = False
        """Whether a stream that is not in `_streams` does not exist."""
        self._referred: dict[str, int] = {}
        self._referred_since = 0
        self.reset()

    def reset(self) -> None:
        """Forget everything and read the end of the log from disk."""
        row = self._cursor.execute(HEAD).fetchone()
        self.head = Head(row[0], row[1]) if row else BEGINNING
        self.recorded_at: int = row[2] if row else 0
        self.categories: dict[str, int] = dict(self._cursor.execute(CATEGORIES).fetchall())
        oldest = max(0, self.head.position - RECENT)
        rows = self._cursor.execute(NEWEST_STREAMS, [oldest]).fetchall()
        self._streams = {stream: StreamHead(version, deleted) for stream, version, deleted in rows}
        self._knows_all = oldest == 0
        self._referred, self._referred_since = {}, self.head.position

    def gather(self, requests: Sequence[Append], *, trusting: bool = False) -> Facts:
        """The facts that decide `requests`. When `trusting`, what new streams claim is taken to be free: mostly it is,
        and where it is not, the database refuses it."""
        return Facts(
            head=self.head,
            recorded_at=self.recorded_at,
            streams=self._find_streams(requests),
            recorded=self._find_recorded(requests),
            claims=self._find_claims(requests, trusting=trusting),
            categories=self.categories,
            referred={
                stream: self._referred[stream]
                for request in requests
                for stream in request.unreferred
                if stream in self._referred
            },
            referred_since=self._referred_since,
        )

    def remember(self, plan: Plan) -> None:
        """Take over what `plan` has made true."""
        for stream, position in plan.facts.referred.items():
            if position > self.head.position:
                self._referred.pop(stream, None)
                self._referred[stream] = position
        self._forget_references()
        self.head, self.recorded_at = plan.facts.head, plan.facts.recorded_at
        self.categories = plan.facts.categories
        for stream, head in plan.facts.streams.items():
            if head is not ABSENT:
                self._streams.pop(stream, None)
                self._streams[stream] = head

    def forget_oldest(self) -> None:
        """Make room, when the database has everything: what is promised only could not be looked up again."""
        if len(self._streams) > 2 * CACHED:
            self._streams = dict(list(self._streams.items())[-CACHED:])
            self._knows_all = False

    def _forget_references(self) -> None:
        if len(self._referred) > 2 * REFERRED:
            newest = list(self._referred.items())
            self._referred_since = newest[-REFERRED - 1][1]
            self._referred = dict(newest[-REFERRED:])

    def _find_streams(self, requests: Sequence[Append]) -> dict[str, StreamHead]:
        mentioned = dict.fromkeys(self._mentioned_streams(requests), ABSENT)
        missing = []
        for stream in mentioned:
            known = self._streams.get(stream)
            if known is None:
                missing.append(stream)
            else:
                mentioned[stream] = known
        if missing and not self._knows_all:
            for stream, version, deleted in self._cursor.execute(STREAMS, [missing]).fetchall():
                mentioned[stream] = StreamHead(version, deleted)
        return mentioned

    def _find_recorded(self, requests: Sequence[Append]) -> dict[str, Event]:
        given = [event.event_id for request in requests for event in request.events if not event.minted]
        if not given:
            return {}
        return {row[6]: Event(*row) for row in self._cursor.execute(RECORDED, [given]).fetchall()}

    def _find_claims(self, requests: Sequence[Append], *, trusting: bool) -> dict[ClaimKey, str]:
        keys = {
            (claim.scope, claim.key)
            for request in requests
            for claim in request.claims
            if request.tentative or not (trusting and request.expected.get(claim.owner) is Expect.NEW)
        }
        if not keys:
            return {}
        found: dict[ClaimKey, str] = {}
        remaining = iter(keys)
        while by_text := {claim_text(*key): key for key in islice(remaining, AT_ONCE)}:
            rows = self._cursor.execute(CLAIMS, [list(by_text)]).fetchall()
            found |= {by_text[text]: owner for text, owner in rows}
        return found

    def _mentioned_streams(self, requests: Sequence[Append]) -> Iterable[str]:
        """The streams that may be known, which those that are new are not."""
        for request in requests:
            expected = request.expected
            new = {one for one in expected if expected[one] is Expect.NEW and one not in self._streams}
            yield from expected.keys() - new
            for event in request.events:
                if event.stream not in new:
                    yield event.stream


def claim_text(scope: str, key: str) -> str:
    """A claim as it is stored, in one column, because DuckDB looks up one column by its index and never two."""
    return f'{scope}\x1f{key}'
