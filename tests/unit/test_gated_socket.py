"""A socket whose session ends is told so, also while it is still being opened."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message

from app.gated_socket import GatedSocket


@pytest.mark.parametrize(('opened', 'code'), [(False, None), (True, 4401)])
@pytest.mark.parametrize('closes', [False, True])
def test_a_service_that_lets_go_of_it_leaves_the_reason_to_the_gate(
    opened: bool, code: int | None, closes: bool
) -> None:
    sent = list[Message]()

    async def story() -> None:
        socket = GatedSocket(scope(), never, keep)
        if opened:
            await socket.send({'type': 'websocket.accept'})
        socket.end()
        assert (await socket.receive())['type'] == 'websocket.disconnect'
        if closes:
            await socket.send({'type': 'websocket.close', 'code': 1000})
        await socket.finish()

    async def keep(message: Message) -> None:
        sent.append(message)

    asyncio.run(story())
    told = [one for one in sent if one['type'] != 'websocket.accept']
    if opened:
        assert [(one['type'], one['code']) for one in told] == [('websocket.close', code)]
    else:
        assert [one['type'] for one in told] == ['websocket.http.response.start', 'websocket.http.response.body']
        assert told[0]['status'] == 401


def scope() -> dict[str, Any]:
    extensions: dict[str, Any] = {'websocket.http.response': {}}
    return {'type': 'websocket', 'extensions': extensions, 'state': {'request_id': 'one'}, 'headers': []}


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError
