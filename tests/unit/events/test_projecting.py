"""However events come in, a projection's rows are what its SELECT gives over all of them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Malformed
from app.events import projector, sql
from app.events.projecting import DuplicateKey, advance, create, prepare
from app.events.sql import show_tables
from app.permissions import ANONYMOUS
from app.projection import Projection
from tests.unit.events.test_store import Lasting, asked, opened_store, projection, put

NUMBERS = itertools.count()
EACH = """
    SELECT data ->> '$.k' AS k, count(*) AS n, sum((data ->> '$.n')::INT) AS total, min((data ->> '$.n')::INT) AS low,
        max(data ->> '$.word') AS high, first(data ->> '$.word' ORDER BY position) AS earliest,
        last(data ->> '$.word' ORDER BY position) AS latest, max(position) AS position
    FROM events GROUP BY 1"""
MERGE = {'n': 'sum', 'total': 'sum', 'low': 'min', 'high': 'max', 'earliest': 'first'}
PAIRS = """
    SELECT data ->> '$.k' AS "a ""b", data ->> '$.word' AS "ä", count(*) FILTER (data ->> '$.n' IS NULL) AS "n'1"
    FROM events GROUP BY ALL"""
RUNNING = "SELECT position, sum((data ->> '$.n')::INT) OVER (ORDER BY position) AS total FROM events"
DEFINITIONS: dict[str, dict[str, Any]] = {
    'merged': {'sql': EACH, 'key': 'k', 'merge': MERGE},
    'pairs': {'sql': PAIRS, 'key': ['a "b', 'ä'], 'merge': {"n'1": 'sum'}},
    'keys_only': {'sql': "SELECT DISTINCT data ->> '$.k' AS k FROM events", 'key': 'k', 'merge': {}},
    'last_wins': {
        'sql': "SELECT stream, last(data ->> '$.k') AS k FROM events GROUP BY 1",
        'key': 'stream',
        'merge': {},
    },
    'typed': {'sql': EACH, 'key': 'k', 'merge': MERGE, 'types': ['sent', "it''s"]},
    'whole': {'sql': EACH, 'key': 'k'},
    'running': {'sql': RUNNING, 'types': 'sent'},
}
VALUES = {
    'k': st.sampled_from(['x', 'y', None]),
    'n': st.none() | st.integers(-3, 3),
    'word': st.none() | st.text("aÖ'", max_size=2),
}
EVENTS = st.tuples(st.sampled_from('12'), st.sampled_from(['sent', 'lost']), st.fixed_dictionaries({}, optional=VALUES))
BATCHES = st.lists(st.tuples(st.lists(EVENTS, min_size=1, max_size=7), st.booleans()), max_size=5)


@pytest.fixture(scope='module')
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    lasting = Lasting(tmp_path_factory.mktemp('projecting'))
    yield lasting
    lasting.close()


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector, 'PAGE', 5)
    monkeypatch.setattr(projector, 'REST', 0.0)


@given(BATCHES, st.integers(0, 4))
@settings(deadline=None, max_examples=5)
def test_rows_are_what_the_select_gives_over_all_events(lasting: Lasting, batches: list[Any], begins: int) -> None:
    category = f'c{next(NUMBERS)}'
    projections = lasting.store.projections
    definitions = {
        name: projection(name, **options, entities=[category, 'nobody']) for name, options in DEFINITIONS.items()
    }

    async def story() -> None:
        for number, (batch, wait) in enumerate(batches):
            if number == begins:
                assert await projections.activate(definitions) == {}
            await put(lasting.log, *((f'{category}/{name}', kind, values) for name, kind, values in batch))
            if wait and number >= begins:
                await projections.wait_for('merged', lasting.log.position)
        assert await projections.activate(definitions) == {}
        for name, definition in definitions.items():
            await projections.wait_for(name, lasting.log.position)
            table = projections.get(name).standing.table
            rows = await lasting.log.database.query(f'SELECT * FROM derived."{table}"')
            assert sorted(rows, key=repr) == await whole(lasting, definition), name
        assert await projections.activate({}) == {}

    lasting.run(story())


async def whole(lasting: Lasting, definition: Projection) -> list[tuple[Any, ...]]:
    """What the SELECT gives over all events that the definition is about."""
    category = definition.entities[0]
    events = f"{sql.EVENTS} WHERE starts_with(stream, '{category}/')"
    if definition.types:
        events += " AND type = 'sent'"

    def ask(cursor: Any) -> list[tuple[Any, ...]]:
        show_tables(cursor, {'events': events}, ['events'])
        rows: list[tuple[Any, ...]] = cursor.execute(definition.sql).fetchall()
        return rows

    return sorted(await lasting.store.derived.transaction(ask), key=repr)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'sql': 'SELECT nothing FROM events'}, 'sql: Binder Error: .*nothing'),
        ({'sql': 'SELECT 1 AS x; SELECT 2'}, 'sql: must be one SELECT statement; found 2'),
        ({'sql': 'SELECT type FROM events', 'key': 'stream'}, "key: the SELECT has no column 'stream'; it has type"),
        (
            {'sql': 'SELECT type FROM events', 'key': 'type', 'merge': {'n': 'sum'}},
            "merge: the SELECT has no column 'n'",
        ),
        ({'sql': 'SELECT x FROM orders', 'key': 'x', 'merge': {}}, 'merge: a SELECT .* may read nothing but events'),
        ({'sql': 'SELECT 1 AS x', 'key': 'x', 'merge': {}}, 'merge: a SELECT .* may read nothing but events'),
        ({'sql': 'SELECT * FROM customers'}, "sql: there is no table 'customers'; there are events, orders"),
        ({'sql': 'SELECT $1 AS x FROM events'}, 'sql: '),
    ],
)
def test_a_definition_that_cannot_run_is_refused_with_the_reason(
    lasting: Lasting, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(Malformed, match=message):
        prepare(lasting.log.database, projection('p', **options), {'orders': 'SELECT 1 AS x'})


def test_a_semicolon_and_comments_at_the_end_do_no_harm(lasting: Lasting) -> None:
    for text in ('SELECT type FROM events;', 'SELECT type FROM events -- all\n', 'SELECT type FROM events; -- all\n'):
        assert prepare(lasting.log.database, projection('p', text), {}).columns == {'type': 'VARCHAR'}


def test_a_second_column_of_one_name_gets_a_number(lasting: Lasting) -> None:
    recipe = prepare(lasting.log.database, projection('p', "SELECT 1 AS x, 'a' AS x"), {})
    assert recipe.columns == {'x': 'INTEGER', 'x_1': 'VARCHAR'}


def test_the_fingerprint_tells_what_makes_the_table_another_one(lasting: Lasting) -> None:
    def fingerprint(text: str = 'SELECT type FROM events', **options: Any) -> str:
        return prepare(lasting.log.database, projection('p', text, **options), {}).fingerprint

    same = [fingerprint(), fingerprint(description='Types'), fingerprint(permissions={'read': 'public'})]
    assert set(same) == {same[0]}
    others = [
        fingerprint('SELECT type FROM events LIMIT 1'),
        fingerprint(key='type'),
        fingerprint(key='type', merge={}),
        fingerprint(types='sent'),
        fingerprint(entities='a'),
    ]
    assert len({same[0], *others}) == 6


@pytest.mark.parametrize('merge', [{'merge': {'n': 'sum'}}, {}])
def test_two_rows_with_one_key_are_refused_by_name(lasting: Lasting, merge: dict[str, Any]) -> None:
    definition = projection('p', 'SELECT type, 1 AS n FROM events', key='type', **merge)

    def work(cursor: Any) -> None:
        recipe = prepare(lasting.log.database, definition, {})
        create(cursor, recipe, 'twice')
        advance(cursor, recipe, 'twice', 0, lasting.log.position)

    async def story() -> None:
        await put(lasting.log, ('t/1', 'sent', {}), ('t/1', 'sent', {}))
        with pytest.raises(DuplicateKey, match=r"several rows for type '(sent|lost)'; group by type"):
            await lasting.store.derived.transaction(work)
        assert await lasting.log.database.query("SELECT 1 FROM duckdb_tables() WHERE table_name = 'twice'") == []

    lasting.run(story())


PEOPLE = projection(
    'people',
    """SELECT data ->> '$.name' AS name, (data ->> '$.born')::DATE AS born,
        (data ->> '$.credit')::DECIMAL(20, 2) AS credit,
        make_timestamp(0) AS moment, [1, 2] AS list, 1e999::DOUBLE AS endless, 9223372036854775808 AS huge, data
    FROM events WHERE type = 'met'""",
    key=['name', 'born'],
    permissions={'read': 'public'},
)


def test_rows_are_shown_in_a_form_that_json_can_hold(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, PEOPLE) as store:
            await put(
                store.log, ('p/1', 'met', {'name': 'Ä~/x', 'born': '1990-01-02', 'credit': '12345678901234567.89'})
            )
            path = '/projections/people/%C3%84%7E%2Fx~1990-01-02?wait_for=1'
            status, answer = await asked(store, 'GET', path, ANONYMOUS)
            assert (status, answer['position']) == (200, 1)
            assert answer['row'] == {
                'name': 'Ä~/x',
                'born': '1990-01-02',
                'credit': '12345678901234567.89',
                'moment': '1970-01-01T00:00:00.000000Z',
                'list': [1, 2],
                'endless': None,
                'huge': '9223372036854775808',
                'data': {'name': 'Ä~/x', 'born': '1990-01-02', 'credit': '12345678901234567.89'},
            }

    asyncio.run(story())


QUESTIONS: list[tuple[str, int, list[str] | str]] = [
    ('', 200, ['Ann', 'Bob', 'Cy']),
    ('?sort=-name', 200, ['Cy', 'Bob', 'Ann']),
    ('?sort=-born,name', 200, ['Bob', 'Ann', 'Cy']),
    ('?sort=-name&limit=1&offset=1', 200, ['Bob']),
    ('?name=Bob', 200, ['Bob']),
    ('?born=1990-01-02&name=Bob', 200, ['Bob']),
    ('?born=someday', 200, []),
    ("?name=' OR 1=1 --", 200, []),
    ('?nam=x', 400, "no column 'nam'; there are name, born"),
    ('?sort=nam', 400, "sort: there is no column 'nam'"),
    ('?sort=name;DROP TABLE events', 400, 'sort: there is no column'),
    ('?limit=-1', 400, 'limit'),
    ('?limit=5001', 400, 'limit'),
    ('/Bob', 400, 'has 2 parts, name~born'),
    ('/Bob~1991-01-01', 404, 'has no row'),
]


def test_rows_can_be_filtered_and_sorted_and_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, PEOPLE) as store:
            days = {'Bob': '1990-01-02', 'Ann': '1980-01-01', 'Cy': None}
            await put(store.log, *(('p/1', 'met', {'name': name, 'born': day}) for name, day in days.items()))
            await store.projections.wait_for('people', 3)
            for question, expected, said in QUESTIONS:
                status, answer = await asked(store, 'GET', f'/projections/people{question}')
                assert status == expected, (question, answer)
                if status == 200:
                    assert [row['name'] for row in answer['rows']] == said, question
                else:
                    assert said in answer['detail']

    asyncio.run(story())
