"""Ids for new records: UUIDv7, which sort by the time they were made."""

import time

from app.fresh import VARIANT, fresh_hex


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random ones."""
    moment, digits = f'{time.time_ns() // 1_000_000:012x}', fresh_hex()
    variant = VARIANT[int(digits[3], 16) % 4]
    return f'{moment[:8]}-{moment[8:]}-7{digits[:3]}-{variant}{digits[4:7]}-{digits[7:19]}'
