"""A program of its own that creates, changes, deletes and restores customers until the connection breaks.

Usage: python -m tests.load_client PORT TOKEN FOLDER SHARED. Whatever is acknowledged goes into a new file in FOLDER,
one line of JSON each; what earlier files hold is gone on with. SHARED is the id of a customer that all clients change.
Prints how many requests had no answer: 1 when one was on its way as the connection broke, else 0.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import uuid
from pathlib import Path
from typing import Any

Acknowledged = dict[str, Any]
VERBS = {'created': 'POST', 'changed': 'PATCH', 'deleted': 'DELETE', 'restored': 'POST'}
STATUS = {'created': 201, 'changed': 200, 'deleted': 204, 'restored': 200}
WEIGHTS = {'created': 40, 'changed': 35, 'deleted': 15, 'restored': 10}


class Client:
    """One user, one connection, one request at a time."""

    def __init__(self, port: int, token: str, folder: Path, shared: str) -> None:
        self.living: list[str] = []
        self.deleted: list[str] = []
        files = sorted(folder.iterdir())
        for line in (line for file in files for line in file.read_text().splitlines()):
            self._move(json.loads(line), shared)
        self._carried = {*self.living, *self.deleted}
        """The last request before the cut may have happened to one of these without an answer."""
        self._shared = shared
        self._file = (folder / f'{len(files):03d}').open('x')
        self._connection = http.client.HTTPConnection('localhost', port, timeout=60)
        self._headers = {'Authorization': f'Bearer {token}', 'Content-Type': 'application/json'}

    def run(self) -> int:
        """Send requests until there is nobody to send them to."""
        try:
            while True:
                self._ask(*self._choose())
        except ConnectionRefusedError:
            return 0
        except (ConnectionError, http.client.HTTPException):
            return 1
        finally:
            self._connection.close()
            self._file.close()

    def _choose(self) -> tuple[str, str]:
        possible = ['created', 'changed', *['deleted'] * bool(self.living), *['restored'] * bool(self.deleted)]
        (type_,) = random.choices(possible, [WEIGHTS[name] for name in possible])
        if type_ == 'created':
            return type_, ''
        if type_ == 'restored':
            return type_, random.choice(self.deleted)
        others = [self._shared] if type_ == 'changed' else []
        return type_, random.choice([*self.living, *others])

    def _ask(self, type_: str, record_id: str) -> None:
        name = uuid.uuid4().hex
        values = {'created': {'name': name, 'email': f'{name}@example.com'}, 'changed': {'notes': name}}.get(type_, {})
        path = f'/api/customers{"/" if record_id else ""}{record_id}{"/restore" if type_ == "restored" else ""}'
        self._connection.request(VERBS[type_], path, json.dumps(values) if values else None, self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status in {404, 409} and record_id in self._carried:
            self._move({'id': record_id, 'type': 'deleted' if answer.status == 404 else 'restored'}, self._shared)
            return
        if answer.status != STATUS[type_]:
            raise SystemExit(f'{type_} {record_id}: {answer.status}: {body.decode()}')
        version = int(answer.headers['ETag'].strip('"'))
        known = record_id or json.loads(body)['id']
        acknowledged = {'id': known, 'version': version, 'type': type_, 'values': values}
        self._file.write(json.dumps(acknowledged) + '\n')
        self._file.flush()
        self._carried.discard(record_id)
        self._move(acknowledged, self._shared)

    def _move(self, acknowledged: Acknowledged, shared: str) -> None:
        record_id, type_ = acknowledged['id'], acknowledged['type']
        if type_ == 'changed' or record_id == shared:
            return
        for records in (self.living, self.deleted):
            if record_id in records:
                records.remove(record_id)
        (self.deleted if type_ == 'deleted' else self.living).append(record_id)


if __name__ == '__main__':
    print(Client(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]).run())
