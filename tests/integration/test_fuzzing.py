"""Every operation of every OpenAPI document under made-up requests, as admin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fuzzing import Fuzzing, Request, patiently
from tests.process import ADMIN, PASSWORD, System
from tests.samples import PNG

PERSON = {'username': 'ida', 'email': 'ida@example.com', 'password': 'seven green bottles'}


@pytest.fixture
def open_system(tmp_path: Path, config: Path) -> Iterator[System]:
    """A system in which anybody may register."""
    settings = config / 'app.yaml'
    settings.write_text(settings.read_text('utf-8').replace('open: false', 'open: true'), 'utf-8')
    with System(tmp_path / 'data', config) as running:
        yield running


@pytest.mark.long
@pytest.mark.parametrize('examples', [100])
def test_the_auth_service_answers_whatever_is_sent(open_system: System, examples: int) -> None:
    Accounts(open_system).check(examples)


@pytest.mark.parametrize('examples', [2, pytest.param(100, marks=pytest.mark.long)])
def test_the_data_service_answers_whatever_is_sent(tmp_path: Path, config: Path, examples: int) -> None:
    with System(tmp_path / 'data', config) as system:
        RecordsOfAllKinds(system).check(examples)


class RecordsOfAllKinds:
    """Good requests for each entity of the demo."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._made = 0

    def check(self, examples: int) -> None:
        """All of them."""
        fuzzing = Fuzzing(self._system, 'crud', lambda: self._system.headers, examples)
        good: dict[str, Any] = {
            'POST /api/transaction': lambda: {
                'json': {'operations': [{'create': 'orders', 'values': self._sample('orders')}]}
            },
            'GET /api': dict,
            'GET /api/history': dict,
            'GET /api/imports': dict,
            'GET /api/imports/{id}': self._importing,
            'DELETE /api/imports/{id}': self._importing,
            'GET /api/schema': dict,
            'POST /api/schema/plan': lambda: {'json': {'documents': {}}},
            'POST /api/schema/apply': lambda: {'json': {'documents': {}}},
            'POST /api/undo': lambda: {'json': {'position': self._position_of_new('products')}},
        }
        good |= {
            'POST /api/products/files/photo': lambda: {'content': PNG},
            'GET /api/products/{id}/files/photo': self._with_photo,
        }
        for entity in ('customers', 'orders', 'order_items', 'products'):
            good |= self._good(entity)
        fuzzing.check(good)

    def _good(self, entity: str) -> dict[str, Any]:
        """What each operation of an entity takes; each record is used up by one of them."""
        listed, one = f'/api/{entity}', f'/api/{entity}/{{id}}'
        changed = {'customers': {'notes': 'x'}, 'orders': {'comment': 'x'}, 'order_items': {'quantity': 7}}
        return {
            f'GET {listed}': lambda: {'params': {'filter': 'id IS NOT NULL', 'limit': '3'}},
            f'POST {listed}': lambda: {'json': self._sample(entity)},
            f'GET {listed}/import': dict,
            f'POST {listed}/import': lambda: {'json': [self._sample(entity)]},
            f'POST {listed}/batch': lambda: {'json': {'create': [self._sample(entity)]}},
            f'GET {listed}/changes': dict,
            f'GET {listed}/export.{{format}}': lambda: {'path': {'format': 'csv'}},
            f'GET {one}': lambda: self._path(entity),
            f'PATCH {one}': lambda: {**self._path(entity), 'json': changed.get(entity, {'stock': 5})},
            f'PUT {one}': lambda: self._replaced(entity),
            f'DELETE {one}': lambda: self._path(entity),
            f'POST {one}/restore': lambda: self._deleted(entity),
            f'GET {one}/explain': lambda: self._path(entity),
            f'GET {one}/history': lambda: self._path(entity),
            f'GET {listed}/views': dict,
            f'POST {listed}/views': lambda: {'json': self._view()},
            f'PATCH {listed}/views/{{id}}': lambda: {**self._saved(entity), 'json': {'state': {'search': 'x'}}},
            f'DELETE {listed}/views/{{id}}': lambda: self._saved(entity),
            f'POST {listed}/views/{{id}}/restore': lambda: self._saved(entity, gone=True),
            f'POST {one}/revert': lambda: {**self._path(entity), 'json': {'version': 1}},
        }

    def _sample(self, entity: str) -> dict[str, Any]:
        self._made += 1
        number = self._made
        samples: dict[str, dict[str, Any]] = {
            'customers': {'name': 'Zoë', 'email': f'fuzz{number}@example.com'},
            'orders': {'number': f'F-{number}', 'customer_id': 'dan', 'ordered_on': '2026-01-01'},
            'order_items': {
                'order_id': 'A-1001',
                'line': 1000 + number,
                'product_id': 'cup',
                'quantity': 1,
                'unit_price': '1.00',
            },
            'products': {'sku': f'F-{number}', 'name': 'Fuzz', 'price': '1.00'},
        }
        return samples[entity]

    def _create(self, entity: str) -> dict[str, Any]:
        made = self._system.client.post(self._system.url('crud', f'/api/{entity}'), json=self._sample(entity))
        assert made.status_code == 201, made.text
        return dict(made.json())

    def _path(self, entity: str) -> dict[str, Any]:
        return {'path': {'id': self._create(entity)['id']}}

    def _replaced(self, entity: str) -> dict[str, Any]:
        made = self._create(entity)
        return {'path': {'id': made['id']}, 'json': made}

    def _deleted(self, entity: str) -> dict[str, Any]:
        path = self._path(entity)
        gone = self._system.client.delete(self._system.url('crud', f'/api/{entity}/{path["path"]["id"]}'))
        assert gone.status_code == 204, gone.text
        return path

    def _view(self) -> dict[str, Any]:
        self._made += 1
        return {'name': f'View {self._made}', 'state': {'filter': 'id IS NOT NULL'}}

    def _saved(self, entity: str, *, gone: bool = False) -> dict[str, Any]:
        address = self._system.url('crud', f'/api/{entity}/views')
        view_id = self._system.client.post(address, json=self._view()).json()['id']
        if gone:
            self._system.client.delete(f'{address}/{view_id}').raise_for_status()
        return {'path': {'id': view_id}}

    def _importing(self) -> dict[str, Any]:
        rows = ''.join(f'{number}\n' for number in range(50_000))
        address = self._system.url('crud', '/api/products/import?background=true&dry_run=true')
        begun = self._system.client.post(address, content=f'name\n{rows}', headers={'Content-Type': 'text/csv'})
        return {'path': {'id': begun.json()['id']}}

    def _with_photo(self) -> dict[str, Any]:
        sent = self._system.client.post(self._system.url('crud', '/api/products/files/photo'), content=PNG)
        values = self._sample('products') | {'photo': sent.json()}
        made = self._system.client.post(self._system.url('crud', '/api/products'), json=values)
        return {'path': {'id': made.json()['id']}}

    def _position_of_new(self, entity: str) -> int:
        self._create(entity)
        return int(self._system.client.get(self._system.url('events', '/health')).json()['position'])


class Accounts:
    """Good requests for the auth service; each makes what it needs."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._made = 0

    def check(self, examples: int) -> None:
        """All of them."""
        fuzzing = Fuzzing(self._system, 'auth', self.log_in, examples)
        fuzzing.check(
            {
                'POST /api/register': lambda: {'json': PERSON},
                'POST /api/login': lambda: {'json': {'username': ADMIN, 'password': PASSWORD}},
                'POST /api/refresh': lambda: {'json': {'refresh_token': self._login()['refresh_token']}},
                'POST /api/logout': lambda: {'json': {}},
                'GET /api/verify': dict,
                'GET /health': dict,
                'POST /introspect': lambda: {'data': {'token': 'x'}},
                'GET /.well-known/jwks.json': dict,
                'GET /api/me': dict,
                'PATCH /api/me': lambda: {'json': {'time_zone': 'Asia/Kathmandu'}},
                'GET /api/sessions': dict,
                'DELETE /api/sessions/{id}': lambda: {'path': {'id': self._get('/api/sessions', 'sessions')}},
                'GET /api/keys': dict,
                'POST /api/keys': lambda: {'json': {'name': 'till', 'scopes': ['customers:read']}},
                'DELETE /api/keys/{id}': lambda: {'path': {'id': self._get('/api/keys', 'keys')}},
                'GET /api/users': lambda: {'params': {'search': 'a', 'limit': 2}},
                'POST /api/users': lambda: {'json': {**PERSON, 'username': 'eve', 'email': 'eve@example.com'}},
                'GET /api/users/{id}': self._somebody,
                'PATCH /api/users/{id}': lambda: {**self._somebody(), 'json': {'roles': ['auditor']}},
                'DELETE /api/users/{id}': self._somebody,
                'POST /api/users/{id}/reset-link': self._somebody,
                'GET /api/users/{id}/sessions': self._somebody,
                'DELETE /api/users/{id}/sessions': self._somebody,
                'GET /api/users/{id}/keys': self._somebody,
                'GET /api/audit': dict,
                'POST /api/signing-keys': dict,
                'POST /api/change-password': lambda: {
                    'json': {'current_password': PASSWORD, 'new_password': f'another {PASSWORD}'}
                },
            }
        )

    def log_in(self) -> dict[str, str]:
        """The headers of an admin with a session of his own, which the requests may end."""
        return {'Authorization': f'Bearer {self._login()["token"]}'}

    def _login(self) -> dict[str, Any]:
        return self._call('POST', '/api/login', {}, {'username': ADMIN, 'password': PASSWORD})

    def _somebody(self) -> Request:
        self._made += 1
        name = f'person{self._made}'
        person = {**PERSON, 'username': name, 'email': f'{name}@example.com'}
        return {'path': {'id': self._call('POST', '/api/users', self.log_in(), person)['id']}}

    def _get(self, path: str, name: str) -> str:
        return str(self._call('GET', path, self.log_in())[name][0]['id'])

    def _call(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> dict[str, Any]:
        address = self._system.url('auth', path)
        answer = patiently(method, address, headers=headers, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())
