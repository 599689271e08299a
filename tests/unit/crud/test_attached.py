"""Records that name files: only those that are there and are what the record says; shown with an address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app import codec
from app.crud.attached import UPLOAD, differences
from app.crud.live import message_of
from app.crud.operations import Operation, perform
from app.errors import Invalid
from app.events.proof import Proof
from tests.samples import GIF, PDF, PNG, sha256
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ADMIN, ANN, OPEN, Shop, author

THINGS = f"""
resource: things
fields:
  id: primary_key
  photo: image
  paper: {{type: file, types: [application/pdf, text/plain], max_size: 1 kB}}
  name: string
{OPEN}"""
URL = '/api/things/{}/files/{}'


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    """Things, without a record."""
    return open_shop({'entities/things.yaml': THINGS})


def uploaded(shop: Shop, content: bytes, kind: str = 'image/png', name: str = 'a.png') -> dict[str, Any]:
    """What an upload answers."""

    async def once() -> AsyncIterator[bytes]:
        yield content

    blob = shop.run(shop.log.put_blob(once()))
    return {'name': name, 'type': kind, 'size': blob.size, 'sha256': blob.sha256}


def missing(content: bytes, kind: str = 'image/png') -> dict[str, Any]:
    """What an upload would answer."""
    return {'name': 'a', 'type': kind, 'size': len(content), 'sha256': sha256(content)}


def test_a_file_is_stored_as_what_it_is_and_shown_with_its_address(shop: Shop) -> None:
    photo = uploaded(shop, PNG)
    made = shop.create('things', id='one', photo=photo, name='One')
    shown = photo | {'url': URL.format('one', 'photo')}
    assert made.as_json()['photo'] == shop.shown('things', 'one')['photo'] == shown
    assert shop.page('things').records[0].values['photo'] == shown
    assert codec.parse(shop.events('things/one')[0].data) == {'photo': photo, 'name': 'One'}
    assert shop.query('SELECT photo::VARCHAR FROM records.things') == [(codec.canonical(photo),)]
    assert shop.query('SELECT photo.size::BIGINT FROM records.things') == [(len(PNG),)]
    assert message_of(shop.catalog.entities['things'], shop.events('things/one')[0])['values']['photo'] == shown


def test_what_was_shown_can_be_sent_back_and_changes_nothing(shop: Shop) -> None:
    made = shop.create('things', id='one', photo=uploaded(shop, PNG), name='One')
    with shop.recording() as happened:
        shop.change('things', 'one', photo=made.values['photo'])
        shop.replace('things', 'one', photo=made.values['photo'], name='One')
        shop.change('things', 'one', name='Two')
    assert happened == ['changed things/one']
    assert shop.shown('things', 'one')['photo'] == made.values['photo']


def test_every_address_of_the_past_leads_to_the_past(shop: Shop) -> None:
    first, second = uploaded(shop, PNG), uploaded(shop, GIF, 'image/gif')
    position = shop.log.position if shop.create('things', id='one', photo=first) else 0
    shop.change('things', 'one', photo=second)
    then = str(position)
    old = shop.run(shop.data.views.get('things', 'one', ADMIN, as_of=then)).values['photo']
    assert old == first | {'url': URL.format('one', 'photo') + f'?as_of={then}'}
    assert shop.page('things', f'as_of={then}').records[0].values['photo'] == old
    assert shop.shown('things', 'one')['photo'] == second | {'url': URL.format('one', 'photo')}


WRONG = [
    ({'photo': missing(PNG)}, {'photo': UPLOAD}),
    ({'photo': missing(PNG) | {'sha256': 'f' * 64}}, {'photo': UPLOAD}),
    ({'photo': missing(GIF, 'image/png')}, {'photo': 'is not the image/png that it is said to be, but image/gif'}),
    ({'photo': missing(GIF, 'image/gif') | {'size': 5}}, {'photo': f'has {len(GIF)} bytes, not 5'}),
    ({'paper': missing(GIF, 'text/plain')}, {'paper': 'is not the text/plain that it is said to be, but image/gif'}),
    (
        {'paper': missing(GIF, 'image/gif'), 'photo': missing(PDF, 'application/pdf')},
        {
            'paper': 'must be a file of type application/pdf or text/plain, not image/gif',
            'photo': 'must be a file of type image/png or image/jpeg or image/gif or image/webp, not application/pdf',
        },
    ),
]


@pytest.mark.parametrize(('values', 'errors'), WRONG)
@pytest.mark.parametrize('verb', ['create', 'change', 'replace', 'batch', 'preview', 'import'])
def test_a_file_that_is_not_there_or_is_another_is_refused(
    shop: Shop, verb: str, values: dict[str, Any], errors: dict[str, str]
) -> None:
    uploaded(shop, GIF)
    shop.create('things', id='one')
    with shop.recording() as happened, pytest.raises(Invalid) as refusal:
        if verb == 'create':
            shop.create('things', **values)
        elif verb == 'import':
            shop.bring('things', codec.encode([{'name': 'a'}, values]).decode(), kind='json')
        elif verb in {'batch', 'preview'}:
            operations = [
                Operation('create', 'things', '', {'name': 'a'}),
                Operation('update', 'things', 'one', values),
            ]
            shop.run(perform(shop.data.records, operations, author(ANN), dry_run=verb == 'preview'))
        else:
            getattr(shop, verb)('things', 'one', **values)
    assert happened == []
    if verb == 'import':
        found = {one['field']: one['message'] for one in refusal.value.extra['row_errors'] if one['row'] == 2}
        assert found == errors
    elif verb in {'batch', 'preview'} and 'failed' in refusal.value.extra:
        assert refusal.value.extra['failed'][0]['errors'] == errors
    else:
        assert refusal.value.errors == errors


def test_a_file_goes_and_comes_back_with_undo_and_with_the_record(shop: Shop) -> None:
    photo = uploaded(shop, PNG)
    shop.create('things', id='one', photo=photo)
    shop.change('things', 'one', photo=None)
    assert shop.shown('things', 'one')['photo'] is None
    shop.run(shop.data.undo.undo(shop.log.position, author(ANN)))
    assert shop.shown('things', 'one')['photo'] == photo | {'url': URL.format('one', 'photo')}
    shop.delete('things', 'one')
    assert shop.restore('things', 'one').values['photo'] == shop.shown('things', 'one')['photo']
    life = shop.run(shop.data.life.history('things', 'one', ADMIN))
    assert life['versions'][-1]['changes']['photo'] == {'from': None, 'to': photo}


def test_a_repeated_request_answers_with_the_file(shop: Shop) -> None:
    photo = uploaded(shop, PNG)
    first, second = (shop.create('things', key='k', id='one', photo=photo) for _ in range(2))
    assert first == second


def verdict(shop: Shop) -> tuple[dict[str, Any], str]:
    """What the proof says, and whether writing goes on after the check at the start."""

    async def story() -> tuple[dict[str, Any], str]:
        proof = Proof(shop.log, partial(differences, shop.catalog, shop.log))
        await proof.verify_in_background()
        await asyncio.sleep(0)
        return proof.last, proof.last['status']

    return shop.run(story())


@pytest.mark.parametrize('damage', [Path.unlink, lambda path: path.write_bytes(b'cut')], ids=['gone', 'cut off'])
def test_the_proof_misses_a_file_that_a_record_has_and_writing_goes_on(shop: Shop, damage: Any) -> None:
    photo, replaced = uploaded(shop, PNG), uploaded(shop, GIF, 'image/gif')
    shop.create('things', id='one', photo=replaced)
    shop.change('things', 'one', photo=photo)
    assert verdict(shop)[1] == 'whole'
    damage(shop.log.blobs.path(replaced['sha256']))
    assert verdict(shop)[1] == 'whole', 'no living record has it'
    path = shop.log.blobs.path(photo['sha256'])
    damage(path)
    said, status = verdict(shop)
    assert (status, said['file']) == ('broken', str(path))
    assert 'things/one has it as its photo' in said['reason']
    shop.create('things', name='Writing goes on')
    uploaded(shop, PNG)
    assert verdict(shop)[1] == 'whole', 'the same file sent again heals it'
