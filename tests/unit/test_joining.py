"""Answers leave in one piece, and nothing waits for what does not come."""

from __future__ import annotations

import asyncio

from app.joining import LONGEST, JoiningTransport

HEAD = b'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n'


class Transport:
    """Remembers what was sent in one piece."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, content: bytes) -> None:
        assert not self.closed
        self.sent.append(content)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def opened() -> tuple[Transport, JoiningTransport]:
    transport = Transport()
    return transport, JoiningTransport(transport, asyncio.get_running_loop())


def test_a_head_and_its_body_are_one_piece() -> None:
    async def story() -> None:
        transport, joining = await opened()
        for _ in range(2):
            joining.write(HEAD)
            joining.write(b'{}')
        await asyncio.sleep(0)
        assert transport.sent == [HEAD + b'{}'] * 2

    asyncio.run(story())


def test_a_head_whose_body_comes_later_does_not_wait_for_it() -> None:
    async def story() -> None:
        transport, joining = await opened()
        joining.write(HEAD)
        assert not transport.sent
        await asyncio.sleep(0)
        assert transport.sent == [HEAD]
        joining.writelines([b'{', b'}'])
        assert transport.sent == [HEAD, b'{}']

    asyncio.run(story())


def test_a_long_body_is_not_copied() -> None:
    async def story() -> None:
        transport, joining = await opened()
        body = b'x' * (LONGEST + 1)
        joining.write(HEAD)
        joining.write(body)
        assert transport.sent == [HEAD, body]
        assert transport.sent[1] is body

    asyncio.run(story())


def test_closing_sends_what_was_kept() -> None:
    async def story() -> None:
        transport, joining = await opened()
        joining.write(HEAD)
        joining.close()
        assert transport.sent == [HEAD]
        assert joining.is_closing()
        await asyncio.sleep(0)

    asyncio.run(story())
