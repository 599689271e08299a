"""Ids: for new records UUIDv7, which sort by the time they were made; and how those of all records are addressed."""

import re
import time
from urllib.parse import quote, unquote

from app.errors import NotFound
from app.fresh import VARIANT, fresh_hex

PLAIN = re.compile(r'[A-Za-z0-9._~\-]*')
"""What nothing is encoded in."""


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random ones."""
    moment, digits = f'{time.time_ns() // 1_000_000:012x}', fresh_hex()
    variant = VARIANT[int(digits[3], 16) % 4]
    return f'{moment[:8]}-{moment[8:]}-7{digits[:3]}-{variant}{digits[4:7]}-{digits[7:19]}'


def encode_part(text: str) -> str:
    """A key part as it stands in an address."""
    return quote(text, safe='').replace('~', '%7E')


def canonical_id(segment: str) -> str:
    """The id that a segment of an address means, however its characters were encoded."""
    if PLAIN.fullmatch(segment):
        return segment
    try:
        parts = [unquote(part, errors='strict') for part in segment.split('~')]
    except UnicodeDecodeError:
        raise NotFound(f'{segment!r} is not an id.') from None
    return '~'.join(encode_part(part) for part in parts)
