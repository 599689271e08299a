"""Ids made in bulk are as good as ids made one by one."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

from app.fresh import AT_ONCE, fresh_hex, fresh_uuid


def test_a_fresh_uuid_is_of_version_4() -> None:
    made = uuid.UUID(fresh_uuid())
    assert (made.version, made.variant) == (4, uuid.RFC_4122)


def test_no_two_ids_are_the_same_also_from_many_threads() -> None:
    count = 20 * AT_ONCE
    with ThreadPoolExecutor(4) as threads:
        uuids = set(threads.map(lambda _: fresh_uuid(), range(count)))
        others = set(threads.map(lambda _: fresh_hex(), range(count)))
    assert (len(uuids), len(others)) == (count, count)
    assert {len(one) for one in others} == {32}
