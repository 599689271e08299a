"""A program of its own that holds WebSockets open and says how long after each write was sent they heard of it.

Usage: python -m benchmarks.listeners TOKEN COUNT ADDRESS …. The addresses are taken in turns. Each write has in `notes`
the moment at which it was sent, by the clock that all processes of the machine share; before that of the last one
stands `end`. Prints `ready` once all are connected, and in the end a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from websockets.asyncio.client import connect

from benchmarks.measuring import percentile

MARK = b'"notes":"'


async def main(token: str, count: int, addresses: Sequence[str]) -> dict[str, Any]:
    """Listen until each has heard of the end."""
    connected = asyncio.Barrier(count + 1)
    tasks = [
        asyncio.create_task(listen(addresses[number % len(addresses)], token, connected)) for number in range(count)
    ]
    await connected.wait()
    print('ready', flush=True)
    heard = await asyncio.gather(*tasks)
    seconds = [one for times in heard for one in times]
    p50, p99 = (percentile(seconds, share) for share in (0.5, 0.99))
    fewest, most = (choose(map(len, heard)) for choose in (min, max))
    return {'count': len(seconds), 'fewest': fewest, 'most': most, 'p50': p50, 'p99': p99, 'longest': max(seconds)}


async def listen(address: str, token: str, connected: asyncio.Barrier) -> list[float]:
    """The seconds that each message took."""
    headers = {'Authorization': f'Bearer {token}'}
    heard = list[float]()
    async with connect(address, additional_headers=headers, compression=None, max_size=None) as socket:
        await socket.recv(decode=False)
        await connected.wait()
        while True:
            message = await socket.recv(decode=False)
            assert isinstance(message, bytes)
            sent = message.partition(MARK)[2].partition(b'"')[0]
            if sent.startswith(b'end'):
                return heard
            heard.append(time.monotonic() - float(sent))


if __name__ == '__main__':
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))))
