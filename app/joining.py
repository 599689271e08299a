"""HTTP answers that leave in one piece.

uvicorn hands over their head and their body one after the other. Each would be a call of the system and a packet of its
own, which is a tenth of what a short answer costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

END_OF_HEAD = b'\r\n\r\n'
LONGEST = 64 * 1024
"""Bytes of a body that are copied to join them with the head; larger ones follow it."""


class JoiningTransport:
    """Keeps the head of an answer until its body comes, or until the event loop's next turn: no stream waits for it."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b''

    def write(self, content: bytes) -> None:
        """Send, or keep if it is a head."""
        if self._head:
            head, self._head = self._head, b''
            if len(content) <= LONGEST:
                self._transport.write(head + content)
                return
            self._transport.write(head)
        elif content.startswith(b'HTTP/1.') and content.endswith(END_OF_HEAD):
            self._head = content
            self._loop.call_soon(self._send_head)
            return
        self._transport.write(content)

    def writelines(self, contents: Iterable[bytes]) -> None:
        """Send several pieces."""
        self.write(b''.join(contents))

    def close(self) -> None:
        """Send what was kept and close."""
        self._send_head()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the transport's."""
        return getattr(self._transport, name)

    def _send_head(self) -> None:
        if self._head:
            head, self._head = self._head, b''
            self._transport.write(head)
