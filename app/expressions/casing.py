"""Text as DuckDB treats it: one character becomes one character, whatever its neighbours."""

from __future__ import annotations

import re

ALONE = str.maketrans({'İ': 'i', 'Σ': 'σ'})
"""The only letters that Python makes two small ones of, or another one at the end of a word."""
UPPER = {'ß': 'ẞ'}


def lower(text: str) -> str:
    """Small letters."""
    return text.lower() if text.isascii() else text.translate(ALONE).lower()


def upper(text: str) -> str:
    """Capital letters."""
    return text.upper() if text.isascii() else ''.join(map(_capital, text))


def trim(text: str) -> str:
    """Without the spaces at both ends; a tab or a line end is no space."""
    return text.strip(SPACES)


def like(text: str, pattern: str) -> bool:
    """Whether it matches, where `%` stands for any characters and `_` for one; takes no longer for odd patterns."""
    first, *others = (_segment(part) for part in pattern.split('%'))
    if not others:
        return first.fullmatch(text) is not None
    found = first.match(text)
    for segment in others[:-1]:
        found = found and segment.search(text, found.end())
    tail = len(text) - len(pattern.rpartition('%')[2])
    return found is not None and tail >= found.end() and others[-1].fullmatch(text, tail) is not None


SPACES = ' \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000'


def _segment(part: str) -> re.Pattern[str]:
    return re.compile('(?s:.)'.join(re.escape(piece) for piece in part.split('_')))


def _capital(one: str) -> str:
    if one in UPPER:
        return UPPER[one]
    return next((form for form in (one.upper(), one.title()) if len(form) == 1), one)
