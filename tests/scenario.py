"""API tests as data: a request, what comes back, and exactly which events it appends, and none other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.process import System


@dataclass(kw_only=True, frozen=True)
class Scenario:
    """One request and everything it is allowed to do."""

    name: str
    method: str = 'GET'
    path: str
    service: str = 'crud'
    json: Any = None
    content: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    logged_in: bool = True
    status: int = 200
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    events: dict[str, int] = field(default_factory=dict)
    """Type -> how many; empty means that nothing was recorded."""

    def __str__(self) -> str:
        return self.name

    def run(self, system: System) -> httpx.Response:
        """Send the request; check the answer and the events."""
        before = last_position(system)
        body: dict[str, Any] = {'json': self.json} if self.json is not None else {'content': self.content}
        with httpx.Client(trust_env=False) as anonymous:
            client = system.client if self.logged_in else anonymous
            answer = client.request(self.method, system.url(self.service, self.path), headers=self.headers, **body)
        assert answer.status_code == self.status, answer.text
        for text in self.contains:
            assert text in answer.text, answer.text
        for text in self.lacks:
            assert text not in answer.text, answer.text
        assert appended_since(system, before) == self.events
        return answer


def last_position(system: System) -> int:
    """The end of the log."""
    position: int = system.client.get(system.url('events', '/health')).json()['position']
    return position


def appended_since(system: System, position: int) -> dict[str, int]:
    """How many events of each type were recorded after `position`."""
    page = system.client.get(system.url('events', '/events'), params={'after': position, 'limit': 5000}).json()
    return dict(Counter(event['type'] for event in page['events']))
