"""What stood in the rows before, to find what stands in a file twice."""

from __future__ import annotations

from array import array
from bisect import bisect_left

MASK = 2**64 - 1


class Seen:
    """Keys and unique values by row. Those of parts that are done take sixteen bytes each: they are kept as hashes."""

    def __init__(self) -> None:
        self._now: dict[str, dict[str, int]] = {}
        self._before: list[tuple[array[int], array[int]]] = []

    def first(self, scope: str, key: str, row: int) -> int:
        """The row in which this stood first; `row` itself where it is new."""
        first = self._now.setdefault(scope, {}).setdefault(key, row)
        return (self._earlier(scope, key) or row) if first == row else first

    def has(self, scope: str, key: str) -> bool:
        """Whether this stood in any row."""
        return key in self._now.get(scope, ()) or bool(self._earlier(scope, key))

    def keep(self) -> None:
        """The part that is read is done."""
        pairs = sorted((_hash(scope, key), row) for scope, rows in self._now.items() for key, row in rows.items())
        if pairs:
            self._before.append((array('Q', [one for one, _ in pairs]), array('Q', [row for _, row in pairs])))
        self._now = {}

    def forget(self) -> None:
        """The part that is read is read again."""
        self._now = {}

    def _earlier(self, scope: str, key: str) -> int:
        if self._before:
            wanted = _hash(scope, key)
            for hashes, rows in self._before:
                place = bisect_left(hashes, wanted)
                if place < len(hashes) and hashes[place] == wanted:
                    return rows[place]
        return 0


def _hash(scope: str, key: str) -> int:
    return hash((scope, key)) & MASK
