"""Many records from one file: all of them, or none and the list of what is wrong."""

from __future__ import annotations

import json
import socket

import httpx

from tests.process import System, wait_until
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


def many(count: int, name: str) -> str:
    """A file of so many customers."""
    lines = (f'Customer {n},{name}{n}@example.org,{n % 1000}.50,active\n' for n in range(count))
    return 'name,email,credit_limit,status\n' + ''.join(lines)


def total(system: System, name: str) -> int:
    """How many customers there are whose addresses begin so."""
    return int(system.client.get(system.url('crud', '/api/customers'), params={'search': name}).json()['total'])


def test_objects_line_by_line_update_and_create(system: System) -> None:
    upload(system, 'products', 'sku,name,price\nL-1,One,1\nL-2,Two,2\n')
    before = last_position(system)
    lines = '{"sku": "L-1", "price": 1}\n{"sku": "L-2", "price": 3}\n{"sku": "L-3", "name": "Three", "price": 3}\n'
    dry = upload(system, 'products', lines, 'application/x-ndjson', mode='upsert', by='sku', dry_run='true')
    assert (dry.status_code, [dry.json()[name] for name in ('create', 'update', 'unchanged')]) == (200, [1, 1, 1])
    assert appended_since(system, before) == {}
    done = upload(system, 'products', lines, 'application/x-ndjson', mode='upsert', by='sku').json()
    assert [done[name] for name in ('created', 'updated', 'unchanged')] == [1, 1, 1]
    assert appended_since(system, before) == {'created': 1, 'changed': 1}


def test_a_workbook_and_endless_lines_are_refused_before_they_have_come(system: System) -> None:
    for content, words in ((b'PK\x03\x04' + b'x' * 1000, 'Excel'), (b'x' * 5_000_000, 'longer line')):
        answer = system.client.post(
            system.url('crud', '/api/products/import'), content=content, headers={'Content-Type': 'text/csv'}
        )
        assert answer.status_code in {400, 413}
        assert words in answer.json()['detail']


def test_an_import_in_the_background_tells_how_far_it_is(system: System) -> None:
    begun = upload(system, 'customers', many(2000, 'back'), background='true')
    assert begun.status_code == 202
    address = system.url('crud', begun.headers['location'])
    wait_until(lambda: system.client.get(address).json()['state'] == 'finished', 'the import to finish')
    told = system.client.get(address).json()
    assert (told['rows_read'], told['rows_written'], told['errors']) == (2000, 2000, 0)
    assert (told['id'], told['result']['imported']) == (told['result']['batch'], 2000)
    assert total(system, 'back') == 2000
    system.client.post(system.url('crud', '/api/undo'), json={'batch': told['id']}).raise_for_status()
    assert total(system, 'back') == 0
    late = system.client.delete(address)
    assert (late.status_code, 'POST /api/undo' in late.json()['detail']) == (409, True)


def test_a_wrong_file_in_the_background_is_told_when_asked(system: System) -> None:
    address = system.url('crud', upload(system, 'customers', 'name\n\n""\n', background='true').headers['location'])
    wait_until(lambda: system.client.get(address).json()['state'] == 'failed', 'the import to fail')
    problem = system.client.get(address).json()['problem']
    assert (problem['status'], problem['row_errors'][0]['message']) == (422, 'is required')


def test_a_cancelled_import_leaves_nothing(system: System) -> None:
    begun = upload(system, 'customers', many(40_000, 'halt'), background='true')
    address = system.url('crud', begun.headers['location'])
    answer = system.client.delete(address)
    assert (answer.status_code, answer.json()['state']) == (200, 'cancelled')
    assert total(system, 'halt') == 0
    assert system.client.get(address).json()['problem']['type'] == 'cancelled'


def test_a_client_who_hangs_up_has_imported_nothing(system: System) -> None:
    content = many(20_000, 'gone').encode()
    host, port = system.url('crud').removeprefix('http://').strip('/').split(':')
    with socket.create_connection((host, int(port))) as connection:
        head = f'POST /api/customers/import HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: text/csv\r\n'
        head += f'Authorization: {system.headers["Authorization"]}\r\nContent-Length: {len(content)}\r\n\r\n'
        connection.sendall(head.encode() + content)
    assert upload(system, 'customers', content.decode()).json()['imported'] == 20_000, 'the addresses are free'


def test_an_import_is_found_by_the_key_of_its_request_and_only_by_who_may_see_it(system: System) -> None:
    address = system.url('crud', '/api/products/import?background=true')
    headers = {'Content-Type': 'text/csv', 'Idempotency-Key': 'lost-answer'}
    begun = system.client.post(address, content='sku,name,price\nL-1,Lost,1\n', headers=headers).json()
    listed = system.url('crud', '/api/imports')
    found = system.client.get(listed, params={'idempotency_key': 'lost-answer'}).json()['imports']
    assert [one['id'] for one in found] == [begun['id']]
    assert system.client.get(listed, params={'idempotency_key': 'another'}).json() == {'imports': []}
    assert begun['id'] in {one['id'] for one in system.client.get(listed).json()['imports']}
    with httpx.Client() as stranger:
        assert stranger.get(listed).status_code == 401
