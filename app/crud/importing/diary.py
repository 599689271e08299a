"""What the log says of imports: of those in several parts that they began and ended, and of all what they answered."""

from __future__ import annotations

from typing import Any

from app import codec
from app.crud.author import Author
from app.crud.importing.part import Part
from app.crud.records import Records
from app.events import Append, DuckDBLog, NewEvent, new_event
from app.events.event import derived_id

CATEGORY = 'imports'
BEGAN, FINISHED, UNDONE = 'began', 'finished', 'undone'
STATES = f"""
    SELECT stream, arg_max(type, version), arg_max(data, version), arg_max(meta, version) FROM events
    WHERE starts_with(stream, '{CATEGORY}/') GROUP BY stream"""
COUNTED = """
    SELECT type, count(*), max(position) FROM events WHERE position >= ? AND contains(meta, ?) GROUP BY type"""


class Diary:
    """Of one import. An import of one append needs no entries, but for answers that its events do not tell."""

    def __init__(self, batch: str, author: Author, entity: str) -> None:
        self._batch = batch
        self._author = author
        self._entity = entity

    def request(self, part: Part, *, first: bool, last: bool, answer: dict[str, Any], told: bool) -> Append | None:
        """The append of a part with the entries beside it; nothing if there is nothing to write.

        `told` is whether the events of the rows tell all of the answer.
        """
        before = [self._entry(BEGAN, {'entity': self._entity})] if first and not last else []
        needed = not first or (part.events and self._author.idempotency_key and not told)
        after = [self._entry(FINISHED, {'entity': self._entity, 'answer': answer})] if last and needed else []
        if not (before or part.events or after):
            return None
        return part.request(before, after, event_id(self._author) if last else None)

    def undone(self, left: int) -> Append:
        """The entry that all parts were taken back, but for so many changes."""
        return Append(events=[self._entry(UNDONE, {'entity': self._entity, 'left': left})])

    def _entry(self, kind: str, data: dict[str, Any]) -> NewEvent:
        return new_event(f'{CATEGORY}/{self._batch}', kind, data, self._author.meta())


def event_id(author: Author) -> str | None:
    """The id of an event by which the same request, sent again, is known."""
    return derived_id(author.principal.id, author.idempotency_key, '0') if author.idempotency_key else None


async def recorded_answer(records: Records, log: DuckDBLog, author: Author) -> dict[str, Any] | None:
    """What the very same request was answered, if it was sent before with the same key."""
    event = await records.recorded_event(author)
    if event is None:
        return None
    if event.stream.startswith(f'{CATEGORY}/'):
        answer: dict[str, Any] = codec.parse(event.data)['answer']
        return answer | {'batch': event.stream.partition('/')[2], 'position': event.position}
    batch = codec.parse(event.meta)['batch']
    rows = await log.database.query(COUNTED, [event.position, f'"batch":"{batch}"'])
    counts = {row[0]: row[1] for row in rows}
    created, updated = counts.get('created', 0), counts.get('changed', 0)
    position = max(row[2] for row in rows)
    return answer_of(created, updated, 0) | {'batch': batch, 'position': position}


def answer_of(created: int, updated: int, unchanged: int) -> dict[str, Any]:
    """How an import is answered, without its batch and position."""
    return {'imported': created + updated, 'created': created, 'updated': updated, 'unchanged': unchanged}


async def unfinished(log: DuckDBLog) -> list[tuple[str, str]]:
    """The imports that neither finished nor were undone: batch and entity."""
    rows = await log.database.query(STATES)
    return [(row[0].partition('/')[2], codec.parse(row[2])['entity']) for row in rows if row[1] == BEGAN]


async def entry(log: DuckDBLog, batch: str) -> dict[str, Any] | None:
    """The newest entry of an import: its type, its data and who wanted it."""
    events = await log.read_stream(f'{CATEGORY}/{batch}')
    if not events:
        return None
    return {'state': events[-1].type, 'actor': codec.parse(events[0].meta).get('actor'), **codec.parse(events[-1].data)}
