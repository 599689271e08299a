"""What SQL has and the language has not, in words; the names that sqlglot has for it tell nobody anything."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

PIECES: tuple[tuple[tuple[type[exp.Expression], ...], str], ...] = (
    ((exp.Block,), 'a second expression after a semicolon'),
    ((exp.Subquery, exp.Select, exp.SetOperation, exp.Exists), 'a subquery'),
    ((exp.Any, exp.All), 'ANY or ALL'),
    ((exp.Star,), 'a star'),
    ((exp.Window, exp.Filter), 'a window or filter of a sum'),
    ((exp.Interval,), 'an INTERVAL that is not added to a moment'),
    ((exp.Placeholder,), 'a placeholder'),
    ((exp.Tuple,), 'a list outside IN'),
    ((exp.Array, exp.Struct, exp.Bracket), 'a value in square or curly brackets'),
    ((exp.Alias,), 'another name for a value'),
    ((exp.Mod, exp.IntDiv), 'a division with remainder'),
    ((exp.RegexpLike, exp.SimilarTo, exp.Glob), 'a pattern other than LIKE and ILIKE'),
    ((exp.CurrentDate, exp.CurrentTimestamp), 'the present other than @today and @now'),
)


def reason(tree: object, functions: Iterable[str]) -> str:
    """Why this piece is refused."""
    words = next((words for kinds, words in PIECES if isinstance(tree, kinds)), 'this')
    called = words == 'this' and isinstance(tree, exp.Func) and not isinstance(tree, exp.Binary)
    known = f'; functions are {", ".join(functions)}' if called else ''
    return f'{words} is not part of the language{known}'
