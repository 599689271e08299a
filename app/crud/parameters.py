"""Parameters of an address: those that mean nothing are refused, since the answer would be to another question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.errors import Malformed
from app.spelling import did_you_mean

LONGEST = 60


def only_known(given: Iterable[str], known: Sequence[str]) -> None:
    """Raise `Malformed` for the first that is not among those that are known."""
    for name in given:
        if name not in known:
            raise unknown(name, known)


def unknown(name: str, known: Sequence[str]) -> Malformed:
    """The refusal of a parameter, with what may have been meant."""
    if not known:
        return Malformed(f'There is no parameter {name[:LONGEST]!r} here; the body says what is to be done.')
    meant = did_you_mean(name[:LONGEST].partition('[')[0], known)
    return Malformed(f'There is no parameter {name[:LONGEST]!r}{meant or "."} Known are {", ".join(known)}.')


def only_once(names: Iterable[str]) -> None:
    """Raise `Malformed` for the first that stands twice: one of them would be ignored."""
    seen = set[str]()
    for name in names:
        if name in seen:
            raise Malformed(f'{name}: stands twice in the address.')
        seen.add(name)


def not_empty(name: str, text: str) -> str:
    """The text of a parameter that says nothing where it is empty, as of a variable that was never set."""
    if not text:
        raise Malformed(f'{name}: is empty; leave it out, or give it a value.')
    return text


def whole_number(name: str, text: str, highest: int) -> int:
    """A number from 0 to `highest`; fewer records than were asked for would look like all there are."""
    if not (text.isascii() and text.isdigit()) or len(text) > 15 or int(text) > highest:
        raise Malformed(f'{name}: must be a whole number from 0 to {highest:,}, not {text[:40]!r}.')
    return int(text)
