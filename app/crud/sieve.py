"""Where a word cannot be, so that few texts are looked at: which three bytes stand anywhere in a group of records."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence

GROUP = 32
"""Records of a group."""
GROUPS = 32
"""Groups, each of them a bit."""
KINDS = 4096
"""Kinds of three bytes; some share one, which only means that a text is looked at in vain."""
EVERYWHERE = (1 << GROUPS) - 1


class Sieve:
    """Kinds of three bytes -> the groups that have some; never forgets, so a text may change."""

    def __init__(self) -> None:
        self._groups = array('I', bytes(4 * KINDS))

    def add(self, number: int, text: bytes) -> None:
        """A record has this text, beside any that it had before."""
        group = 1 << number // GROUP
        for kind in kinds(text):
            self._groups[kind] |= group

    def records(self, sought: Iterable[int], end: int) -> Iterator[tuple[int, int]]:
        """From which record up to which something of all these kinds may stand, the last first."""
        left = EVERYWHERE
        for kind in sought:
            left &= self._groups[kind]
        while left:
            group = left.bit_length() - 1
            left ^= 1 << group
            if group * GROUP < end:
                yield group * GROUP, min(group * GROUP + GROUP, end)


def kinds(text: bytes) -> Sequence[int]:
    """What three bytes there are in a text; numbers hash alike in every process."""
    return [hash(three) % KINDS for three in set(zip(text, text[1:], text[2:], strict=False))]
