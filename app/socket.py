"""WebSockets that only send: whatever comes from the log goes out, until either side has had enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.websockets import WebSocket, WebSocketDisconnect


async def send_all(socket: WebSocket, messages: AsyncIterator[bytes]) -> None:
    """Accept, then send each message as text; a slow client slows only itself."""
    first = await anext(messages)
    await socket.accept()
    await socket.send_text(first.decode())
    sending = asyncio.create_task(_send(socket, messages))
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):
        pass
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send(socket: WebSocket, messages: AsyncIterator[bytes]) -> None:
    async with aclosing(messages) as stream:  # type: ignore[type-var]
        async for message in stream:
            await socket.send_text(message.decode())
