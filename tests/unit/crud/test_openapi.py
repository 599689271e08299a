"""The description of the data port follows the entities in force."""

from __future__ import annotations

import json
from typing import Any

from jsonschema_rs import Draft202012Validator

from app import codec
from app.config import check
from app.crud.openapi import describe
from app.crud.operations import Operation, perform
from app.fields.file import PARTS
from app.file_kind import IMAGES, UNKNOWN
from app.permissions import ANONYMOUS, Principal
from tests.unit.crud.changes import things
from tests.unit.crud.shop import ADMIN, ANN, DOCUMENTS, Shop, author

THINGS = 'resource: things\nfields: {photo: image, paper: file}\n'
CLOSED = 'resource: secrets\nfields: {a: string}\napi: {enabled: false}\n'
DOCUMENT = describe(check({**DOCUMENTS, 'entities/secrets.yaml': CLOSED}).entities, ADMIN)


def test_every_open_entity_has_its_addresses() -> None:
    assert {path.split('/')[2] for path in DOCUMENT['paths'] if path != '/api'} == {
        'customers', 'orders', 'lines', 'staff', 'transaction', 'undo', 'schema', 'history', 'imports'
    }  # fmt: skip
    methods = {
        path.removeprefix('/api/customers'): sorted(set(operations) - {'parameters'})
        for path, operations in DOCUMENT['paths'].items()
        if path.startswith('/api/customers')
    }
    assert methods == {
        '': ['get', 'post'],
        '/{id}': ['delete', 'get', 'patch', 'put'],
        '/{id}/restore': ['post'],
        '/{id}/explain': ['get'],
        '/{id}/history': ['get'],
        '/{id}/revert': ['post'],
        '/batch': ['post'],
        '/import': ['get', 'post'],
        '/changes': ['get'],
        '/export.{format}': ['get'],
        '/views': ['get', 'post'],
        '/views/{id}': ['delete', 'patch'],
        '/views/{id}/restore': ['post'],
    }


def test_files_have_addresses_of_their_own() -> None:
    paths = describe(check({'entities/things.yaml': THINGS}).entities, ADMIN)['paths']
    upload, download = paths['/api/things/files/photo']['post'], paths['/api/things/{id}/files/photo']['get']
    assert set(upload['requestBody']['content']) == {*IMAGES, 'multipart/form-data'}
    assert upload['responses']['201']['content']['application/json']['schema']['required'] == list(PARTS)
    assert set(download['responses']['200']['content']) == set(IMAGES)
    assert {each['name'] for each in download['parameters']} == {'inline', 'as_of'}
    assert set(paths['/api/things/{id}/files/paper']['get']['responses']['200']['content']) == {UNKNOWN}
    assert not any('files' in path for path in DOCUMENT['paths'])


def test_a_record_is_described_field_by_field() -> None:
    schema = DOCUMENT['components']['schemas']['customers']
    assert schema['required'] == ['name']
    assert schema['properties']['id']['readOnly'] is True
    assert schema['properties']['_version'] == {'type': 'integer', 'readOnly': True}
    assert schema['properties']['credit']['default'] == '5.00'
    assert schema['properties']['email'] == {
        'type': ['string', 'null'],
        'format': 'email',
        'maxLength': 254,
        'title': 'Email',
    }


def test_filters_are_described_with_their_operators() -> None:
    parameters = {each['name']: each for each in DOCUMENT['paths']['/api/orders']['get']['parameters']}
    assert parameters['status']['description'] == (
        'Equal to; also `status[op]=` with eq, ne, in, null; `ne` also finds those without a value, '
        'unlike `<>` in `filter`'
    )
    assert {'limit', 'offset', 'cursor', 'sort', 'search', 'count', 'labels'} <= parameters.keys()


def test_every_reference_leads_somewhere_and_all_of_it_is_json() -> None:
    text = json.dumps(DOCUMENT)
    schemas = DOCUMENT['components']['schemas']
    pointed = {part.split('"')[0] for part in text.split('#/components/schemas/')[1:]}
    assert pointed <= schemas.keys()


def test_a_change_may_name_some_fields_and_a_new_record_must_name_those_that_are_needed() -> None:
    schemas, paths = DOCUMENT['components']['schemas'], DOCUMENT['paths']

    def body(method: str) -> dict[str, Any]:
        path = '/api/customers' if method == 'post' else '/api/customers/{id}'
        name = paths[path][method]['requestBody']['content']['application/json']['schema']['$ref'].rpartition('/')[2]
        return dict(schemas[name])

    assert {method: body(method)['required'] for method in ('post', 'put', 'patch')} == {
        'post': ['name'],
        'put': ['name'],
        'patch': [],
    }
    assert body('patch')['properties'] == body('post')['properties']


def test_every_write_says_how_to_send_it_again_and_on_which_version_it_is_based() -> None:
    def headers(path: str, method: str) -> set[str]:
        described = DOCUMENT['paths'][path][method]
        assert ('412' in described['responses']) == ('If-Match' in str(described['parameters']))
        return {each['name'] for each in described['parameters'] if each['in'] == 'header'}

    based = {('/{id}', 'patch'), ('/{id}', 'put'), ('/{id}', 'delete'), ('/{id}/revert', 'post')}
    for path, method in based:
        assert headers(f'/api/customers{path}', method) == {'Idempotency-Key', 'If-Match'}
    for path in (
        '/api/customers',
        '/api/customers/{id}/restore',
        '/api/customers/batch',
        '/api/transaction',
        '/api/undo',
    ):
        assert headers(path, 'post') == {'Idempotency-Key'}


def test_what_the_system_fills_in_is_read_only() -> None:
    document = describe(check(things('a: integer', 'b: {type: computed, expression: a * 2}')).entities, ADMIN)
    assert document['components']['schemas']['things']['properties']['b']['readOnly'] is True
    properties = DOCUMENT['components']['schemas']['customers']['properties']
    assert [name for name, one in properties.items() if one.get('readOnly')] == [
        'id',
        '_version',
        'created_at',
        'updated_at',
    ]


def test_answers_are_described_as_they_are(shop: Shop) -> None:
    record = shop.create('customers', name='Ada')
    shop.change('customers', record.id, name='Bo')
    history = shop.run(shop.data.life.history('customers', record.id, ADMIN))
    compared = shop.run(shop.data.life.compare('customers', record.id, ADMIN, 1, 2))
    operations = [Operation('create', 'customers', values={'name': 'C'})]
    batch = shop.run(perform(shop.data.records, operations, author(ADMIN)))
    dry = shop.run(perform(shop.data.records, operations, author(ADMIN), dry_run=True))
    undone = shop.run(shop.data.undo.undo(shop.log.position, author(ADMIN)))
    paths = {name: path for name, path in DOCUMENT['paths'].items() if 'orders' not in name}
    for path, method, answers in (
        ('/api/customers/{id}/history', 'get', [history, compared]),
        ('/api/customers/batch', 'post', [batch, dry]),
        ('/api/transaction', 'post', [batch, dry]),
        ('/api/undo', 'post', [undone]),
    ):
        schema = paths[path][method]['responses']['200']['content']['application/json']['schema']
        named = [schema.get('properties', {}).keys() | one['properties'].keys() for one in schema['oneOf']]
        for answer in answers:
            assert Draft202012Validator(schema).is_valid(codec.decode(codec.encode(answer)))
            assert any(answer.keys() <= names for names in named), f'{path} tells {[*answer]}'
        assert not Draft202012Validator(schema).is_valid({})


def test_every_operation_has_an_id_of_its_own() -> None:
    found = [
        described['operationId']
        for path in DOCUMENT['paths'].values()
        for method, described in path.items()
        if method != 'parameters'
    ]
    assert len(set(found)) == len(found)
    assert {'get-customers', 'patch-customers-id', 'get-customers-id-history', 'post-undo'} <= set(found)


def test_the_description_tells_how_to_listen() -> None:
    text = DOCUMENT['info']['description']
    assert all(word in text for word in ('/ws/{entity}', '`customers`', 'snapshot', '`leave`', '4401', '4403'))
    assert 'secrets' not in text
    schema = DOCUMENT['paths']['/api/customers/changes']['get']['responses']['200']['content']['application/json']
    assert 'snapshot' in json.dumps(schema)


OFFICE = {
    'entities/teams.yaml': """
resource: teams
fields:
  id: primary_key
  name: {type: string, required: true}
  secrets: {type: reverse, references: vault, by: team_id}
permissions: {read: public}
""",
    'entities/vault.yaml': """
resource: vault
fields: {id: primary_key, team_id: {type: foreign_key, references: teams}}
permissions: {read: boss}
""",
    'entities/people.yaml': """
resource: people
fields:
  name: string
  wage: {type: integer, permissions: {read: boss}}
  level: {type: integer, permissions: {write: boss}}
permissions: {read: authenticated, update: authenticated}
""",
}


def test_nobody_is_told_of_what_he_may_neither_read_nor_write() -> None:
    def told(asker: Principal) -> dict[str, Any]:
        return describe(check(OFFICE).entities, asker)

    def entities(asker: Principal) -> set[str]:
        return {name.partition('.')[0] for name in told(asker)['components']['schemas']} - {'Problem'}

    boss = Principal(id='b', name='b', roles=frozenset({'boss'}))
    key = Principal(id='b', name='b', roles=frozenset({'boss'}), scopes=frozenset({'teams:read'}))
    assert entities(ANONYMOUS) == {'teams'}
    assert entities(ANN) == {'teams', 'people'}
    assert entities(boss) == entities(ADMIN) == {'teams', 'people', 'vault'}
    assert entities(key) == {'teams'}
    assert all(path.startswith('/api/teams') for path in told(ANONYMOUS)['paths'])
    assert not any(word in json.dumps(told(one)) for one in (ANONYMOUS, ANN) for word in ('wage', 'vault', 'secrets'))
    assert 'people' not in json.dumps(told(ANONYMOUS))
    properties = told(ANN)['components']['schemas']['people']['properties']
    assert properties['level']['readOnly'] is True
    assert {'wage', 'level'} <= told(boss)['components']['schemas']['people']['properties'].keys()
    assert '/api/schema' in told(ADMIN)['paths']
    assert '/api/schema' not in told(boss)['paths']
