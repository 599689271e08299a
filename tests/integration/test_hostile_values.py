"""Hostile text as a value of every field: taken exactly as it is or refused, found again, the same in the past."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import quote

from tests.hostile import ALL, TEXTS, ZERO, ask
from tests.process import System
from tests.scenario import last_position

FIELDS: dict[str, dict[str, Any]] = {
    'customers': {
        'id': 'x', 'name': 'Eve', 'email': 'eve@example.com', 'phone': '+1 555 0100', 'credit_limit': 1,
        'status': 'active', 'website': 'https://example.com', 'notes': 'x', 'created_at': '2026-01-01T00:00:00Z',
    },
    'products': {
        'sku': 'E', 'name': 'E', 'price': 1, 'stock': 1, 'available': True, 'available_from': '2026-01-01',
        'attributes': {},
    },
    'orders': {'number': 'E-1', 'customer_id': 'dan', 'status': 'draft', 'ordered_on': '2026-01-01', 'comment': 'x'},
}  # fmt: skip
FILL_THEMSELVES = {'created_at'}
LONGEST = {'name': 100, 'sku': 40}


def test_each_field_gives_back_exactly_what_it_took(changing_system: System) -> None:
    taken = set()
    for number, (text, entity) in enumerate(itertools.product(ALL, FIELDS)):
        for field in FIELDS[entity]:
            wanted = {'a': text, 'b': [text], text: 1} if field == 'attributes' else text
            body = FIELDS[entity] | unique_values(entity, f'E{number}-{len(field)}{field[0].upper()}') | {field: wanted}
            answer = ask(changing_system, 'POST', f'/api/{entity}', json=body)
            if not answer.is_success:
                assert answer.status_code in {400, 422}, answer.text
                continue
            taken.add((field, text))
            record = answer.json()
            assert record[field] == wanted or field in FILL_THEMSELVES
            address = f'/api/{entity}/{quote(record["id"], safe="~%")}'
            assert ask(changing_system, 'GET', address).json() == record
    for field, text in itertools.product(('notes', 'comment', 'name', 'sku'), ALL):
        fits = len(text) <= LONGEST.get(field, 20_000) and text != ZERO
        assert ((field, text) in taken) == fits, (field, text[:50])
    assert {text for field, text in taken if field == 'attributes'} == {one for one in ALL if one[0] != ':'}


def unique_values(entity: str, word: str) -> dict[str, str]:
    """What no two records may share."""
    values = {'customers': {'id': word, 'email': f'{word}@example.com'}, 'products': {'sku': word}}
    return values.get(entity, {'number': word})


def test_the_past_shows_the_same_and_the_proof_holds(changing_system: System) -> None:
    position = last_position(changing_system)
    for entity in FIELDS:
        now, then = (
            ask(changing_system, 'GET', f'/api/{entity}', params={'limit': 500, 'sort': 'id', **at}).json()['records']
            for at in ({}, {'as_of': position})
        )
        assert now == then
    proof = json.loads(changing_system.client.get(changing_system.url('events', '/verify')).text.splitlines()[-1])
    assert proof['status'] == 'whole', proof


def test_what_was_stored_is_found_by_exactly_what_it_is(changing_system: System) -> None:
    for text in [text for text in TEXTS.values() if len(text) <= 100]:
        literal = text.replace("'", "''")
        for parameters in ({'name': text}, {'filter': f"name = '{literal}'"}, {'search': text, 'name': text}):
            found = ask(changing_system, 'GET', '/api/customers', params=parameters).json()
            assert found['total'] >= 1, parameters
            assert {record['name'] for record in found['records']} == {text}
    groups = ask(changing_system, 'GET', '/api/customers?group_by=name&count=*').json()['groups']
    assert {text for text in TEXTS.values() if len(text) <= 100} <= {group['group']['name'] for group in groups}
