"""`POST /events`: what is recorded, what is refused and why, and that sending again records nothing twice."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import codec
from app.events import Event
from app.events.appending import MOST
from app.events.store import EventStore
from app.http import MAX_BODY
from app.permissions import ANONYMOUS, Principal
from tests.unit.events.asking import all_events
from tests.unit.events.test_store import ANN, AUDITOR, ROOT, opened_store, port

KEY = Principal(id='key', name='importer', roles=ROOT.roles, scopes=frozenset({'events:append'}))
NARROW = Principal(id='narrow', name='root', roles=frozenset({'admin'}), scopes=frozenset({'records:read'}))
ID = '5e0c2a3e-5d0f-4f0b-9c70-6b1f6a1f7c11'
SENT = {'stream': 'shipments/1', 'type': 'sent', 'data': {'n': 1}}


def owner(category: str) -> str:
    return {'customers': 'POST /api/customers', 'config': 'the files of the config folder'}.get(category, '')


class Port:
    """Sends bodies to `POST /events`, and knows what has been recorded."""

    def __init__(self, store: EventStore) -> None:
        self.store = store

    async def send(self, body: Any, by: Principal = ROOT, key: str | None = None) -> httpx.Response:
        content = body if isinstance(body, (str, bytes)) else codec.encode(body)
        headers = {'Idempotency-Key': key} if key is not None else {}
        async with port(self.store, by) as client:
            return await client.post('/events', content=content, headers=headers)

    async def status(self, body: Any, **options: Any) -> int:
        return (await self.send(body, **options)).status_code

    async def recorded(self) -> list[Event]:
        return await all_events(self.store.log)

    async def summary(self) -> list[str]:
        return [f'{event.type} {event.stream} {event.version}' for event in await self.recorded()]


@asynccontextmanager
async def opened_port(folder: Path) -> AsyncIterator[Port]:
    async with opened_store(folder, owner=owner) as store:
        yield Port(store)


def test_events_of_several_streams_are_recorded_together_and_in_order(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_port(tmp_path) as port:
            body = {
                'events': [SENT, {'stream': 'b-x.y/ä b/c~%2F', 'type': 'Went-off.now', 'meta': {'batch': 'x'}}, SENT]
            }
            answer = await port.send(body)
            assert (answer.status_code, answer.json()['outcome'], answer.json()['position']) == (201, 'appended', 3)
            first, second, third = await port.recorded()
            assert answer.json()['events'] == [
                {name: getattr(event, name) for name in ('position', 'stream', 'version', 'event_id', 'hash')}
                for event in (first, second, third)
            ]
            assert await port.summary() == [
                'sent shipments/1 1',
                'Went-off.now b-x.y/ä b/c~%2F 1',
                'sent shipments/1 2',
            ]
            assert (first.data, second.data) == ('{"n":1}', '{}')
            assert codec.parse(second.meta) == {'actor': 'root', 'source': 'events', 'request': 'r1', 'batch': 'x'}
            assert port.store.log.writer.statistics()['commits'] == 1

    asyncio.run(story())


def test_the_words_of_the_first_version_still_work(tmp_path: Path) -> None:
    old = {
        'aggregate_id': '1',
        'aggregate_type': 'shipments',
        'event_type': 'sent',
        'event_data': {'n': 1},
        'event_metadata': {'correlation': 'c'},
    }

    async def story() -> None:
        async with opened_port(tmp_path) as port:
            assert await port.status(old) == 201
            assert await port.status({'events': [old], 'expected': {'shipments/1': 1}}) == 201
            first, second = await port.recorded()
            assert (first.stream, first.type, first.data) == ('shipments/1', 'sent', '{"n":1}')
            assert codec.parse(second.meta)['correlation'] == 'c'
            for missing in ('aggregate_id', 'aggregate_type', 'event_type'):
                answer = await port.send({name: value for name, value in old.items() if name != missing})
                assert answer.status_code == 422 and next(iter(answer.json()['errors'])).startswith('events.0.')
            assert len(await port.recorded()) == 2

    asyncio.run(story())


REFUSED: list[tuple[Any, int, str]] = [
    ('{"stream":"a/1","type":"sent","data":{"n":1,"n":2}}', 400, "The key 'n' stands twice"),
    ('{"stream":"a/1","type":"sent","type":"sent"}', 400, "The key 'type' stands twice"),
    ('{"stream":"a/1","type":"sent","data":{"n":NaN}}', 400, 'NaN is not a JSON value'),
    ('{"stream":"a/1","type":"sent","data":{"n":-Infinity}}', 400, '-Infinity is not a JSON value'),
    ('{"stream":"a/1","type":"sent","data":{"n":99999999999999999999}}', 400, 'does not fit into 64 bits'),
    ('{"stream":"a/1","type":"sent","data":{":n":1}}', 400, 'begins with a colon'),
    (b'{"stream":"a/\xff"}', 400, 'not UTF-8'),
    ('{"stream":"a/1","type":"sent","data":{"n":"\\ud800"}}', 400, 'JSON'),
    ('[' * 100_000, 400, ''),
    ([SENT], 400, 'must be an object'),
    ({}, 422, 'events.0.stream'),
    ({'events': []}, 422, f'events must be a list of 1 to {MOST:,} events'),
    ({'events': [SENT] * (MOST + 1)}, 422, f'events must be a list of 1 to {MOST:,} events'),
    ({'events': [SENT], 'expect': {}}, 422, 'expect is not known here'),
    ({**SENT, 'colour': 1, 'position': 5}, 422, 'events.0.colour is not known here; events.0.position is not known'),
    ({**SENT, 'stream': 'shipments'}, 422, 'events.0.stream must be a category and a name'),
    ({**SENT, 'stream': 'Shipments/1'}, 422, 'events.0.stream'),
    ({**SENT, 'stream': 'a/1\n'}, 422, 'events.0.stream'),
    ({**SENT, 'stream': 'a/' + 'x' * 500}, 422, 'events.0.stream'),
    ({**SENT, 'type': 'two words'}, 422, 'events.0.type'),
    ({**SENT, 'data': [1]}, 422, 'events.0.data must be an object'),
    ({**SENT, 'meta': 'x'}, 422, 'events.0.meta must be an object'),
    ({**SENT, 'meta': {'actor': 'eve', 'owner': 'eve'}}, 422, 'events.0.meta.actor is written by the system'),
    ({**SENT, 'event_metadata': {'name': 'eve'}}, 422, 'events.0.meta.name is written by the system'),
    ({**SENT, 'event_id': 'x'}, 422, 'events.0.event_id must be a UUID'),
    ({**SENT, 'expected': []}, 422, 'expected must be an object'),
    ({**SENT, 'expected': {'shipments/1': 'new'}}, 422, 'expected.shipments/1 must be a version, any, none or exists'),
    ({**SENT, 'expected': {'shipments/1': True}}, 422, 'expected.shipments/1'),
    ({**SENT, 'expected': {'shipments/1': -1}}, 422, 'expected.shipments/1'),
    ({'events': [{**SENT, 'event_id': ID}, {**SENT, 'event_id': ID}]}, 409, 'stands twice in one request'),
    (
        {'events': [SENT, {**SENT, 'stream': 'customers/1'}]},
        403,
        'customers/1 belongs to .* POST /api/customers instead',
    ),
    ({**SENT, 'stream': 'config/app.yaml'}, 403, 'use the files of the config folder instead'),
    ({**SENT, 'data': {'text': 'x' * MAX_BODY}}, 413, 'at most 10,000,000'),
]


def test_what_is_wrong_is_refused_with_the_place_and_nothing_is_recorded(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_port(tmp_path) as port:
            for body, status, said in REFUSED:
                answer = await port.send(body)
                assert answer.status_code == status, (str(body)[:200], answer.text)
                assert re.search(said, answer.json()['detail']), (said, answer.text)
            assert await port.recorded() == []

    asyncio.run(story())


def test_it_takes_an_admin_or_a_key_with_the_scope(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_port(tmp_path) as port:
            for who, status in ((KEY, 201), (ROOT, 201), (NARROW, 403), (AUDITOR, 403), (ANN, 403), (ANONYMOUS, 401)):
                assert await port.status(SENT, by=who) == status, who
            first, second = await port.recorded()
            assert (codec.parse(first.meta)['name'], 'name' in codec.parse(second.meta)) == ('importer', False)

    asyncio.run(story())


def test_expectations_hold_for_all_streams_or_nothing_is_recorded(tmp_path: Path) -> None:
    made, gone = {'stream': 'a/1', 'type': 'created'}, {'stream': 'b/1', 'type': 'deleted'}

    async def story() -> None:
        async with opened_port(tmp_path) as port:
            assert await port.status({'events': [made, gone]}) == 201
            cases: list[tuple[dict[str, Any], bool]] = [
                ({'a/1': 'any', 'b/1': 'any', 'c/1': 'any'}, True),
                ({'a/1': 'none'}, False),
                ({'b/1': 'none', 'c/1': 'none'}, True),
                ({'a/1': 'exists'}, True),
                ({'b/1': 'exists'}, False),
                ({'c/1': 'exists'}, False),
                ({'a/1': 'exists', 'b/1': 'exists'}, False),
                ({'a/1': 1, 'b/1': 1, 'c/1': 0}, True),
                ({'a/1': 1, 'b/1': 2}, False),
                ({'d/1': 2**60}, False),
            ]
            for number, (expected, met) in enumerate(cases):
                before = await port.summary()
                body = {'events': [{'stream': f'd/{number}', 'type': 'x'}, {'stream': f'e/{number}', 'type': 'y'}]}
                answer = await port.send(body | {'expected': expected})
                assert answer.status_code == (201 if met else 409), (expected, answer.text)
                added = [f'x d/{number} 1', f'y e/{number} 1'] if met else []
                assert await port.summary() == before + added
                assert met or answer.json()['type'] == 'wrong_version'

    asyncio.run(story())


@pytest.mark.parametrize('spelled', [ID, ID.upper(), f'{{{ID}}}', ID.replace('-', ''), f'urn:uuid:{ID}'])
def test_the_same_event_sent_again_is_answered_as_the_first_time(tmp_path: Path, spelled: str) -> None:
    async def story() -> None:
        async with opened_port(tmp_path) as port:
            first = await port.send({**SENT, 'event_id': ID})
            await port.send({'stream': 'shipments/1', 'type': 'lost'})
            again = await port.send({**SENT, 'event_id': spelled, 'expected': {'shipments/1': 0}})
            assert (first.status_code, again.status_code) == (201, 200)
            assert again.json() == first.json() | {'outcome': 'already appended'}
            for other in ({'data': {'n': 2}}, {'type': 'lost'}, {'stream': 'shipments/2'}):
                answer = await port.send({**SENT, 'event_id': spelled} | other)
                assert (answer.status_code, answer.json()['type']) == (409, 'id_reused')
            assert await port.summary() == ['sent shipments/1 1', 'lost shipments/1 2']

    asyncio.run(story())


def test_a_request_with_a_key_can_be_sent_again(tmp_path: Path) -> None:
    body = {'events': [SENT, {'stream': 'b/1', 'type': 'went', 'event_id': str(uuid.uuid4())}, SENT]}

    async def story() -> None:
        async with opened_port(tmp_path) as port:
            first, again = await port.send(body, key='k'), await port.send(body, key='k')
            assert again.json() == first.json() | {'outcome': 'already appended'}
            assert (first.status_code, again.status_code) == (201, 200)
            different = [{**SENT, 'data': {}}, {'events': [*body['events'], SENT]}, {'events': [SENT, SENT, SENT]}]
            assert [await port.status(one, key='k') for one in different] == [409] * 3
            assert await port.status({'events': body['events'][:2]}, key='k') == 409, 'a part of it is another request'
            assert len(await port.recorded()) == 3
            assert await port.status(SENT, key='k', by=KEY) == 201, "a key is one principal's own"
            assert await port.status(SENT, key='l') == 201
            assert await port.status(SENT) == await port.status(SENT) == 201, 'without a key it happens again'
            assert [await port.status(SENT, key=key) for key in ('x' * 201, '')] == [400, 400]
            assert len(await port.recorded()) == 7

    asyncio.run(story())


def test_both_spellings_of_one_word_are_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_port(tmp_path) as port:
            assert await port.status({**SENT, 'event_type': 'lost'}) == 422
            assert await port.recorded() == []

    asyncio.run(story())
