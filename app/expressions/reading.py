"""From text to nodes: what sqlglot reads is checked piece by piece, and whatever is not listed here is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, NoReturn

import sqlglot
from sqlglot import exp

from app.errors import Malformed
from app.expressions import arithmetic, logic
from app.expressions.functions import FUNCTIONS
from app.expressions.grammar import READERS
from app.expressions.kinds import BOOLEAN, DATE, NULL, TEXT, WHOLE, Kind, common
from app.expressions.literals import AT_WORDS, SPANS, as_kind, word
from app.expressions.node import Node, Path, converted, field
from app.expressions.scope import Named, Scope
from app.expressions.unsupported import reason
from app.spelling import did_you_mean

LONGEST, DEEPEST = 4000, 60
AT = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|@(?=[A-Za-z])""")
SIGNS: Mapping[type[exp.Expression], str] = {exp.Add: '+', exp.Sub: '-', exp.Mul: '*', exp.Div: '/'}
COMPARISONS: Mapping[type[exp.Expression], str] = {
    exp.EQ: '=', exp.NEQ: '<>', exp.LT: '<', exp.LTE: '<=', exp.GT: '>', exp.GTE: '>=',
    exp.NullSafeEQ: 'IS NOT DISTINCT FROM', exp.NullSafeNEQ: 'IS DISTINCT FROM',
}  # fmt: skip
NAMES: Mapping[type[exp.Expression], str] = {
    exp.Lower: 'lower', exp.Upper: 'upper', exp.Trim: 'trim', exp.Length: 'length', exp.Contains: 'contains',
    exp.StartsWith: 'starts_with', exp.EndsWith: 'ends_with', exp.Year: 'year', exp.Month: 'month', exp.Day: 'day',
    exp.Date: 'date',
}  # fmt: skip

EMPTY = {'text': TEXT, 'number': WHOLE, 'date': DATE, 'boolean': BOOLEAN}
"""What NULL counts as, where any kind of these may stand."""
KNOWN = sorted([*FUNCTIONS, 'abs', 'coalesce', 'if', 'round'])


class Reading:
    """One text; `paths`, `names` and `related` say afterwards what it looks at."""

    def __init__(self, text: str, scope: Scope, place: str) -> None:
        self.paths: set[Path] = set()
        self.names: set[str] = set()
        self.related: set[tuple[Path, str]] = set()
        self._text = text
        self._scope = scope
        self._place = place
        self.start = 0

    def read(self, wants: Kind | None) -> Node:
        """The whole of it."""
        if len(self._text) > LONGEST:
            self.refuse(f'the expression has more than {LONGEST:,} characters', LONGEST)
        try:
            tree = sqlglot.parse_one(AT.sub(_without_at, self._text), dialect='duckdb')
        except sqlglot.errors.ParseError as error:
            found = error.errors[0] if error.errors else {}
            self.refuse('this is not an expression', max(0, int(found.get('col') or 1) - 1))
        except (sqlglot.errors.SqlglotError, RecursionError, ValueError):
            self.refuse('this is not an expression', 0)
        if any(depth > DEEPEST for depth in _depths(tree)):
            self.refuse('the expression is nested too deeply', 0)
        node = self.node(tree)
        if wants and node.kind is NULL:
            return converted(node, wants)
        if wants:
            return as_kind(node, wants) or self.refuse(f'must be {a(wants)}, not {a(node.kind)}', node.start)
        return node

    def refuse(self, reason: str, start: int) -> NoReturn:
        """Say what is wrong with which character, counted from 1."""
        shown = self._text[start : start + 30]
        raise Malformed(
            f'{self._place}: {reason}, at character {start + 1}{f": {shown!r}" if shown else ""}.', character=start + 1
        )

    def node(self, tree: Any) -> Node:
        """One piece of it."""
        self.start = _start_of(tree, self.start)
        read = READERS.get(type(tree))
        if read:
            return read(self, tree)
        for table, build in ((SIGNS, self._calculate), (COMPARISONS, self._compare), (NAMES, self.call)):
            if type(tree) in table:
                return build(tree, table[type(tree)])
        return self.refuse(reason(tree, KNOWN), self.start)

    def nodes(self, *trees: Any) -> list[Node]:
        """Several pieces, in order."""
        return [self.node(tree) for tree in trees]

    def alike(self, nodes: list[Node]) -> list[Node]:
        """The same values as one kind, so that they can be compared or stand for each other."""
        spelled = [node for node in nodes if node.kind is TEXT and isinstance(node.literal, str)]
        wanted = common([node.kind for node in nodes if node not in spelled])
        if wanted and spelled and wanted.name not in {'text', 'null'}:
            nodes = [
                as_kind(node, wanted) or self.refuse(f'this is not {a(wanted)}', node.start)
                if node in spelled
                else node
                for node in nodes
            ]
        kind = common([node.kind for node in nodes])
        if kind is None and len(nodes) == 1:
            self.refuse(f'{a(nodes[0].kind)} cannot be compared', nodes[0].start)
        if kind is None:
            one, other = next(two for two in combinations(nodes, 2) if common([two[0].kind, two[1].kind]) is None)
            self.refuse(f'{a(one.kind)} and {a(other.kind)} cannot be compared', other.start)
        return [converted(node, kind) for node in nodes]

    def boolean(self, tree: Any) -> Node:
        """A piece that must be true or false."""
        node = self.node(tree)
        if node.kind.name not in {'boolean', 'null'}:
            self.refuse(f'must be true or false, not {a(node.kind)}', node.start)
        return converted(node, BOOLEAN)

    def column(self, tree: exp.Column) -> Node:
        """A field, one of a record that a foreign key leads to, or a word such as `@now`."""
        parts = [part.name for part in tree.parts]
        if known := word(parts, self.start):
            return known
        if self._text[self.start : self.start + 1] == '@':
            self.refuse(f'there is no such word; known are {", ".join(AT_WORDS)}', self.start)
        if len(parts) == 1:
            named = self._named(self._scope.fields, parts[0])
            self.names.add(named.name)
            return field(named.name, named.column, named.kind, self.start)
        return self._related(parts)

    def _related(self, parts: list[str]) -> Node:
        fields, path, steps = self._scope.fields, list[str](), list[Named]()
        for part in parts[:-1]:
            named = self._named(fields, part if part in fields else f'{part}_id')
            if not named.target:
                self.refuse(f'{named.name} leads to no other record', self.start)
            if not steps:
                self.names.add(named.name)
            fields = self._scope.others(named.target)
            steps.append(named)
            path.append(named.name)
            self.paths.add(tuple(path))
        named = self._named(fields, parts[-1])
        self.related.add((tuple(path), named.name))
        return logic.related(steps, named, tuple(path), self.start)

    def _named(self, fields: Mapping[str, Named], name: str) -> Named:
        if name not in fields:
            meant = did_you_mean(name.removesuffix('_id'), fields)
            self.refuse(f'there is no field {name!r}{meant}', self.start)
        return fields[name]

    def _calculate(self, tree: Any, sign: str) -> Node:
        if isinstance(tree.expression, exp.Interval):
            moment, amount = self.node(tree.this), self._span(tree.expression)
            if sign in '*/' or moment.kind.name not in {'date', 'timestamp'}:
                self.refuse('a span of time can be added to a moment only', self.start)
            if moment.kind is DATE and amount % 86_400_000_000:
                self.refuse('a date can be moved by whole days only', self.start)
            return arithmetic.moved(sign, moment, amount)
        left, right = (
            converted(node, WHOLE) if node.kind is NULL else node for node in self.nodes(tree.this, tree.expression)
        )
        if sign == '-' and left.kind is DATE and right.kind is DATE:
            return arithmetic.days_between(left, right)
        for part in (left, right):
            if part.kind.name not in {'number', 'real'}:
                self.refuse(f'{a(part.kind)} cannot be calculated with', part.start)
        node = arithmetic.calculated(sign, left, right)
        return node or self.refuse('the result would need more than 18 digits after the point', left.start)

    def _span(self, tree: exp.Interval) -> int:
        amount, unit = str(tree.this.name if tree.this else ''), str(tree.unit or '').upper().removesuffix('S')
        if not re.fullmatch(r'\d{1,6}', amount) or unit not in SPANS:
            self.refuse(f'INTERVAL takes a whole number of {", ".join(SPANS)}', _start_of(tree, self.start))
        return int(amount) * SPANS[unit]

    def _compare(self, tree: Any, sign: str) -> Node:
        left, right = self.alike(self.nodes(tree.this, tree.expression))
        return logic.compared(sign, left, right)

    def call(self, tree: Any, name: str) -> Node:
        """A function."""
        start = self.start
        if name not in FUNCTIONS:
            self.refuse(f'there is no function {name!r}; known are {", ".join(KNOWN)}', start)
        wanted, build = FUNCTIONS[name]
        given = (
            list(tree.expressions)
            if isinstance(tree, exp.Anonymous)
            else [tree.args[key] for key in ('this', 'expression') if tree.args.get(key) is not None]
        )
        extra = set(tree.args) - {'this', 'expression', 'expressions'}
        if len(given) != len(wanted) or any(tree.args[key] not in (None, False, []) for key in extra):
            self.refuse(f'{name} takes {len(wanted)} arguments', start)
        parts = self.nodes(*given)
        for place, (part, kinds) in enumerate(zip(parts, wanted, strict=True)):
            if part.kind is NULL:
                parts[place] = converted(part, EMPTY[min(kinds)])
            elif part.kind.name not in kinds:
                self.refuse(f'{name} takes {" or ".join(sorted(kinds))} here, not {a(part.kind)}', part.start)
        return build(parts, start)


def a(kind: Kind) -> str:
    """The kind in words."""
    return {'real': 'a number', 'null': 'nothing', 'words': 'a list', 'opaque': 'a JSON value'}.get(
        kind.name, f'a {kind.name}'
    )


def _without_at(match: re.Match[str]) -> str:
    return '_' if match[0] == '@' else match[0]


def _start_of(tree: Any, otherwise: int) -> int:
    """The character where a piece begins; sqlglot notes it for names, texts and numbers."""
    starts = [node.meta['start'] for node in tree.walk() if 'start' in node.meta]
    return min(starts, default=otherwise)


def _depths(tree: Any, depth: int = 0) -> Iterator[int]:
    waiting = [(tree, depth)]
    while waiting:
        node, depth = waiting.pop()
        yield depth
        waiting += [(child, depth + 1) for child in node.iter_expressions()]
