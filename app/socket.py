"""WebSockets that only send: whatever comes from the log goes out, until either side has had enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.websockets import WebSocket, WebSocketDisconnect


async def send_all(socket: WebSocket, messages: AsyncIterator[bytes]) -> None:
    """Accept, then send each message as text; a slow client slows only itself.

    Sending waits until the client has taken what was sent before, so a slow one never has more than one message waiting
    here: meanwhile it falls behind, and goes on from where it is in the log. Raises what the messages end with.
    """
    first = await anext(messages)
    await socket.accept()
    sending = asyncio.create_task(_send(socket, first, messages))
    del first  # it may be large, and this function lasts as long as the connection
    hearing = asyncio.create_task(_hear(socket))
    try:
        await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        unfinished = [task for task in (sending, hearing) if task.cancel()]
        await asyncio.gather(*unfinished, return_exceptions=True)
    if sending not in unfinished:
        sending.result()


async def _send(socket: WebSocket, first: bytes, messages: AsyncIterator[bytes]) -> None:
    try:
        await socket.send_text(first.decode())
        del first
        async with aclosing(messages) as stream:  # type: ignore[type-var]
            async for message in stream:
                await socket.send_text(message.decode())
    except WebSocketDisconnect:
        return


async def _hear(socket: WebSocket) -> None:
    """Return once the client has gone; what it says means nothing."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):
        return
