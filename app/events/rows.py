"""What one commit writes into the tables of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.events.database import parsed
from app.events.event import Event
from app.events.facts import claim_text
from app.events.plan import ClaimKey, Plan

INSERT_EVENTS = parsed(f'INSERT INTO events SELECT {", ".join(["unnest(?)"] * len(Event._fields))}')
"""The types of the lists follow from their values: casts would cost as much again as the insertion of one event."""


def insert_events(cursor: Any, events: Sequence[Event]) -> None:
    """Add them to the end of the log."""
    if events:
        cursor.execute(INSERT_EVENTS, [list(column) for column in zip(*events, strict=True)])


def change_claims(cursor: Any, plan: Plan, held: Mapping[ClaimKey, str]) -> None:
    """Take the claims out that change hands, and put those in that have a holder; most are new and only go in."""
    old = [claim_text(*key) for key in plan.claims if key in held]
    if old:
        cursor.execute('DELETE FROM claims WHERE claim IN (SELECT unnest(?::VARCHAR[]))', [old])
    taken = [(claim_text(*key), owner) for key, owner in plan.claims.items() if owner is not None]
    if taken:
        columns = [list(column) for column in zip(*taken, strict=True)]
        cursor.execute('INSERT INTO claims SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])', columns)
