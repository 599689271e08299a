"""Event Store: the log, and everything that reads it. The one service that others may import."""

from app.events.duckdb_log import DuckDBLog, open_log
from app.events.event import Event, NewEvent, new_event, rfc3339
from app.events.log import Append, Appended, CategoryChanged, Claim, Expect, Log, Taken, Unreferred, WrongVersion
from app.events.recovery import Damaged

__all__ = [
    'Append',
    'Appended',
    'CategoryChanged',
    'Claim',
    'Damaged',
    'DuckDBLog',
    'Event',
    'Expect',
    'Log',
    'NewEvent',
    'Taken',
    'Unreferred',
    'WrongVersion',
    'new_event',
    'open_log',
    'rfc3339',
]
