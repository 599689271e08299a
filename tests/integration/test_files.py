"""Files over HTTP: sent, named by records, and fetched by those who may, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.attaching import attach, send, somebody, start, stored
from tests.process import System
from tests.samples import GIF, KINDS, PDF, PNG, POLYGLOTS, SVG, sha256
from tests.scenario import appended_since, last_position


@pytest.fixture(scope='module')
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with things that have files."""
    with start(tmp_path_factory.mktemp('files')) as system:
        yield system


@pytest.mark.parametrize('kind', KINDS)
def test_a_file_comes_back_as_it_was_sent(shared: System, kind: str) -> None:
    before = last_position(shared)
    sent = send(shared, KINDS[kind], name='', Content_Disposition="attachment; filename*=UTF-8''Zo%C3%AB%20%E2%82%AC")
    assert sent.status_code == 201, sent.text
    assert sent.json() == {
        'name': 'Zoë €',
        'type': kind,
        'size': len(KINDS[kind]),
        'sha256': sha256(KINDS[kind]),
    }
    assert appended_since(shared, before) == {}
    made = shared.client.post(shared.url('crud', '/api/things'), json={'paper': sent.json()}).json()
    assert made['paper']['url'] == f'/api/things/{made["id"]}/files/paper'
    got = shared.client.get(shared.url('crud', made['paper']['url']))
    assert (got.status_code, got.content) == (200, KINDS[kind])
    assert {name: got.headers[name] for name in EXPECTED} == EXPECTED | {
        'content-type': kind,
        'content-length': str(len(KINDS[kind])),
        'etag': f'"{sha256(KINDS[kind])}"',
    }
    assert got.headers['content-disposition'] == 'attachment; filename="Zo_ _"; filename*=UTF-8\'\'Zo%C3%AB%20%E2%82%AC'


EXPECTED = {
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'sandbox',
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
    'content-type': '',
    'content-length': '',
    'etag': '',
}


def test_a_form_with_one_file_is_taken_too(shared: System) -> None:
    address = shared.url('crud', '/api/things/files/photo')
    form = {'note': 'hello'}
    sent = shared.client.post(address, data=form, files={'file': ('Zoë "1".png', PNG, 'image/png')})
    assert (sent.status_code, sent.json()['name'], sent.json()['type']) == (201, 'Zoë "1".png', 'image/png'), sent.text
    two = [('a', ('a.png', PNG, 'image/png')), ('b', ('b.png', PNG, 'image/png'))]
    assert shared.client.post(address, files=two).status_code == 400
    assert shared.client.post(address, files={'file': ('a.png', GIF, 'image/png')}).status_code == 422
    large = shared.client.post(address, files={'file': ('a.png', PNG + bytes(10_000_001), 'image/png')})
    assert large.status_code == 413, large.text
    broken = {'Content-Type': 'multipart/form-data; boundary=x'}
    assert shared.client.post(address, content=b'--x\r\n', headers=broken).status_code == 400


NAMES = [
    ('../../etc/passwd', 'passwd'),
    ('..\\..\\boot.ini', 'boot.ini'),
    ('a\r\nSet-Cookie: a=b', 'aSet-Cookie: a=b'),
    ('a\x00b.txt', 'ab.txt'),
    ('x' * 500 + '.txt', 'x' * 196 + '.txt'),
    ('invoice\u202ecod.exe', 'invoicecod.exe'),
    ('报告 “final”; x="1".txt', '报告 “final”; x="1".txt'),
    ('', 'file'),
]


@pytest.mark.parametrize(('name', 'safe'), NAMES)
def test_hostile_names_harm_nobody(shared: System, name: str, safe: str) -> None:
    sent = send(shared, b'hello', name=name, Content_Type='text/plain').json()
    assert sent['name'] == safe
    made = shared.client.post(shared.url('crud', '/api/things'), json={'paper': sent | {'name': name}}).json()
    assert made['paper']['name'] == safe, 'also where it comes with the record'
    got = shared.client.get(shared.url('crud', made['paper']['url']))
    assert got.headers['content-disposition'].startswith('attachment; filename="')
    assert 'set-cookie' not in got.headers
    assert all(len(name) == 64 for name in stored(shared))


@pytest.mark.parametrize('content', [*POLYGLOTS.values(), SVG, PDF, b'', b'hello'], ids=[*POLYGLOTS, *'sp0h'])
@pytest.mark.parametrize('kind', ['image/png', 'image/gif', 'image/jpeg', 'image/svg+xml', ''])
def test_what_is_no_image_is_not_taken_for_one(shared: System, content: bytes, kind: str) -> None:
    before = stored(shared)
    refused = send(shared, content, 'photo', Content_Type=kind)
    assert refused.status_code == 422, refused.text
    assert set(refused.json()['errors']) == {'photo'}
    assert stored(shared) == before
    taken = send(shared, content, Content_Type=kind)
    if taken.status_code == 201:
        address = attach(shared, content, kind=kind)
        assert shared.client.get(f'{address}?inline=true').headers['content-disposition'].startswith('attachment')


def test_only_safe_images_are_shown_in_place(shared: System) -> None:
    def way(address: str) -> str:
        return shared.client.get(address).headers['content-disposition'].partition(';')[0]

    photo, page = attach(shared, PNG, 'photo'), attach(shared, b'<script>', kind='text/html')
    assert [way(photo), way(f'{photo}?inline=true')] == ['attachment', 'inline']
    assert [way(page), way(f'{page}?inline=true')] == ['attachment', 'attachment']


CONTENT = bytes(range(256)) * 4000
RANGES = [
    ('bytes=0-0', 206, (0, 1)),
    ('bytes=5-9', 206, (5, 10)),
    ('bytes=1023000-', 206, (1_023_000, 1_024_000)),
    ('bytes=-5', 206, (1_023_995, 1_024_000)),
    ('bytes=-9999999', 206, (0, 1_024_000)),
    ('bytes=500000-99999999', 206, (500_000, 1_024_000)),
    ('bytes=1024000-', 416, None),
    ('bytes=-0', 416, None),
    ('bytes=0-1,5-6', 200, (0, 1_024_000)),
    ('bytes=9-5', 200, (0, 1_024_000)),
    ('lines=1-2', 200, (0, 1_024_000)),
    ('bytes=-', 200, (0, 1_024_000)),
]


def test_parts_are_fetched_by_range(shared: System) -> None:
    address = attach(shared, CONTENT)
    for asked, status, part in RANGES:
        got = shared.client.get(address, headers={'Range': asked})
        assert got.status_code == status, asked
        if part:
            assert got.content == CONTENT[slice(*part)], asked
        if status == 206 and part:
            assert got.headers['content-range'] == f'bytes {part[0]}-{part[1] - 1}/1024000'
        if status == 416:
            assert (got.headers['content-range'], got.json()['type']) == ('bytes */1024000', 'no_such_range')
    empty = attach(shared, b'')
    assert shared.client.get(empty).content == b''
    assert shared.client.get(empty, headers={'Range': 'bytes=0-'}).status_code == 416
    head = shared.client.head(address, headers={'Range': 'bytes=5-9'})
    assert (head.status_code, head.headers['content-length'], head.content) == (206, '5', b'')


def test_what_one_has_already_is_not_sent_again(shared: System) -> None:
    address, tag = attach(shared, CONTENT), f'"{sha256(CONTENT)}"'
    for known in (tag, f'W/{tag}', f'"other", {tag}', '*'):
        got = shared.client.get(address, headers={'If-None-Match': known})
        assert (got.status_code, got.content, got.headers['etag']) == (304, b'', tag)
    assert shared.client.get(address, headers={'If-None-Match': '"other"'}).status_code == 200
    for condition, status in ((tag, 206), ('"other"', 200)):
        headers = {'Range': 'bytes=0-1', 'If-Range': condition}
        assert shared.client.get(address, headers=headers).status_code == status


def test_a_file_is_as_readable_as_its_field(shared: System) -> None:
    system = shared
    with somebody(system, 'ann') as ann, somebody(system, 'bob') as bob:
        things = system.url('crud', '/api/things')
        photo = ann.post(f'{things}/files/photo', content=PNG).json()
        mine = ann.post(things, json={'photo': photo}).json()
        address = system.url('crud', mine['photo']['url'])
        assert ann.get(address).content == PNG
        assert bob.get(address).status_code == 404, 'it belongs to Ann'
        assert httpx.get(address, trust_env=False).status_code == 401
        secret = send(system, PDF, 'secret').json()
        own = system.client.patch(f'{things}/{mine["id"]}', json={'secret': secret}).json()
        assert system.client.get(system.url('crud', own['secret']['url'])).content == PDF
        assert ann.get(system.url('crud', own['secret']['url'])).status_code == 404, 'the field is hidden'
        assert 'secret' not in ann.get(f'{things}/{mine["id"]}').json()
        refused = ann.post(f'{things}/files/secret', content=PDF)
        assert (refused.status_code, refused.json()['errors']) == (403, {'secret': 'may not be set by you'})
        assert httpx.post(f'{things}/files/photo', content=PNG, trust_env=False).status_code == 401
        for path in ('files/name', 'files/nothing', 'x/files/name'):
            answer = ann.post(f'{things}/{path}', content=PNG) if path.startswith('f') else ann.get(f'{things}/{path}')
            assert answer.status_code == 404, path
        assert ann.get(f'{things}/{mine["id"]}/files/paper').status_code == 404, 'there is none'


def test_the_past_has_the_file_of_then(shared: System) -> None:
    things = shared.url('crud', '/api/things')
    address = attach(shared, PNG, 'photo')
    position = last_position(shared)
    record = address.removesuffix('/files/photo').rpartition('/')[2]
    second = send(shared, GIF, 'photo').json()
    shared.client.patch(f'{things}/{record}', json={'photo': second}).raise_for_status()
    assert shared.client.get(address).content == GIF
    then = shared.client.get(f'{things}/{record}?as_of={position}').json()['photo']['url']
    assert shared.client.get(shared.url('crud', then)).content == PNG
    shared.client.delete(f'{things}/{record}').raise_for_status()
    assert shared.client.get(address).status_code == 404
    assert shared.client.get(shared.url('crud', then)).content == PNG, 'nothing is ever lost'


def test_equal_contents_are_stored_once(shared: System) -> None:
    before = stored(shared)
    addresses = [attach(shared, b'the same', name=name) for name in ('a', 'b')]
    assert stored(shared) - before == {sha256(b'the same')}
    assert [shared.client.get(address).content for address in addresses] == [b'the same'] * 2
