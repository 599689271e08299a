"""WebSockets: whatever comes from streams of messages goes out, until either side has had enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from starlette.websockets import WebSocket, WebSocketDisconnect

UNSUPPORTED = 1003
"""What the protocol closes with when the other side sent what is not understood."""


def _ignore(text: str) -> None:
    """What a client says means nothing."""


async def send_all(
    socket: WebSocket,
    messages: AsyncIterator[bytes],
    *others: AsyncIterator[bytes],
    hear: Callable[[str], None] = _ignore,
) -> None:
    """Accept, then send each message as text, of `others` too; a slow client slows only itself.

    Sending waits until the client has taken what was sent before, so a slow one never has more than one message waiting
    here: meanwhile it falls behind, and goes on from where it is in the log. Raises what the messages end with.
    """
    first = await anext(messages)
    await socket.accept()
    turn = asyncio.Lock()
    sending = asyncio.create_task(_send(socket, turn, messages, first))
    del first  # it may be large, and this function lasts as long as the connection
    beside = [asyncio.create_task(_send(socket, turn, stream)) for stream in others]
    hearing = asyncio.create_task(_hear(socket, hear))
    try:
        await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        unfinished = [task for task in (sending, hearing, *beside) if task.cancel()]
        await asyncio.gather(*unfinished, return_exceptions=True)
    if sending not in unfinished:
        sending.result()
    elif hearing not in unfinished and hearing.result():
        await socket.close(UNSUPPORTED, hearing.result())


async def _send(socket: WebSocket, turn: asyncio.Lock, messages: AsyncIterator[bytes], first: bytes = b'') -> None:
    try:
        if first:
            async with turn:
                await socket.send_text(first.decode())
        del first
        async with aclosing(messages) as stream:  # type: ignore[type-var]
            async for message in stream:
                async with turn:
                    await socket.send_text(message.decode())
    except WebSocketDisconnect:
        return


async def _hear(socket: WebSocket, hear: Callable[[str], None]) -> str:
    """Return once the client has gone, or what is wrong with what it says."""
    while True:
        message = await socket.receive()
        if message['type'] == 'websocket.disconnect':
            return ''
        if message.get('text') is None:
            return 'Only text is understood here.'
        hear(message['text'])
