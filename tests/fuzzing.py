"""Requests made up from a service's own OpenAPI document, good and bad ones: whatever is sent, nothing fails inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.process import PATIENCE, System, wait_until

Request = Mapping[str, Any]
"""What a sensible client would send: `path` for the names in the address, and what else `httpx` takes."""


class Fuzzing:
    """All operations of one service; `headers` makes those of somebody who may do everything, anew each time."""

    def __init__(self, system: System, service: str, headers: Callable[[], dict[str, str]], examples: int) -> None:
        self._address = system.url(service, '')
        self._headers = headers
        self._examples = examples
        document = httpx.get(f'{self._address}/openapi.json', headers=headers(), trust_env=False).json()
        described = schemathesis.openapi.from_dict(document).get_all_operations()
        self.operations: dict[str, Any] = {found.ok().label: found.ok() for found in described}  # type: ignore[union-attr]

    def check(self, good: Mapping[str, Callable[[], Request]]) -> None:
        """Send made-up requests, then the good one of each operation, which must be answered with a 2xx."""
        assert set(good) == set(self.operations), 'every operation has its good request, and no other has one'
        for operation in self.operations.values():
            self._send_made_up(operation)
        for label, request in good.items():
            self._send(label, request())

    def _send_made_up(self, operation: Any) -> None:
        headers = self._headers()
        wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        @settings(max_examples=self._examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(st.one_of(operation.as_strategy(), wrong))
        def send(case: Case[Any]) -> None:
            answer = case.call(base_url=self._address, headers=headers, timeout=PATIENCE)
            assert answer.status_code < 500 or answer.status_code == 503, answer.text
            if answer.status_code >= 400:
                assert answer.headers['content-type'] == ['application/problem+json'], answer.headers
                assert answer.json()['status'] == answer.status_code

        send()

    def _send(self, label: str, request: Request) -> None:
        method, path = label.split(' ', 1)
        address = self._address + path.format_map(request.get('path', {}))
        details = {name: value for name, value in request.items() if name != 'path'}
        details['headers'] = self._headers() | details.get('headers', {})
        answer = patiently(method, address, **details)
        assert answer.is_success, f'{label}: {answer.status_code} {answer.text}'


def patiently(method: str, address: str, **details: Any) -> httpx.Response:
    """The answer, once made-up credentials of before are forgotten."""
    answers: list[httpx.Response] = []

    def ask() -> bool:
        answers.append(httpx.request(method, address, timeout=PATIENCE, trust_env=False, **details))
        return answers[-1].status_code != 429

    wait_until(ask, 'the throttle to let us through', 2 * PATIENCE)
    return answers[-1]
