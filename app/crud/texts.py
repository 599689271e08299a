"""Texts of many records beside each other, so that one look goes over all of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from app.crud.sieve import GROUP, GROUPS, Sieve, kinds

FULL = GROUP * GROUPS
"""Records of a part."""


class Entry(NamedTuple):
    """What is known of a record: where in the log it was created, its id, its version, and what is searched of it."""

    position: int
    id: str
    version: int
    text: str


class Words:
    """What is searched for."""

    def __init__(self, words: Sequence[str]) -> None:
        """Of small letters; there is at least one."""
        self.longest, *self.others = sorted((word.encode() for word in words), key=len, reverse=True)
        self.kinds = [kind for word in (self.longest, *self.others) for kind in kinds(word)]


class Texts:
    """Short texts as one."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.bounds = array('I', [0])
        """Where each begins, which is where the one before ends."""

    def append(self, texts: Sequence[bytes]) -> None:
        """Add some at the end."""
        self.content += b''.join(texts)
        self.bounds += array('I', accumulate(map(len, texts), initial=self.bounds.pop()))

    def replace(self, number: int, text: bytes) -> None:
        """Put another in its place."""
        start, end = self.bounds[number : number + 2]
        self.content[start:end] = text
        if longer := len(text) - (end - start):
            later = (known + longer for known in self.bounds[number + 1 :])
            self.bounds[number + 1 :] = array('I', later)

    def at(self, number: int) -> str:
        """One of them."""
        return self.content[self.bounds[number] : self.bounds[number + 1]].decode()


class Part:
    """Some hundred records that were created one after the other."""

    def __init__(self) -> None:
        self.positions = array('q')
        self.versions = array('i')
        self.ids = Texts()
        self.texts = Texts()
        self._sieve = Sieve()

    def append(self, entries: Sequence[Entry]) -> None:
        """Add records that were created after all others, in order."""
        while entries:
            room = GROUP - len(self.positions) % GROUP
            self._append(entries[:room])
            entries = entries[room:]

    def rewrite(self, entry: Entry) -> bool:
        """Take over what a record has become; false if it was not created where it is said to be."""
        number = bisect_left(self.positions, entry.position)
        if self.positions[number : number + 1] != array('q', [entry.position]):
            return False
        text = entry.text.encode()
        self._sieve.add(number, text)
        self.versions[number] = entry.version
        self.texts.replace(number, text)
        return True

    def before(self, position: int | None) -> int:
        """How many of the records were created before a position; all if there is none."""
        return len(self.positions) if position is None else bisect_left(self.positions, position)

    def matching(self, words: Words, end: int) -> Iterator[int]:
        """The numbers of those before `end` that hold all words, the newest first."""
        content, bounds, longest, others = self.texts.content, self.texts.bounds, words.longest, words.others
        for begin, stop in self._sieve.records(words.kinds, end):
            lowest, place = bounds[begin], bounds[stop]
            while (place := content.rfind(longest, lowest, place)) >= 0:
                number = bisect_right(bounds, place, begin, stop) - 1
                place = bounds[number]
                if not others or all(content.find(word, place, bounds[number + 1]) >= 0 for word in others):
                    yield number

    def _append(self, entries: Iterable[Entry]) -> None:
        """Those of one group at once: what three bytes they have is found out in a tenth of the time."""
        begin, number = self.texts.bounds[-1], len(self.positions)
        positions, ids, versions, texts = zip(*entries, strict=True)
        self.positions += array('q', positions)
        self.versions += array('i', versions)
        self.ids.append([one.encode() for one in ids])
        self.texts.append([text.encode() for text in texts])
        self._sieve.add(number, bytes(self.texts.content[begin:]))
