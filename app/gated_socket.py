"""A WebSocket as the gate sees it: refused with a reason, and ended with one when its session ends."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive, Scope, Send

from app.errors import NotLoggedIn, Problem
from app.http import problem_answer

ENDED = NotLoggedIn('This session has ended, or what it may do has changed; connect again.')


class GatedSocket:
    """Its `receive` and `send` are what the service gets."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._opened = self._closed = False
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()

    def end(self) -> None:
        """Its session has ended; from any thread."""
        self._loop.call_soon_threadsafe(self._note_end)

    async def receive(self) -> Message:
        """What the client says, or a disconnect once the session has ended; nothing is left behind that waits."""
        receiving = asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait({receiving, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done():
                return {'type': 'websocket.disconnect', 'code': _code(ENDED)}
            message = dict(receiving.result())
            self._closed = self._closed or message['type'] == 'websocket.disconnect'
            return message
        finally:
            receiving.cancel()

    async def send(self, message: Message) -> None:
        """What the service says; that it lets go of a socket whose session has ended is told as what it is."""
        if message['type'] == 'websocket.close' and self._ended.done():
            await self.finish()
            return
        self._opened = self._opened or message['type'] == 'websocket.accept'
        self._closed = self._closed or message['type'] == 'websocket.close'
        await self._send(message)

    async def finish(self) -> None:
        """The service has let go of it: tell the client why, if that is because the session has ended."""
        if self._ended.done() and not self._closed:
            self._closed = True
            await self.refuse(ENDED)

    async def refuse(self, problem: Problem) -> None:
        """Close it, or where it was never opened answer with the problem as a request would be answered."""
        if not self._opened and 'websocket.http.response' in (self._scope.get('extensions') or {}):
            await problem_answer(problem, self._scope['state']['request_id'])(self._scope, self._receive, self._send)
        else:
            await self._send({'type': 'websocket.close', 'code': _code(problem), 'reason': _reason(problem)})

    def _note_end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)


def _code(problem: Problem) -> int:
    return 4000 + problem.status


def _reason(problem: Problem) -> str:
    """What a WebSocket is closed with; the protocol has room for 123 bytes."""
    return problem.detail.encode()[:120].decode(errors='ignore')
