"""A WebSocket that only sends says why it ends, whoever ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from app.errors import Denied, Problem, Unavailable
from app.gate import Gate
from app.permissions import Principal
from app.socket import send_all

TEXT: Message = {'type': 'websocket.receive', 'text': 'nobody listens to this'}
HEADERS = [(b'authorization', b'Bearer x')]
BINARY: Message = {'type': 'websocket.receive', 'bytes': b'x'}
END: Message = {'type': 'the session ends'}
LEAVE: Message = {'type': 'websocket.disconnect', 'code': 1000}


async def talk(messages: AsyncIterator[bytes], *said: Message) -> list[dict[str, Any]]:
    """What a client gets that says this, one thing after each message."""
    sent: list[dict[str, Any]] = []
    saying: asyncio.Queue[Message] = asyncio.Queue()
    saying.put_nowait({'type': 'websocket.connect'})
    rest = list(said)

    async def send(message: Message) -> None:
        sent.append(dict(message))
        if message['type'] == 'websocket.send' and rest:
            if (next_ := rest.pop(0)) == END:
                gate.end_session('s')
            else:
                saying.put_nowait(next_)

    async def follow(scope: Scope, receive: Receive, send: Send) -> None:
        await send_all(WebSocket(scope, receive, send), messages)

    async def identify(header: str | None, cookie: str | None) -> Principal | None:
        return Principal(id='ann', name='ann', session='s')

    gate = Gate(follow, identify=identify, cookie='session', hosts=['localhost'], own=[], origins=list)
    async with asyncio.timeout(10):
        await gate({'type': 'websocket', 'path': '/', 'headers': HEADERS}, saying.get, send)
    return sent


@pytest.mark.parametrize(
    ('problem', 'code', 'reason'),
    [
        (Denied('You may no longer read this.'), 4403, 'You may no longer read this.'),
        (Unavailable('ö' * 100), 4503, 'ö' * 60),
    ],
    ids=['short', 'longer than the protocol allows'],
)
def test_messages_that_end_with_a_problem_close_the_socket_with_it(problem: Problem, code: int, reason: str) -> None:
    async def messages() -> AsyncIterator[bytes]:
        yield b'first'
        yield b'second'
        raise problem

    accepted, *sent, closed = asyncio.run(talk(messages()))
    assert accepted['type'] == 'websocket.accept'
    assert [message['text'] for message in sent] == ['first', 'second']
    assert closed == {'type': 'websocket.close', 'code': code, 'reason': reason}


def test_messages_stop_when_the_client_goes() -> None:
    ended = []

    async def messages() -> AsyncIterator[bytes]:
        try:
            yield b'first'
            yield b'second'
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    sent = asyncio.run(talk(messages(), TEXT, LEAVE))
    assert [message.get('text') for message in sent] == [None, 'first', 'second']
    assert ended == [True]


@pytest.mark.parametrize(
    ('said', 'code', 'reason'),
    [
        (BINARY, 1003, 'Only text is understood here.'),
        (END, 4401, 'This session has ended, or what it may do has changed'),
    ],
    ids=['something binary', 'its session has ended'],
)
def test_a_socket_never_ends_without_a_word(said: Message, code: int, reason: str) -> None:
    async def messages() -> AsyncIterator[bytes]:
        yield b'first'
        await asyncio.Event().wait()

    sent = asyncio.run(talk(messages(), said))
    assert [message['type'] for message in sent] == ['websocket.accept', 'websocket.send', 'websocket.close']
    assert sent[-1]['code'] == code
    assert sent[-1]['reason'].startswith(reason)


def test_nothing_is_left_waiting_when_a_socket_ends() -> None:
    async def messages() -> AsyncIterator[bytes]:
        yield b'first'
        raise Denied('No more.')

    async def story() -> set[Any]:
        await talk(messages())
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(story()) == set()


def test_what_is_refused_at_once_is_never_opened() -> None:
    async def messages() -> AsyncIterator[bytes]:
        raise Denied('No.')
        yield b''

    assert asyncio.run(talk(messages())) == [{'type': 'websocket.close', 'code': 4403, 'reason': 'No.'}]
