"""Any schema, any records, any filter, order and page, now and in the past: as plain lists and dictionaries answer."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.crud.operations import Operation, perform
from tests.rounds import rounds
from tests.unit.crud.shop import ADMIN, OPEN, Shop, author

Values = dict[str, Any]
Truth = bool | None
"""As in SQL: `None` where it depends on a value that is missing."""
Holds = Callable[[Values], Truth]
Asked = tuple[tuple[str, str], Holds]
NUMBERS = itertools.count()
SIGNS = ['=', '<>', '<', '<=', '>', '>=']
FUNCTIONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
COMPARE: dict[str, Callable[[Any, Any], bool]] = dict(zip(SIGNS, FUNCTIONS, strict=True))
OPERATORS = {'eq': '=', 'lt': '<', 'lte': '<=', 'gt': '>', 'gte': '>='}


class Kind(NamedTuple):
    """A type of field: how it is declared, values as they are stored, and how an expression spells one."""

    declared: str
    values: st.SearchStrategy[Any]
    literal: Callable[[Any], str]
    compared: Callable[[Any], Any] = lambda value: value

    def near(self, values: Iterable[Any]) -> Kind:
        """The same, mostly with one of these values."""
        there = [value for value in values if value is not None]
        return self._replace(values=st.sampled_from(there) | self.values) if there else self


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def decimal(scale: int) -> Kind:
    most = 10 ** (18 - scale)
    values = st.decimals(-most + 1, most - 1, places=scale, allow_nan=False).map(lambda number: f'{number + 0:f}')
    return Kind(f'{{type: decimal, precision: 18, scale: {scale}}}', values, str, Decimal)


WORDS = st.text('aAbéßİΣ漢😀 %_\'"\\;()[]{}-', min_size=1, max_size=3)
DATES = st.sampled_from(['0001-01-01', '2024-02-29', '9999-12-31']) | st.dates().map(str)
MOMENTS = st.datetimes().map(lambda moment: f'{moment.isoformat(timespec="microseconds")}Z')
KINDS = st.one_of(
    st.just(Kind('string', WORDS, quoted)),
    st.just(Kind('text', WORDS, quoted)),
    st.just(Kind('integer', st.sampled_from([-(2**63) + 1, 2**63 - 1]) | st.integers(-3, 3), str)),
    st.just(Kind('boolean', st.booleans(), lambda value: str(value).lower())),
    st.just(Kind('date', DATES, quoted)),
    st.just(Kind('timestamp', MOMENTS, quoted)),
    st.integers(0, 6).map(decimal),
)
SCHEMAS = st.lists(KINDS, min_size=1, max_size=5).map(lambda kinds: {f'f{n}': kind for n, kind in enumerate(kinds)})
Schema = dict[str, Kind]


@pytest.fixture(scope='module')
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp('models'), {})
    yield shop
    shop.close()


def values_of(schema: Schema) -> st.SearchStrategy[Values]:
    return st.fixed_dictionaries({name: st.none() | kind.values for name, kind in schema.items()})


def conditions(schema: Schema) -> st.SearchStrategy[Asked]:
    """Filters by expressions, and what they mean."""

    def comparison(name: str, word: str, wanted: Any) -> tuple[str, Holds]:
        kind = schema[name]

        def holds(values: Values) -> Truth:
            value = values[name]
            return None if value is None else COMPARE[word](kind.compared(value), kind.compared(wanted))

        return f'{name} {word} {kind.literal(wanted)}', holds

    def one(name: str) -> st.SearchStrategy[tuple[str, Holds]]:
        missing: tuple[str, Holds] = f'{name} IS NULL', lambda values: values[name] is None
        return st.builds(comparison, st.just(name), st.sampled_from(SIGNS), schema[name].values) | st.just(missing)

    return st.recursive(
        st.sampled_from(list(schema)).flatmap(one),
        lambda parts: st.builds(both, st.sampled_from(['AND', 'OR']), parts, parts) | parts.map(negated),
        max_leaves=4,
    ).map(lambda said: (('filter', said[0]), said[1]))


def both(word: str, one: tuple[str, Holds], two: tuple[str, Holds]) -> tuple[str, Holds]:
    decisive = word == 'OR'

    def holds(values: Values) -> Truth:
        truths = {one[1](values), two[1](values)}
        return decisive if decisive in truths else None if None in truths else not decisive

    return f'({one[0]} {word} {two[0]})', holds


def negated(one: tuple[str, Holds]) -> tuple[str, Holds]:
    def holds(values: Values) -> Truth:
        truth = one[1](values)
        return None if truth is None else not truth

    return f'(NOT {one[0]})', holds


def parameters(schema: Schema) -> st.SearchStrategy[Asked]:
    """What stands in an address as `field[operator]=value`, and what it means."""

    def comparison(name: str, word: str, wanted: Any) -> Asked:
        kind, known = schema[name], wanted if isinstance(wanted, str) else str(wanted).lower()

        def holds(values: Values) -> Truth:
            value = None if values[name] is None else kind.compared(values[name])
            if word == 'ne':
                return bool(value != kind.compared(wanted))
            return value is not None and COMPARE[OPERATORS[word]](value, kind.compared(wanted))

        return (f'{name}[{word}]', known), holds

    def one(name: str) -> st.SearchStrategy[Asked]:
        words = ['eq'] if schema[name].declared == 'boolean' else ['ne', *OPERATORS]
        return st.builds(comparison, st.just(name), st.sampled_from(words), schema[name].values)

    return st.sampled_from(list(schema)).flatmap(one)


class Model:
    """The records as a dictionary, in the order of their creation, and as they were at each position."""

    def __init__(self, shop: Shop, schema: Schema) -> None:
        self.shop, self.schema, self.entity = shop, schema, f'model{next(NUMBERS)}'
        fields = ', '.join(['id: primary_key', *(f'{name}: {kind.declared}' for name, kind in schema.items())])
        shop.configure({'entities/model.yaml': f'resource: {self.entity}\nfields: {{{fields}}}\n{OPEN}'})
        self.records: dict[str, Values] = {}
        self.past = {shop.log.position: self.records}

    def edit(self, verb: str, record_id: str, values: Values) -> Operation | None:
        """Do it here, and say how it is asked for; nothing where it is not possible."""
        if (verb == 'create') == (record_id in self.records):
            return None
        before = self.records.get(record_id, {})
        rest = {name: record for name, record in self.records.items() if name != record_id}
        if verb == 'update':
            self.records = {name: before | values if name == record_id else one for name, one in self.records.items()}
        else:
            self.records = rest | ({record_id: values} if verb == 'create' else {})
        named = {'id': record_id} if verb == 'create' else {}
        return Operation(verb, self.entity, '' if named else record_id, {} if verb == 'delete' else values | named)

    def batch(self, edits: list[tuple[str, str, Values]]) -> None:
        """Each record once; all in one append."""
        once = {record_id: edit for edit in edits for record_id in [edit[1]]}.values()
        operations = [operation for edit in once if (operation := self.edit(*edit))]
        self.shop.run(perform(self.shop.data.records, operations, author(ADMIN)))
        self.past[self.shop.log.position] = self.records

    def ids(self, records: dict[str, Values], holds: list[Holds], sorts: list[str]) -> list[str]:
        """Those for which all holds, in this order: missing values last, ties by creation."""
        there = [record_id for record_id, values in records.items() if all(one(values) is True for one in holds)]
        backwards = sorts[-1:] and sorts[-1].startswith('-')

        def compare(one: str, two: str) -> int:
            for part in sorts:
                name = part.removeprefix('-')
                a, b = records[one][name], records[two][name]
                if a is None or b is None:
                    order = (a is None) - (b is None)
                else:
                    a, b = self.schema[name].compared(a), self.schema[name].compared(b)
                    order = ((a > b) - (a < b)) * (-1 if part.startswith('-') else 1)
                if order:
                    return order
            return 0

        return sorted(reversed(there) if backwards else there, key=cmp_to_key(compare))


def read(model: Model, query: list[tuple[str, str]], limit: int) -> Iterator[list[str]]:
    """All pages, first by cursor, then by offset, as one list each; every page tells the same total."""
    for by in ('cursor', 'offset'):
        found, place = list[str](), ''
        while True:
            asked = [*query, ('limit', str(limit)), *([(by, place)] if place else [])]
            page = model.shop.run(model.shop.page_of(model.entity, asked))
            found += [record.id for record in page.records]
            if not page.next:
                break
            assert len(page.records) == limit
            place = page.next if by == 'cursor' else str(len(found))
        assert page.total == len(found)
        yield found


@settings(deadline=None, max_examples=rounds(30))
@given(st.data(), SCHEMAS)
def test_lists_agree_with_a_model(models: Shop, data: st.DataObject, schema: Schema) -> None:
    check(models, data, schema)


@pytest.mark.long
@settings(deadline=None, max_examples=500)
@given(st.data(), SCHEMAS)
def test_lists_agree_with_a_model_many_times(models: Shop, data: st.DataObject, schema: Schema) -> None:
    check(models, data, schema)


def check(models: Shop, data: st.DataObject, schema: Schema) -> None:
    model = Model(models, schema)
    edit = st.tuples(st.sampled_from(['create', 'update', 'delete']), st.sampled_from('abcdefgh'), values_of(schema))
    for edits in data.draw(st.lists(st.lists(edit, min_size=3, max_size=8), min_size=2, max_size=4), 'edits'):
        model.batch(edits)
    position = data.draw(st.sampled_from(list(model.past)), 'position')
    names = st.sampled_from(list(schema)).flatmap(lambda name: st.sampled_from([name, f'-{name}']))
    sorts = data.draw(st.lists(names, min_size=1, max_size=3, unique_by=lambda part: part.strip('-')), 'sorts')
    sought = {name: kind.near(values[name] for values in model.records.values()) for name, kind in schema.items()}
    asked = data.draw(st.lists(conditions(sought) | parameters(sought), min_size=1, max_size=4), 'asked')
    limit = data.draw(st.integers(1, 4), 'limit')
    for alone, one in asked:
        found = models.run(models.page_of(model.entity, [alone, ('sort', '_created')]))
        assert [record.id for record in found.records] == model.ids(model.records, [one], [])
    query, holds = [('sort', ','.join(sorts)), *(part for part, _ in asked[:2])], [one for _, one in asked[:2]]
    assert list(read(model, query, limit)) == [model.ids(model.records, holds, sorts)] * 2
    past = [*query, ('as_of', str(position))]
    assert list(read(model, past, limit)) == [model.ids(model.past[position], holds, sorts)] * 2
    shown = models.page(model.entity, 'limit=500').records
    assert {record.id: record.values for record in shown} == model.records
