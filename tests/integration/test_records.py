"""REST on the data port: what each request answers and which events it leaves behind."""

from __future__ import annotations

import httpx
import pytest

from tests.process import System
from tests.scenario import Scenario, appended_since, last_position

NEW = {'name': 'Zoë', 'email': 'ZOE@example.com', 'credit_limit': 12.5}

SCENARIOS = [
    Scenario(name='list customers', path='/api/customers', contains=('"Dan"', '"total":6')),
    Scenario(
        name='list without a login', path='/api/customers', logged_in=False, status=401, contains=('needs a login',)
    ),
    Scenario(
        name='a bad token is no anonymous visit',
        path='/health',
        headers={'Authorization': 'Bearer x'},
        logged_in=False,
        status=401,
    ),
    Scenario(name='the documented path answers JSON', path='/customers', contains=('"records":[',)),
    Scenario(
        name='the documented path shows a page to a browser',
        path='/customers',
        headers={'Accept': 'text/html'},
        logged_in=False,
        status=303,
    ),
    Scenario(name='filter, sort and page', path='/api/customers?status=active&sort=-name&limit=1', contains=('"Noor',)),
    Scenario(
        name='filter with an operator',
        path='/api/customers?credit_limit[gte]=12000&sort=name&limit=1',
        contains=('Ada',),
    ),
    Scenario(name='search', path='/api/customers?search=nguyễn', contains=('Linh', '"total":1')),
    Scenario(name='an unknown parameter', path='/api/customers?nam=x', status=400, contains=("no parameter 'nam'",)),
    Scenario(name='sort by no field', path='/api/customers?sort=nam', status=400, contains=("no field 'nam'",)),
    Scenario(name='a record', path='/api/customers/dan', contains=('"credit_limit":"2500.00"', '"_version":1')),
    Scenario(name='no such record', path='/api/customers/nobody', status=404),
    Scenario(name='no such entity', path='/api/nothing', status=404, contains=("no entity 'nothing'",)),
    Scenario(name='a key with a slash in it', path='/api/orders/A%2F1', status=404, contains=('A%2F1',)),
    Scenario(name='a compound key', path='/api/order_items/A-1001~2', contains=('"product_id":"cup"',)),
    Scenario(
        name='create',
        method='POST',
        path='/api/customers',
        json=NEW,
        status=201,
        contains=('"email":"zoe@example.com"', '"credit_limit":"12.50"', '"status":"active"'),
        events={'created': 1},
    ),
    Scenario(
        name='create with every mistake named',
        method='POST',
        path='/api/customers',
        status=422,
        json={'email': 'x', 'credit_limit': -1, 'status': 'new', 'nme': 'Z'},
        contains=("did you mean 'name'?",),
    ),
    Scenario(
        name='an email that is taken',
        method='POST',
        path='/api/customers',
        status=409,
        json={'name': 'Dan', 'email': 'DAN@example.com'},
        contains=('"email":"\'dan@example.com\' is already used',),
    ),
    Scenario(
        name='an order of nobody',
        method='POST',
        path='/api/orders',
        status=422,
        json={'number': 'A-9', 'customer_id': 'nobody', 'ordered_on': '2026-01-01'},
        contains=('"customer_id":"there is no record',),
    ),
    Scenario(name='JSON that is none', method='POST', path='/api/customers', content='{"name":', status=400),
    Scenario(name='a key twice', method='POST', path='/api/customers', content='{"name":"a","name":"b"}', status=400),
    Scenario(
        name='a key that begins with a colon',
        method='POST',
        path='/api/products',
        status=400,
        json={'sku': 'X', 'name': 'X', 'price': '1', 'attributes': {':onclick': 'alert(1)'}},
    ),
    Scenario(
        name='change',
        method='PATCH',
        path='/api/customers/ada',
        json={'status': 'inactive'},
        contains=('"status":"inactive"', '"_version":2'),
        events={'changed': 1},
    ),
    Scenario(
        name='a change that changes nothing', method='PATCH', path='/api/customers/ada', json={'status': 'inactive'}
    ),
    Scenario(
        name='a change of an old version tells what came between',
        method='PATCH',
        path='/api/customers/ada',
        json={'status': 'active'},
        headers={'If-Match': '"1"'},
        status=412,
        contains=('"current":{', '"changes":[{"version":2,'),
    ),
    Scenario(
        name='a key never changes',
        method='PATCH',
        path='/api/orders/A-1001',
        json={'number': 'B-1'},
        status=422,
        contains=('never changes',),
    ),
    Scenario(
        name='an If-Match that is no version',
        method='PATCH',
        path='/api/customers/ada',
        json={'status': 'active'},
        headers={'If-Match': '"one"'},
        status=400,
        contains=('If-Match',),
    ),
    Scenario(
        name='an id never changes',
        method='PATCH',
        path='/api/customers/ada',
        json={'id': 'eda'},
        status=422,
        contains=('never changes',),
    ),
    Scenario(
        name='replace empties what is not sent',
        method='PUT',
        path='/api/customers/grace',
        json={'name': 'Grace', 'email': 'grace@example.com'},
        contains=('"credit_limit":null',),
        events={'changed': 1},
    ),
    Scenario(
        name='delete what something refers to',
        method='DELETE',
        path='/api/customers/dan',
        status=409,
        contains=('orders.customer_id',),
    ),
    Scenario(name='delete', method='DELETE', path='/api/customers/linh', status=204, events={'deleted': 1}),
    Scenario(name='deleted is gone', path='/api/customers/linh', status=404),
    Scenario(
        name='restore',
        method='POST',
        path='/api/customers/linh/restore',
        contains=('"id":"linh"', '"_version":3'),
        events={'restored': 1},
    ),
    Scenario(name='restore what is there', method='POST', path='/api/customers/linh/restore', status=409),
    Scenario(name='a method that does not exist', method='DELETE', path='/api/customers', status=405),
    Scenario(
        name='an If-Match without a version',
        method='PATCH',
        path='/api/customers/dan',
        json={'notes': 'x'},
        headers={'If-Match': '""'},
        status=400,
        contains=('must be the ETag of the record',),
    ),
    Scenario(name='history', path='/streams/customers/linh', service='events', contains=('"restored"', '"deleted"')),
    Scenario(name='the log needs a login', path='/events', service='events', logged_in=False, status=401),
    Scenario(
        name='status',
        path='/api/status',
        service='portal',
        contains=('"up":true', '"customers":'),
        lacks=('"up":false',),
    ),
    Scenario(name='another host', path='/health', headers={'Host': 'evil.example'}, status=421),
    Scenario(
        name='a page of another site may not change anything',
        method='POST',
        path='/api/customers',
        json=NEW,
        headers={'Origin': 'https://evil.example'},
        logged_in=False,
        status=403,
    ),
]


@pytest.mark.parametrize('scenario', SCENARIOS, ids=str)
def test_request(scenario: Scenario, changing_system: System) -> None:
    scenario.run(changing_system)


def test_a_repeated_request_answers_as_the_first_time(system: System) -> None:
    before = last_position(system)
    headers = {'Idempotency-Key': 'order-4711'}
    body = {'name': 'Once', 'email': 'once@example.com'}
    address = system.url('crud', '/api/customers')
    first = system.client.post(address, json=body, headers=headers)
    second = system.client.post(address, json=body, headers=headers)
    other = system.client.post(address, json=body | {'name': 'Twice'}, headers=headers)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert (other.status_code, other.json()['type']) == (409, 'id_reused')
    assert appended_since(system, before) == {'created': 1}


@pytest.mark.parametrize('service', ['portal', 'crud', 'events', 'auth'])
def test_every_port_describes_itself(system: System, service: str) -> None:
    assert system.client.get(system.url(service, '/openapi.json')).json()['openapi'].startswith('3.')
    assert 'swagger' in system.client.get(system.url(service, '/docs')).text
    assert system.client.get(system.url(service, '/health')).json()['status'] == 'ok'
    assert system.client.get(system.url(service, '/assets/swagger/swagger-ui-bundle.js')).status_code == 200


def test_a_stranger_is_told_of_no_entity(system: System) -> None:
    address = system.url('crud', '/openapi.json')
    answer = httpx.get(address, trust_env=False)
    assert (answer.status_code, answer.json()['paths']) == (200, {})
    assert answer.headers['vary'] == 'Authorization, Cookie'
    assert '/api/customers' in system.client.get(address).json()['paths']


@pytest.mark.parametrize(
    ('path', 'method', 'allowed'),
    [
        ('/api/customers', 'DELETE', 'GET, HEAD, POST'),
        ('/api/customers/dan', 'POST', 'DELETE, GET, HEAD, PATCH, PUT'),
    ],
)
def test_a_method_that_is_not_possible_is_told_which_are(system: System, path: str, method: str, allowed: str) -> None:
    answer = system.client.request(method, system.url('crud', path))
    assert (answer.status_code, answer.headers['allow']) == (405, allowed)


def test_a_change_that_alters_nothing_can_be_sent_again(system: System) -> None:
    address, key = system.url('crud', '/api/customers/dan'), {'Idempotency-Key': 'nothing-to-alter'}
    record = system.client.get(address).json()
    before = last_position(system)
    answers = [system.client.patch(address, json={'name': record['name']}, headers=key) for _ in range(2)]
    assert [answer.json() for answer in answers] == [record, record]
    assert appended_since(system, before) == {}
