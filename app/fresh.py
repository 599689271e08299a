"""Random ids that are cheap to make: the system is asked for randomness once for many of them.

Each such call lets other threads run, and getting the interpreter back may take longer than all the rest of a request.
"""

from __future__ import annotations

import os

AT_ONCE = 256
VARIANT = '89ab'
_waiting: list[bytes] = []


def fresh_uuid() -> str:
    """A new UUID of version 4."""
    digits = _sixteen_bytes().hex()
    variant = VARIANT[int(digits[16], 16) % 4]
    return f'{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}'


def fresh_hex() -> str:
    """32 new random hexadecimal digits."""
    return _sixteen_bytes().hex()


def _sixteen_bytes() -> bytes:
    try:
        return _waiting.pop()
    except IndexError:
        block = os.urandom(16 * AT_ONCE)
        _waiting.extend(block[start : start + 16] for start in range(16, len(block), 16))
        return block[:16]
