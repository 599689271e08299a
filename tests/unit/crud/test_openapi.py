"""The description of the data port follows the entities in force."""

from __future__ import annotations

import json

from app.config import check
from app.crud.openapi import describe
from app.fields.file import PARTS
from app.file_kind import IMAGES, UNKNOWN
from tests.unit.crud.shop import DOCUMENTS

THINGS = 'resource: things\nfields: {photo: image, paper: file}\n'
CLOSED = 'resource: secrets\nfields: {a: string}\napi: {enabled: false}\n'
DOCUMENT = describe(check({**DOCUMENTS, 'entities/secrets.yaml': CLOSED}).entities)


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
    paths = describe(check({'entities/things.yaml': THINGS}).entities)['paths']
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
    assert parameters['status']['description'] == 'Equal to; also `status[op]=` with eq, ne, in, null'
    assert {'limit', 'offset', 'cursor', 'sort', 'search', 'count', 'labels'} <= parameters.keys()


def test_every_reference_leads_somewhere_and_all_of_it_is_json() -> None:
    text = json.dumps(DOCUMENT)
    schemas = DOCUMENT['components']['schemas']
    pointed = {part.split('"')[0] for part in text.split('#/components/schemas/')[1:]}
    assert pointed <= schemas.keys()
