"""What the log of a running system must look like from outside, whatever happened to it."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from app import codec
from app.events.event import GENESIS, chain
from tests.process import System

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def history(system: System) -> list[dict[str, Any]]:
    """Every event, page by page, as the API shows them."""
    events: list[dict[str, Any]] = []
    after = 0
    while after is not None:
        answer = system.client.get(system.url('events', '/events'), params={'after': after, 'limit': 5000})
        assert answer.status_code == 200, answer.text
        page = codec.decode(answer.content)
        events += page['events']
        after = page['next']
    return events


def check_history(events: list[dict[str, Any]]) -> None:
    """Positions and versions have no gaps, time never runs backwards, and each hash follows from the one before."""
    versions: defaultdict[str, int] = defaultdict(int)
    previous, moment = GENESIS, ''
    for position, event in enumerate(events, 1):
        versions[event['stream']] += 1
        assert event['position'] == position
        assert event['version'] == versions[event['stream']], event
        assert event['recorded_at'] >= moment
        previous, moment = hash_of(previous, event), event['recorded_at']
        assert event['hash'] == previous, event
    assert len({event['event_id'] for event in events}) == len(events)


def hash_of(previous: str, event: dict[str, Any]) -> str:
    """The hash that follows from what the API shows of an event."""
    moment = datetime.fromisoformat(event['recorded_at']) - BEGINNING
    texts = codec.canonical(event['data']), codec.canonical(event['meta'])
    names = event['position'], event['stream'], event['version'], event['type']
    return chain(previous, *names, *texts, event['event_id'], moment // timedelta(microseconds=1))
