"""Hostile text in every place that takes text: it is data or it is refused, never run, and nothing fails inside."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.hostile import ALL, NAMES, ask
from tests.process import PATIENCE, System
from tests.scenario import appended_since, last_position

READING = [
    'filter', 'sort', 'fields', 'expand', 'search', 'cursor', 'group_by', 'sum', 'avg', 'min', 'max', 'distinct',
    'count', 'limit', 'offset', 'labels', 'as_of', 'after', 'id', 'name', 'name[eq]', 'name[ne]', 'name[in]',
    'name[contains]', 'name[lt]', 'name[null]', 'credit_limit', 'credit_limit[gte]', 'credit_limit[in]',
    'created_at[lt]', 'status[in]', 'from', 'to', 'user', 'action', 'null', 'delimiter',
]  # fmt: skip


@pytest.fixture
def untouched(changing_system: System) -> Iterator[System]:
    """A system in which there are as many tables and events after the test as before, and the same demo customers."""
    before, there = last_position(changing_system), tables(changing_system)
    yield changing_system
    assert appended_since(changing_system, before) == {}
    assert tables(changing_system) == there


def tables(system: System) -> list[str]:
    found = system.client.get(system.url('events', '/sql/tables')).json()
    assert '"customers"' in json.dumps(found)
    return sorted(json.dumps(found['tables'] if isinstance(found, dict) else found, sort_keys=True).split('"name": '))


@pytest.mark.parametrize('text', ALL, ids=NAMES)
def test_parameters_take_it_as_text_or_refuse_it(untouched: System, text: str) -> None:
    paths = ['/api/customers', '/api/customers/dan', '/api/customers/dan/history', '/api/customers/dan/explain']
    for name in READING:
        ask(untouched, 'GET', paths[0], params={name: text})
        ask(untouched, 'GET', paths[0], params={name: f'name,{text}'})
    for path, name in itertools.product(paths[1:], ['fields', 'expand', 'as_of', 'from', 'to', 'user', 'action']):
        ask(untouched, 'GET', path, params={name: text})
    for name in (text, f'name[{text}]', f'{text}[eq]'):
        assert ask(untouched, 'GET', paths[0], params={name: 'x'}).status_code == 400
    literal = text.replace("'", "''")
    for expression in (f"name = '{literal}'", f"name LIKE '{literal}'", f'"{text}" = 1', f"lower('{literal}') = name"):
        answer = ask(untouched, 'GET', paths[0], params={'filter': expression})
        assert not answer.is_success or answer.json()['total'] == 0 or 'LIKE' in expression
    ask(untouched, 'GET', '/api/customers/changes', params={'after': text, 'limit': text})


@pytest.mark.parametrize('text', ALL, ids=NAMES)
def test_addresses_that_are_made_of_it_lead_nowhere(untouched: System, text: str) -> None:
    name = quote(text, safe='')
    for method, path, body in [
        ('GET', f'/api/{name}', None),
        ('GET', f'/{name}', None),
        ('POST', f'/api/{name}', {}),
        ('POST', f'/api/{name}/batch', {}),
        ('GET', f'/api/{name}/dan', None),
        ('GET', f'/api/customers/{name}', None),
        ('GET', f'/api/order_items/{name}~1', None),
        ('GET', f'/api/customers/{name}/history', None),
        ('GET', f'/api/customers/{name}/explain', None),
        ('PATCH', f'/api/customers/{name}', {'name': 'Mallory'}),
        ('PUT', f'/api/orders/{name}', {'number': text}),
        ('DELETE', f'/api/customers/{name}', None),
        ('POST', f'/api/customers/{name}/restore', None),
        ('POST', f'/api/customers/{name}/revert', {'version': 1}),
    ]:
        assert ask(untouched, method, path, json=body).status_code in {400, 404, 422}, path
    for path, parameters in (
        (f'/api/{name}', {}),
        ('/api/customers', {'sort': text}),
        ('/api/customers', {text: text}),
    ):
        address, accepts = untouched.url('crud', path), {'Accept': 'text/html'}
        page = untouched.client.get(address, params=parameters, headers=accepts)
        assert 400 <= page.status_code < 500 or 'records' in page.json()
        assert '<script>alert' not in page.text
        assert '<img src=x' not in page.text


@pytest.mark.parametrize('text', ALL, ids=NAMES)
def test_bodies_take_it_as_text_or_refuse_it(untouched: System, text: str) -> None:
    records, product = '/api/customers', '/api/products'
    bodies: list[dict[str, Any]] = [
        {text: 'x'},
        {'update': {'filter': text, 'set': {'name': 'x'}}},
        {'update': {'filter': "name = 'nobody'", 'set': {text: text}}},
        {'upsert': [{'name': text, 'price': 1}], 'by': text},
        {'delete': [text]},
        {'create': [{'id': text, 'name': 'x'}]},
    ]
    for body in bodies:
        ask(untouched, 'POST', f'{product}/batch', json=body | {'dry_run': True})
    for verb in ('create', 'update', 'delete', 'upsert', text):
        ask(untouched, 'POST', '/api/transaction', json={'operations': [{verb: text, 'id': text}], 'dry_run': True})
    ask(untouched, 'POST', '/api/undo', json={'batch': text})
    ask(untouched, 'POST', f'{records}/dan/revert', json={'version': 1, 'fields': [text]})
    ask(untouched, 'POST', f'{records}/import', content=text.encode(), headers={'Content-Type': 'text/csv'})
    ask(untouched, 'POST', f'{records}/import', content=text.encode(), headers={'Content-Type': 'application/json'})
    ask(untouched, 'POST', records, content=text.encode())
    printable = ''.join(letter for letter in text if ' ' <= letter <= '~')[:300].strip()
    for header in ('If-Match', 'Idempotency-Key', 'X-Request-Id', 'Accept', 'Content-Type'):
        ask(untouched, 'PATCH', f'{records}/nobody', json={'name': 'x'}, headers={header: printable})


@pytest.mark.parametrize('body', ['{":html": 1}', '{"a": {":onclick": "x"}}', '{"attributes": [{":style": 1}]}'])
def test_keys_that_begin_with_a_colon_are_refused_everywhere(untouched: System, body: str) -> None:
    for method, path in [
        ('POST', '/api/customers'),
        ('PATCH', '/api/customers/dan'),
        ('PUT', '/api/customers/dan'),
        ('POST', '/api/customers/batch'),
        ('POST', '/api/transaction'),
        ('POST', '/api/undo'),
        ('POST', '/api/customers/dan/revert'),
    ]:
        answer = ask(untouched, method, path, content=body)
        assert (answer.status_code, 'begins with a colon' in answer.text) == (400, True), path
    for kind, content in (('application/json', f'[{body}]'), ('text/csv', 'name,:html\nx,y\n')):
        answer = ask(untouched, 'POST', '/api/customers/import', content=content, headers={'Content-Type': kind})
        assert answer.status_code in {400, 422}
    for path in ('/events', '/events/query', '/sql'):
        answer = untouched.client.post(untouched.url('events', path), content=body)
        assert (answer.status_code, 'begins with a colon' in answer.text) == (400, True), path


VALUES = [*ALL, None, True, 2**63, -(2**63), 10**30, 1.5, 1e300, [], ['x'], {'a': 1}]


ORDERS = {
    '-_created': '-_created',
    'name': 'name,_created',
    '-credit_limit': '-credit_limit,-_created',
    'status,-created_at': 'status,-created_at,-_created',
    'id': 'id',
    '_version': '_version,_created',
}


@pytest.mark.parametrize('order', ORDERS)
def test_a_made_up_cursor_is_a_place_or_is_refused(untouched: System, order: str) -> None:
    query = {'sort': order, 'limit': '1'}
    real = ask(untouched, 'GET', '/api/customers', params=query).json()['next']
    spelled, *place = json.loads(base64.urlsafe_b64decode(real + '=='))
    assert spelled == ORDERS[order], 'else all that follow would be refused for this alone'
    for value, width in itertools.product(VALUES, {1, len(place)}):
        cursor = base64.urlsafe_b64encode(json.dumps([spelled, *[value] * width]).encode()).decode()
        ask(untouched, 'GET', '/api/customers', params=query | {'cursor': cursor})


REFUSED = {400, 404, 422}
"""What there is not, or cannot be read."""


@pytest.mark.parametrize('text', ALL, ids=NAMES)
def test_websockets_refuse_it(untouched: System, text: str) -> None:
    name = quote(text[:1000], safe='')
    assert first_word(untouched, f'/ws/{name}') in REFUSED
    for parameter in ('filter', 'after', 'view'):
        assert first_word(untouched, f'/ws/customers?{parameter}={name}') in {*REFUSED, 'connected', 'snapshot'}


def first_word(system: System, path: str) -> int | str:
    """The type of the first message, or the status that refuses the connection."""
    address = system.url('crud', path).replace('http', 'ws')
    try:
        with connect(address, additional_headers=system.headers, open_timeout=PATIENCE) as socket:
            return str(json.loads(socket.recv(timeout=PATIENCE))['type'])
    except InvalidStatus as refused:
        return refused.response.status_code
