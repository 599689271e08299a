"""What asks for one record, its history, its rights or changes takes the parameters it knows, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from app import codec
from app.crud.openapi import describe
from app.errors import Malformed
from tests.unit.crud.shop import ADMIN, Shop


def ask(shop: Shop, path: str, query: str = '', method: str = 'GET', body: Any = None) -> dict[str, Any]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {'type': 'http.request', 'body': codec.encode(body), 'more_body': False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        'type': 'http',
        'method': method,
        'path': path,
        'raw_path': path.encode(),
        'query_string': query.encode(),
        'headers': [],
        'state': {'principal': ADMIN},
    }
    shop.run(shop.data.routes(scope, receive, send))
    answer: dict[str, Any] = codec.decode(sent[1]['body'])
    return answer


@pytest.mark.parametrize(
    ('path', 'query', 'message'),
    [
        ('/ada', 'as_of=1&felds=name', "no parameter 'felds', did you mean 'fields'. Known are as_of, fields"),
        ('/ada', 'labels=true', "no parameter 'labels'. Known are as_of, fields, expand, count_of."),
        ('/ada/history', 'form=1&to=2', "no parameter 'form', did you mean 'from'. Known are from, to."),
        ('/ada/explain', 'act=read', "no parameter 'act'"),
        ('/changes', 'aftr=7', "no parameter 'aftr', did you mean 'after'. Known are after, wait"),
        ('', 'after=7', r"no parameter 'after', did you mean 'filter'.* Known are .* avg, count, count_of"),
        ('', 'sort=name&sort=-name', 'sort: stands twice'),
        ('', 'limit=1&name=x&name=y&limit=2', 'limit: stands twice'),
        ('/ada', 'as_of=', 'as_of: is empty'),
        ('', 'nmae[eq]=x', r"no parameter 'nmae\[eq\]', did you mean 'name'"),
    ],
)
def test_a_parameter_that_is_not_known_is_refused_and_the_nearest_is_named(
    shop: Shop, path: str, query: str, message: str
) -> None:
    shop.create('customers', id='ada', name='Ada')
    with pytest.raises(Malformed, match=message):
        ask(shop, f'/api/customers{path}', query)


def test_all_that_is_described_is_taken(shop: Shop) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.change('customers', 'ada', name='Ida')
    samples = {
        'as_of': str(shop.log.position), 'fields': 'name', 'expand': 'orders', 'count_of': 'orders', 'from': '1',
        'to': '2', 'action': 'read', 'user': 'root', 'after': '0', 'wait': '0', 'limit': '5', 'filter': 'active',
        'view': 'true', 'before': '2',
    }  # fmt: skip
    paths = describe(shop.catalog.entities, ADMIN)['paths']
    for path in ('/{id}', '/{id}/history', '/{id}/explain', '/changes'):
        described = paths[f'/api/customers{path}']['get']['parameters']
        names = {one['name'] for one in described if one['in'] == 'query'}
        for together in (names & {'from', 'to'}, names - {'from', 'to'}):
            query = '&'.join(f'{name}={samples[name]}' for name in together)
            assert 'type' not in ask(shop, f'/api/customers{path.replace("{id}", "ada")}', query)


@pytest.mark.parametrize(
    ('method', 'path', 'body'),
    [
        ('POST', '/api/customers', {'name': 'Bob'}),
        ('PATCH', '/api/customers/ada', {'name': 'Ida'}),
        ('PUT', '/api/customers/ada', {'name': 'Ida'}),
        ('DELETE', '/api/customers/ada', None),
        ('POST', '/api/customers/ada/restore', None),
        ('POST', '/api/customers/ada/revert', {'version': 1}),
        ('POST', '/api/customers/batch', {'create': [{'name': 'Bob'}]}),
        ('POST', '/api/transaction', {'operations': [{'create': 'customers', 'values': {'name': 'Bob'}}]}),
        ('POST', '/api/undo', {'position': 2}),
    ],
)
def test_what_writes_takes_no_parameters_so_that_no_dry_run_is_taken_for_a_real_one(
    shop: Shop, method: str, path: str, body: Any
) -> None:
    shop.create('customers', id='ada', name='Ada')
    with shop.recording() as happened, pytest.raises(Malformed, match="no parameter 'dry_run' here; the body says"):
        ask(shop, path, 'dry_run=true', method, body)
    assert happened == []


@pytest.mark.parametrize('version', ['1', 1.5, True, -1, 'x'])
@pytest.mark.parametrize('many', [False, True])
def test_a_version_that_is_none_is_refused_rather_than_ignored(shop: Shop, version: object, *, many: bool) -> None:
    shop.create('customers', id='ada', name='Ada')
    shop.change('customers', 'ada', name='Ida')
    sent = {'name': 'Eda', '_version': version}
    path, method = ('/api/customers/batch', 'POST') if many else ('/api/customers/ada', 'PATCH')
    with shop.recording() as happened, pytest.raises(Malformed, match='_version: must be the number'):
        ask(shop, path, '', method, {'update': [sent | {'id': 'ada'}]} if many else sent)
    assert happened == []
