"""Whatever an expression is, DuckDB and Python give the same value for the same record."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.errors import Malformed
from app.expressions import Named, Row, Scope, Source, User, kind_of_column, parse_expression
from app.expressions.kinds import EPOCH, microseconds, microseconds_of_day
from app.expressions.node import EXACT
from tests.rounds import rounds

COLUMNS = {
    'name': 'VARCHAR', 'city': 'VARCHAR', 'limit_': 'DECIMAL(18,2)', 'huge': 'DECIMAL(38,4)', 'count_': 'BIGINT',
    'active': 'BOOLEAN', 'born': 'DATE', 'seen': 'TIMESTAMP', 'parent_id': 'VARCHAR',
    'opens': 'TIME', 'tags': 'VARCHAR[]',
}  # fmt: skip
FIELDS = {name: Named(name, name, kind_of_column(column)) for name, column in COLUMNS.items()}
FIELDS['parent_id'] = Named('parent_id', 'parent_id', FIELDS['name'].kind, 'people')
SCOPE = Scope(FIELDS, lambda entity: FIELDS)
USER, NOW = User('u1', 'Ann', ('sales', 'ä')), microseconds(datetime(2026, 5, 3, 10))
NAMES = st.one_of(st.none(), st.text(st.sampled_from('aAbßÄäéİΣσς %_\'"\\\n🤦ᾀZ'), max_size=5), st.text(max_size=4))
TEXTS = NAMES.map(lambda text: text.replace('\0', '') if text else text)


def decimals(precision: int, scale: int) -> st.SearchStrategy[str | None]:
    """Stored numbers of a column, with its extremes."""
    most = 10**precision - 1
    numbers = st.one_of(st.integers(-most, most), st.integers(-300, 300), st.sampled_from([most, -most, 0]))
    return st.none() | numbers.map(lambda unscaled: f'{Decimal(unscaled).scaleb(-scale, EXACT):.{scale}f}')


RECORDS = st.fixed_dictionaries(
    {
        'name': TEXTS,
        'city': TEXTS,
        'limit_': decimals(18, 2),
        'huge': decimals(38, 4),
        'count_': st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
        'active': st.none() | st.booleans(),
        'born': st.none() | st.dates(date(2, 1, 1), date(9998, 1, 1)).map(str),
        'seen': st.none() | st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)).map(lambda at: f'{at.isoformat()}Z'),
        'opens': st.none() | st.times().map(str) | st.sampled_from(['10:30:00', '00:00:00']),
        'tags': st.none() | st.lists(st.sampled_from(['a', 'b', "'", 'Ä']), max_size=2),
        'parent_id': st.none() | st.sampled_from(['there', 'gone']),
    }
)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def pairs(parts: st.SearchStrategy[str], pattern: str) -> st.SearchStrategy[str]:
    return st.tuples(parts, parts).map(lambda two: pattern.format(*two))


def one(parts: st.SearchStrategy[str], *patterns: str) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(patterns), parts).map(lambda two: two[0].format(two[1]))


def grown(depth: int) -> dict[str, st.SearchStrategy[str]]:
    """Expressions of each kind, up to so many levels."""
    spelled = TEXTS.filter(lambda text: text is not None).map(lambda text: quoted(text or ''))
    texts = st.sampled_from(['name', 'city', 'parent_id.name', '@user.name', '@user.id', 'NULL']) | spelled
    numbers = st.sampled_from(['limit_', 'huge', 'count_', 'parent_id.limit_', 'parent.count_', '0', '1.50', '-7'])
    dates = st.sampled_from(['born', '@today', "DATE '2024-02-29'", 'parent_id.born'])
    moments = st.sampled_from(['seen', '@now', "TIMESTAMP '2024-02-29T10:00:00+05:00'"])
    times = st.sampled_from(['opens', 'parent.opens', "coalesce(opens, '10:30')", "coalesce(opens, '23:59:59.000001')"])
    booleans = st.sampled_from(
        ['active', 'TRUE', 'false', 'parent_id.active', "'sales' IN @user.roles", "'a' IN tags", 'tags IS NULL']
    )
    kinds = {'text': texts, 'number': numbers, 'date': dates, 'moment': moments, 'boolean': booleans, 'time': times}
    for _ in range(depth):
        kinds = deeper(kinds)
    return kinds


def deeper(k: dict[str, st.SearchStrategy[str]]) -> dict[str, st.SearchStrategy[str]]:
    texts, numbers, dates, moments, booleans = k['text'], k['number'], k['date'], k['moment'], k['boolean']
    times = k['time']
    spans = st.sampled_from(['INTERVAL 3 DAYS', "INTERVAL '2 weeks'", 'INTERVAL 90 MINUTE'])
    comparison = st.sampled_from(
        ['({} = {})', '({} <> {})', '({} < {})', '({} >= {})', '({} IS DISTINCT FROM {})', '({} IN ({}, NULL))']
    )
    alike = st.one_of(*(st.tuples(comparison, kind, kind) for kind in k.values())).map(lambda c: c[0].format(*c[1:]))
    patterns = st.text(st.sampled_from('aÄ%_bß'), max_size=4).map(quoted)
    choice = 'CASE WHEN {} THEN {} ELSE {} END'
    chosen = {name: st.tuples(booleans, kind, kind).map(lambda c: choice.format(*c)) for name, kind in k.items()}
    return {
        'text': texts | chosen['text'] | one(texts, 'lower({})', 'upper({})', 'trim({})') | pairs(texts, '({} || {})')
        | one(dates, 'text({})') | pairs(texts, 'coalesce({}, {})'),
        'number': numbers | chosen['number'] | one(numbers, '(- {})', 'abs({})', 'round({}, 1)', 'round({})')
        | one(texts, 'length({})') | one(dates, 'year({})', 'month({})', 'day({})')
        | st.one_of(*(pairs(numbers, f'({{}} {sign} {{}})') for sign in '+-*/')) | pairs(dates, '({} - {})'),
        'time': times | chosen['time'],
        'date': dates | chosen['date'] | one(dates, '({} + INTERVAL 40 DAY)') | one(moments, 'date({})'),
        'moment': moments | chosen['moment'] | st.tuples(moments, spans).map(lambda two: f'({two[0]} - {two[1]})'),
        'boolean': booleans | alike | one(booleans, '(NOT {})', '({} IS NULL)', '({} IS TRUE)')
        | pairs(booleans, '({} AND {})') | pairs(booleans, '({} OR {})') | one(texts, '({} IS NOT NULL)')
        | pairs(texts, 'contains({}, {})') | pairs(texts, 'starts_with({}, {})') | pairs(texts, 'ends_with({}, {})')
        | st.tuples(texts, patterns).map(lambda two: f'({two[0]} LIKE {two[1]})')
        | st.tuples(texts, patterns).map(lambda two: f'({two[0]} ILIKE {two[1]})')
        | st.tuples(numbers, numbers, numbers).map(lambda three: '({} BETWEEN {} AND {})'.format(*three))
        | one(texts, '({} IN @user.roles)', '({} IN tags)', '({} IN (parent_id.tags))'),
    }  # fmt: skip


@pytest.fixture(scope='module')
def database() -> Any:
    connection = duckdb.connect()
    columns = ', '.join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    connection.execute(f'CREATE TABLE t ({columns}); CREATE TABLE people (id VARCHAR, {columns})')
    yield connection
    connection.close()


KINDS = grown(2)


@settings(max_examples=rounds(150), deadline=None)
@given(record=RECORDS, parent=RECORDS, text=st.one_of(*KINDS.values()))
@example(record={**dict.fromkeys(COLUMNS), 'name': 'İß'}, parent=dict.fromkeys(COLUMNS), text='lower(name)')
def test_both_ways_give_the_same_value(database: Any, record: Any, parent: Any, text: str) -> None:
    check(database, record, parent, text)


@pytest.mark.long
@settings(max_examples=10_000, deadline=None)
@given(record=RECORDS, parent=RECORDS, text=st.one_of(*grown(3).values()))
def test_both_ways_give_the_same_value_many_times(database: Any, record: Any, parent: Any, text: str) -> None:
    check(database, record, parent, text)


def check(database: Any, record: dict[str, Any], parent: dict[str, Any], text: str) -> None:
    try:
        expression = parse_expression(text, SCOPE)
    except Malformed as error:
        if any(words in error.detail for words in ('digits after the point', 'cannot be compared')):
            return
        raise
    for table, row in (('t', record), ('people', {'id': 'there', **parent})):
        database.execute(f'DELETE FROM {table}')
        marks = ', '.join(f'?::{COLUMNS.get(name, "VARCHAR")}' for name in row)
        names = ', '.join(f'"{name}"' for name in row)
        database.execute(f'INSERT INTO {table} ({names}) VALUES ({marks})', list(row.values()))
    sql, parameters, joins = expression.sql(USER, NOW, lambda entity: Source('people', '"id"'))
    [(found,)] = database.execute(f'SELECT {sql} FROM t{"".join(joins.values())}', parameters).fetchall()
    there = parent if record['parent_id'] == 'there' else None
    computed = expression.value(Row(record, USER, NOW, dict.fromkeys([('parent_id',)], there)))
    assert computed == plain(found), (text, sql)
    assert type(computed) is type(plain(found))
    if isinstance(computed, Decimal):
        assert str(computed) == str(found), 'with the same digits'


def plain(value: Any) -> Any:
    """What DuckDB gave, as expressions compute with it."""
    if isinstance(value, datetime):
        return microseconds(value)
    if isinstance(value, date):
        return (value - EPOCH) // timedelta(days=1)
    if isinstance(value, time):
        return microseconds_of_day(value)
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
