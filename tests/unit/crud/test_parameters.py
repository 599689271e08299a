"""What asks for one record, its history, its rights or changes takes the parameters it knows, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from app import codec
from app.crud.openapi import describe
from app.errors import Malformed
from tests.unit.crud.shop import ADMIN, Shop


def ask(shop: Shop, path: str, query: str = '') -> dict[str, Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        'type': 'http',
        'method': 'GET',
        'path': path,
        'raw_path': path.encode(),
        'query_string': query.encode(),
        'headers': [],
        'state': {'principal': ADMIN},
    }
    shop.run(shop.data.routes(scope, None, send))  # type: ignore[arg-type]
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
        'view': 'true',
    }  # fmt: skip
    paths = describe(shop.catalog.entities, ADMIN)['paths']
    for path in ('/{id}', '/{id}/history', '/{id}/explain', '/changes'):
        described = paths[f'/api/customers{path}']['get']['parameters']
        query = '&'.join(f'{one["name"]}={samples[one["name"]]}' for one in described if one['in'] == 'query')
        assert ask(shop, f'/api/customers{path.replace("{id}", "ada")}', query)
