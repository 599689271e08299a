"""Hundreds listen while records change: each hears what he must, in order and once; who never reads harms nobody."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.process import PATIENCE, System
from tests.scenario import last_position

SUBSCRIBERS = 200
WRITERS, WRITES = 4, 30
END = {'id': 'the-end', 'name': 'The end', 'email': 'end@example.com'}
"""The record that is created last; it is in all views."""
VIEWS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "status = 'active'": lambda record: bool(record['status'] == 'active'),
    "credit_limit >= 500 AND status <> 'pending'": lambda record: (
        float(record['credit_limit']) >= 500 and record['status'] != 'pending'
    ),
    'notes IS NULL': lambda record: record['notes'] is None,
    'length(name) > 2': lambda record: True,
}
PATHS = ['/ws/customers', *(f'/ws/customers?filter={quote(text)}' for text in VIEWS)]
STUCK, LARGE, MANY = 60, '😀' * 20_000, 150
MEGABYTES = 250
"""That many more may be needed for memories that are bounded; if each who is stuck had what he missed, it were 720."""

Message = dict[str, Any]


def open_socket(system: System, path: str, **options: Any) -> Any:
    address = system.url('crud', path).replace('http', 'ws')
    return connect(address, additional_headers=system.headers, max_size=None, compression=None, **options)


async def heard(socket: ClientConnection, until: str = 'the-end') -> list[Message]:
    """All messages up to the one about the record `until`."""
    messages: list[Message] = []
    while not messages or messages[-1].get('id') != until:
        async with asyncio.timeout(PATIENCE):
            messages.append(json.loads(await socket.recv()))
    return messages


async def subscribe(system: System, path: str, until: str = 'the-end') -> list[Message]:
    async with open_socket(system, path) as socket:
        return await heard(socket, until)


async def write(client: httpx.AsyncClient, writer: int) -> None:
    """Create, change, delete and restore a few customers of this writer's own."""
    chance, versions = random.Random(writer), dict[str, bool]()
    for number in range(WRITES):
        values = {
            'status': chance.choice(['active', 'inactive', 'pending']),
            'credit_limit': chance.choice([1, 499, 500]),
            'notes': chance.choice([None, f'{number}']),
        }
        record_id = f'of-{writer}-{chance.randrange(6)}'
        there = versions.get(record_id)
        verb = 'create' if there is None else 'restore' if not there else chance.choice(['change'] * 3 + ['delete'])
        versions[record_id] = verb != 'delete'
        if verb == 'create':
            body = {'id': record_id, 'name': 'Ann', 'email': f'{record_id}@example.com', **values}
            answer = await client.post('/api/customers', json=body)
        elif verb == 'restore':
            answer = await client.post(f'/api/customers/{record_id}/restore')
        else:
            method = 'PATCH' if verb == 'change' else 'DELETE'
            answer = await client.request(method, f'/api/customers/{record_id}', json=values)
        assert answer.is_success, answer.text


def client_of(system: System) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=system.url('crud'), headers=system.headers, timeout=PATIENCE, trust_env=False)


async def listen_while_writing(system: System) -> list[tuple[str, list[Message]]]:
    """What each subscriber has heard. Half come before the first write, the others while records change."""
    paths = [PATHS[number % len(PATHS)] for number in range(SUBSCRIBERS)]
    async with client_of(system) as client, asyncio.TaskGroup() as group:
        early = [group.create_task(subscribe(system, path)) for path in paths[::2]]
        writers = [asyncio.create_task(write(client, writer)) for writer in range(WRITERS)]
        late = [group.create_task(subscribe(system, path)) for path in paths[1::2]]
        await asyncio.gather(*writers)
        assert (await client.post('/api/customers', json=END)).status_code == 201
    return list(zip(paths[::2] + paths[1::2], [task.result() for task in early + late], strict=True))


@pytest.fixture(scope='module')
def events(changing_system: System) -> Callable[[], list[Message]]:
    """Everything recorded about customers."""

    def ask() -> list[Message]:
        parameters: dict[str, Any] = {'entity': 'customers', 'limit': 5000}
        answer = changing_system.client.get(changing_system.url('events', '/events'), params=parameters)
        found: list[Message] = answer.json()['events']
        return found

    return ask


def states(events: list[Message]) -> dict[tuple[str, int], Message]:
    """(Id, version) -> the values of the record at that version, if it was there."""
    now: dict[str, Message] = {}
    found = {}
    for event in events:
        record_id, data = event['stream'].partition('/')[2], event['data']
        if event['type'] == 'deleted':
            now.pop(record_id)
            continue
        if event['type'] == 'changed':
            now[record_id] = now[record_id] | {name: change['to'] for name, change in data.items()}
        else:
            now[record_id] = {'notes': None} | data
        found[record_id, event['version']] = now[record_id]
    return found


def test_two_hundred_subscribers_hear_exactly_what_they_must(
    changing_system: System, events: Callable[[], list[Message]]
) -> None:
    told = asyncio.run(listen_while_writing(changing_system))
    recorded = events()
    known = states(recorded)
    lists = {
        text: changing_system.client.get(
            changing_system.url('crud', '/api/customers'), params={'filter': text, 'limit': 500}
        ).json()['records']
        for text in VIEWS
    }
    for path, (first, *messages) in told:
        if path == PATHS[0]:
            expected = [event for event in recorded if event['position'] > first['position']]
            assert [facts(message) for message in messages] == [facts(event) for event in expected]
        else:
            text = list(VIEWS)[PATHS.index(path) - 1]
            check_view(VIEWS[text], known, first, messages)
            assert in_the_end(first, messages) == {record['id']: record for record in lists[text]}


def facts(message: Message) -> tuple[Any, ...]:
    record_id = message['stream'].partition('/')[2] if 'stream' in message else message['id']
    return message['position'], message['type'], record_id, message['version']


def check_view(
    holds: Callable[[Message], bool], known: dict[tuple[str, int], Message], first: Message, messages: list[Message]
) -> None:
    """Every message makes sense after those before it, and shows a record as it was."""
    inside = {record['id']: record['_version'] for record in first['records']}
    positions = [message['position'] for message in messages]
    assert positions == sorted(set(positions)), 'in order and none twice'
    for message in messages:
        assert (message['id'] in inside) == (message['type'] != 'enter'), message
        if message['type'] == 'leave':
            del inside[message['id']]
            continue
        record = message['record']
        assert record['_version'] > inside.get(message['id'], 0)
        inside[message['id']] = record['_version']
        then = known[message['id'], record['_version']]
        assert {name: record[name] for name in ('status', 'credit_limit', 'notes')} == {
            name: then[name] for name in ('status', 'credit_limit', 'notes')
        }
        assert holds(record)


def in_the_end(first: Message, messages: list[Message]) -> dict[str, Message]:
    """What somebody who believes the messages takes to be in the view."""
    there = {record['id']: record for record in first['records']}
    for message in messages:
        if message['type'] == 'leave':
            del there[message['id']]
        else:
            there[message['id']] = message['record']
    return there


async def write_much(system: System, name: str) -> list[str]:
    """Large customers, the last one with the id `name`."""
    ids = [*(f'{name}-{number}' for number in range(MANY - 1)), name]
    async with client_of(system) as client:
        for record_id in ids:
            body = {'id': record_id, 'name': 'Large', 'email': f'{record_id}@example.com', 'notes': LARGE}
            assert (await client.post('/api/customers', json=body)).status_code == 201
    return ids


async def with_some_who_never_read(
    system: System, path: str, story: Callable[[list[ClientConnection]], Awaitable[None]]
) -> None:
    """Run `story` beside sockets that have taken one message and nothing since."""
    async with AsyncExitStack() as stack:
        opened = [open_socket(system, path, max_queue=1, ping_interval=None, close_timeout=0) for _ in range(STUCK)]
        stuck = [await stack.enter_async_context(socket) for socket in opened]
        await asyncio.gather(*(socket.recv() for socket in stuck))
        await story(stuck)
        for socket in stuck:
            socket.transport.abort()


def memory(system: System) -> float:
    status = Path(f'/proc/{system.process.pid}/status').read_text()
    return int(re.findall(r'VmRSS:\s+(\d+)', status)[0]) / 1024


def test_those_who_never_read_hold_up_nobody_and_fill_no_memory(changing_system: System) -> None:
    async def story(stuck: list[ClientConnection]) -> None:
        before = memory(changing_system)
        reader = asyncio.create_task(subscribe(changing_system, f'{path}?after={position}', 'large'))
        ids = await write_much(changing_system, 'large')
        assert [message['id'] for message in (await reader)[1:]] == ids
        late = [message['id'] for message in await heard(stuck[0], 'large')]
        assert late == ids, 'who reads after all is fed from the log'
        assert memory(changing_system) - before < MEGABYTES

    path, position = PATHS[0], last_position(changing_system)
    asyncio.run(with_some_who_never_read(changing_system, path, story))


def test_a_view_that_is_taken_up_again_and_never_read_fills_no_memory(changing_system: System) -> None:
    async def story(stuck: list[ClientConnection]) -> None:
        assert [message['id'] for message in await heard(stuck[0], 'huge')] == ids
        assert memory(changing_system) - before < MEGABYTES

    position, ids = last_position(changing_system), asyncio.run(write_much(changing_system, 'huge'))
    path = f'/ws/customers?after={position}&filter=' + quote("id LIKE 'huge%'")
    asyncio.run(subscribe(changing_system, path, 'huge'))  # what one needs, such as for the past, is there before
    before = memory(changing_system)
    asyncio.run(with_some_who_never_read(changing_system, path, story))
