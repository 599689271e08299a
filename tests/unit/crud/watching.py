"""Short words for what tests ask of views that are followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from app import codec
from app.permissions import Principal
from tests.unit.crud.shop import ADMIN, Shop


async def heard(watching: AsyncIterator[bytes], until: str) -> list[dict[str, Any]]:
    """The messages up to the one about the record `until`."""
    messages = []
    async with aclosing(watching) as stream:  # type: ignore[type-var]
        async for message in stream:
            messages.append(codec.decode(message))
            if messages[-1].get('id') == until and messages[-1]['type'] != 'leave':
                return messages
    raise AssertionError('the stream has ended')


def watch(shop: Shop, text: str = '', after: int | None = None, by: Principal = ADMIN) -> AsyncIterator[bytes]:
    """What somebody is told who follows customers."""
    return shop.data.watching.watch('customers', text, after, by)


def poll(shop: Shop, text: str, after: int | None, seconds: float = 0, by: Principal = ADMIN) -> dict[str, Any]:
    """What one is answered who asks for the changes of a view of customers."""
    answer = shop.run(shop.data.watching.poll('customers', text, after, seconds, by))
    return codec.decode(codec.encode(answer))  # type: ignore[no-any-return]
