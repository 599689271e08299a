"""Many records from one file: all of them, or none and the list of what is wrong."""

from __future__ import annotations

import json

import httpx

from tests.process import System
from tests.scenario import appended_since, last_position


def upload(system: System, entity: str, content: str, kind: str = 'text/csv', **parameters: str) -> httpx.Response:
    return system.client.post(
        system.url('crud', f'/api/{entity}/import'),
        params=parameters,
        content=content.encode(),
        headers={'Content-Type': kind},
    )


def test_a_csv_file_becomes_records_with_one_event_each(system: System) -> None:
    before = last_position(system)
    answer = upload(system, 'products', 'sku,name,price\nI-1,"Tea, green",1.50\nI-2,Ö,2\n')
    assert (answer.status_code, answer.json()['imported']) == (201, 2)
    assert appended_since(system, before) == {'created': 2}
    found = system.client.get(system.url('crud', '/api/products?sku=I-1')).json()['records'][0]
    assert (found['name'], found['price'], found['stock']) == ('Tea, green', '1.50', 0)


def test_a_json_list_becomes_records(system: System) -> None:
    rows = [{'sku': 'J-1', 'name': 'One', 'price': '1', 'attributes': {'a': [1, 2.50]}}]
    assert upload(system, 'products', json.dumps(rows), 'application/json').json()['imported'] == 1


def test_one_wrong_row_keeps_all_others_out(system: System) -> None:
    before = last_position(system)
    content = 'sku,name,price\nK-1,Good,1\nK-2,Bad,much\nK-3,Long,1,2\nK-1,Again,1\n'
    answer = upload(system, 'products', content)
    assert answer.status_code == 422
    assert answer.json()['rows'] == [2, 3, 4]
    assert [(error['row'], error['line'], error['field']) for error in answer.json()['row_errors']] == [
        (2, 3, 'price'),
        (3, 4, ''),
        (4, 5, 'sku'),
    ]
    assert appended_since(system, before) == {}


def test_what_is_taken_and_what_leads_nowhere_is_named_by_row(system: System) -> None:
    rows = 'order_id,line,product_id,quantity,unit_price\nA-1001,1,tea,1,1\nA-1001,9,nothing,1,1\nnone,1,tea,1,1\n'
    errors = upload(system, 'order_items', rows).json()['row_errors']
    assert [(error['row'], error['field'], error['message']) for error in errors] == [
        (1, 'order_id, line', 'exists already'),
        (2, 'product_id', 'there is no such record in products'),
        (3, 'order_id', 'there is no such record in orders'),
    ]


def test_a_file_of_another_kind_is_refused_with_the_remedy(system: System) -> None:
    answer = upload(system, 'products', 'x', 'application/pdf')
    assert (answer.status_code, 'text/csv' in answer.json()['detail']) == (400, True)


def test_bytes_that_are_not_utf8_are_named_by_line(system: System) -> None:
    address = system.url('crud', '/api/products/import')
    answer = system.client.post(address, content=b'sku,name,price\nA,\xfc,1\n', headers={'Content-Type': 'text/csv'})
    assert (answer.status_code, 'line 2' in answer.json()['detail']) == (400, True)
