"""A program of its own that creates customers until the connection breaks, and writes down what was acknowledged.

Usage: python -m tests.load_client ADDRESS TOKEN FILE CONNECTIONS. Prints how many requests had no answer.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from pathlib import Path
from typing import TextIO

import httpx


async def main(address: str, token: str, acknowledged: Path, connections: int) -> int:
    """Load the system with `connections` at once; returns how many were cut off while waiting for an answer."""
    headers = {'Authorization': f'Bearer {token}'}
    with acknowledged.open('a') as file:
        async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as client:
            cut_off = await asyncio.gather(*(create_until_cut_off(client, address, file) for _ in range(connections)))
    return sum(cut_off)


async def create_until_cut_off(client: httpx.AsyncClient, address: str, file: TextIO) -> int:
    """One customer after the other; 1 if the request was on its way when the connection broke, else 0."""
    while True:
        name = uuid.uuid4().hex
        try:
            answer = await client.post(address, json={'name': name, 'email': f'{name}@example.com'})
        except httpx.ConnectError:
            return 0
        except httpx.TransportError:
            return 1
        if answer.status_code != 201:
            raise SystemExit(f'{answer.status_code}: {answer.text}')
        file.write(answer.json()['id'] + '\n')
        file.flush()


if __name__ == '__main__':
    print(asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
