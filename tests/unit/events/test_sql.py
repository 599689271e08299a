"""SQL that users write: one SELECT over the tables that are shown; it changes nothing and reaches nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from app import codec
from app.errors import Malformed, Problem, Unavailable
from app.events.database import Database
from app.events.sql import EVENTS, as_json, columns_of, read_only, selected, tables_of
from tests.unit.events.test_store import Lasting, put

TABLES = {
    'events': EVENTS,
    'orders': 'SELECT 1 AS id, 2 AS total',
    'customers': "SELECT 'ann' AS name",
}
HARMLESS: list[tuple[str, list[str]]] = [
    ('SELECT * FROM events', ['events']),
    ('SELECT * FROM events;', ['events']),
    ('SELECT * FROM events;;  ', ['events']),
    ('-- all\nSELECT * /* of /* all */ them */ FROM events -- yes', ['events']),
    ('SELECT * FROM events; -- all', ['events']),
    ('FROM orders', ['orders']),
    ('TABLE orders', ['orders']),
    ('VALUES (1), (2)', []),
    ('SELECT 1', []),
    ('SELECT * FROM "orders" AS o, customers AS c', ['orders', 'customers']),
    (
        'SELECT * FROM orders JOIN customers USING (id) UNION ALL SELECT * FROM events',
        ['orders', 'customers', 'events'],
    ),
    ('SELECT (SELECT max(position) FROM events), total FROM orders', ['events', 'orders']),
    ('WITH paid AS (SELECT * FROM orders) SELECT * FROM paid', ['orders']),
    ('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT * FROM n', []),
    ('WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b, A', []),
    ('SELECT * FROM range(3), unnest([1, 2]), generate_series(1, 2)', []),
    ("SELECT * FROM json_each('[1]')", []),
    ('SELECT sum(total) OVER (ORDER BY id) FROM orders QUALIFY row_number() OVER () < 3', ['orders']),
    (
        "SELECT 'DROP TABLE events; --' AS text FROM orders WHERE id IN (SELECT position FROM events)",
        ['orders', 'events'],
    ),
    ('SELECT list_transform([1], lambda x: x + 1)', []),
]
HOSTILE = """
    -- nothing | SELECT | nonsense | SELECT 1; SELECT 2 | SELECT 1; DROP TABLE events | DROP TABLE events |
    DELETE FROM events | INSERT INTO events VALUES (1) | UPDATE events SET type = 'x' |
    MERGE INTO events USING orders ON true WHEN MATCHED THEN DELETE | CREATE TABLE x AS SELECT * FROM events |
    CREATE TEMP VIEW x AS SELECT 1 | CREATE MACRO f() AS 1 |
    WITH gone AS (DELETE FROM events RETURNING *) SELECT * FROM gone |
    WITH new AS (INSERT INTO events VALUES (1) RETURNING *) SELECT * FROM new |
    WITH new AS (UPDATE events SET type = 'x' RETURNING *) SELECT * FROM new |
    SELECT * FROM (DELETE FROM events RETURNING *) | PIVOT events ON type | SELECT * FROM (PIVOT secrets ON type) |
    UNPIVOT secrets ON type | COPY events TO 'events.csv' | COPY (SELECT 1) TO 'x.csv' | EXPORT DATABASE 'x' |
    ATTACH 'auth.duckdb' | DETACH derived | USE derived | CHECKPOINT | VACUUM | BEGIN | ROLLBACK |
    CALL pragma_version() | PRAGMA version | SET threads = 8 | SET VARIABLE x = 1 | RESET threads | INSTALL 'httpfs' |
    LOAD 'httpfs' | EXPLAIN SELECT 1 | EXPLAIN ANALYZE SELECT 1 | PREPARE p AS SELECT 1 | EXECUTE p | SHOW TABLES |
    SHOW ALL TABLES | DESCRIBE events | SUMMARIZE events | SELECT * FROM (DESCRIBE events) |
    SELECT * FROM (SHOW TABLES) | SELECT * FROM (SUMMARIZE events) | DESCRIBE SELECT 1 |
    SELECT * FROM read_text('/etc/passwd') | SELECT * FROM read_blob('/etc/passwd') |
    SELECT * FROM read_csv('/etc/passwd') | SELECT * FROM read_json_auto('x.json') |
    SELECT * FROM READ_TEXT('/etc/passwd') | SELECT * FROM "read_text"('/etc/passwd') |
    SELECT * FROM system.main.read_text('/etc/passwd') | SELECT * FROM glob('*') |
    SELECT (SELECT content FROM read_text('/etc/passwd')) | SELECT * FROM orders, LATERAL (SELECT * FROM glob('*')) |
    WITH x AS (SELECT * FROM glob('*')) SELECT * FROM x |
    SELECT * FROM orders WHERE EXISTS (SELECT 1 FROM glob('*')) |
    SELECT 1 ORDER BY (SELECT max(file) FROM glob('*')) | SELECT * FROM query('DROP TABLE events') |
    SELECT * FROM query('SELECT * FROM claims') | SELECT * FROM query_table('claims') |
    SELECT * FROM query_table(['claims']) | SELECT * FROM '/etc/passwd' | SELECT * FROM 'events.duckdb' |
    SELECT * FROM "x.parquet" | FROM 's3://bucket/x.parquet' | SELECT * FROM duckdb_settings() |
    SELECT * FROM duckdb_secrets() | SELECT * FROM duckdb_tables | SELECT * FROM duckdb_logs |
    SELECT * FROM pragma_database_list() | SELECT * FROM pragma_table_info('events') |
    SELECT * FROM pragma_storage_info('events') | SELECT * FROM sqlite_master |
    SELECT * FROM information_schema.tables | SELECT * FROM pg_catalog.pg_class | SELECT * FROM claims |
    SELECT * FROM main.events | SELECT * FROM events.main.events | SELECT * FROM events.records.customers |
    SELECT * FROM records.customers | SELECT * FROM derived.snapshots | SELECT * FROM temp.main.events |
    SELECT * FROM Orders2 | SELECT * FROM test_all_types() | SELECT * FROM seq_scan('claims') |
    SELECT * FROM sniff_csv('/etc/passwd') | SELECT * FROM parquet_metadata('x') |
    SELECT * FROM which_secret('s3://', 's3')
"""
SHADOWING = [
    'WITH claims AS (SELECT 1), x AS (SELECT * FROM main.claims) SELECT * FROM x',
    'SELECT * FROM (WITH claims AS (SELECT 1) SELECT * FROM claims) AS a, claims AS b',
    'SELECT * FROM claims, (WITH claims AS (SELECT 1) SELECT 1)',
    'WITH claims AS (SELECT * FROM claims) SELECT * FROM claims',
    'WITH a AS (SELECT * FROM claims), claims AS (SELECT 1) SELECT * FROM a',
    'WITH "records.customers" AS (SELECT 1) SELECT * FROM records.customers',
    'WITH "derived.snapshots" AS (SELECT 1) SELECT * FROM derived.snapshots',
    'WITH "information_schema.tables" AS (SELECT 1) SELECT * FROM information_schema.tables',
    'WITH "events.main.events" AS (SELECT 1) SELECT * FROM events.main.events',
    'SELECT * FROM (WITH duckdb_settings AS (SELECT 1) SELECT 1), duckdb_columns',
]


@pytest.fixture(scope='module')
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    lasting = Lasting(tmp_path_factory.mktemp('sql'))
    lasting.run(put(lasting.log, ('a/1', 'sent', {'n': 1})))
    yield lasting
    lasting.close()


@pytest.fixture
def database(lasting: Lasting) -> Database:
    return lasting.log.database


@pytest.mark.parametrize(('text', 'tables'), HARMLESS)
def test_one_select_over_known_tables_is_taken(database: Database, text: str, tables: list[str]) -> None:
    assert sorted(tables_of(database, text, TABLES)) == sorted(tables)


@pytest.mark.parametrize('text', ['', ';', *(text.strip() for text in HOSTILE.split(' |'))])
def test_everything_else_is_refused_before_it_runs(database: Database, text: str) -> None:
    with pytest.raises(Malformed, match=r'^sql: '):
        tables_of(database, text, TABLES)


@pytest.mark.parametrize('text', SHADOWING)
def test_a_name_that_a_query_gives_itself_opens_no_table_of_that_name(database: Database, text: str) -> None:
    """Either it is refused, or it runs without reading anything but what it has named itself."""
    with pytest.raises(Malformed, match=r'^sql: '):
        used = tables_of(database, text, TABLES)
        with read_only(database, TABLES, used, 5) as cursor:
            cursor.execute(text).fetchall()


@pytest.mark.parametrize(
    'text', ['(' * 20_000, f'SELECT {"(" * 3000}1{")" * 3000}', f'SELECT {"-" * 5001} 1'.replace('--', '- -')]
)
def test_deep_nesting_is_no_bug(database: Database, text: str) -> None:
    with pytest.raises(Malformed, match=r'^sql: '):
        tables_of(database, text, TABLES)
    assert tables_of(database, f'SELECT {"+".join("1" * 100)}', TABLES) == []


@pytest.mark.parametrize(
    'text',
    [
        'DELETE FROM events.main.events',
        'CREATE TABLE events.main.x (i INT)',
        'INSERT INTO derived.progress VALUES (1, 1)',
        "COPY (SELECT 1) TO '/tmp/dbbasic-test.csv'",
        "ATTACH '/tmp/dbbasic-test.duckdb'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        'SET enable_external_access = true',
        "SET allowed_directories = ['/']",
        "INSTALL 'httpfs'",
    ],
)
def test_what_would_slip_through_the_check_cannot_do_harm(lasting: Lasting, text: str) -> None:
    before = lasting.run(lasting.log.read(0))
    with pytest.raises(Problem), read_only(lasting.log.database, TABLES, ['events'], 5) as cursor:
        cursor.execute(text)
    assert lasting.run(lasting.log.read(0)) == before


def test_only_the_tables_that_are_shown_can_be_seen(database: Database) -> None:
    with read_only(database, TABLES, ['orders'], 5) as cursor:
        assert cursor.execute('SELECT * FROM orders').fetchall() == [(1, 2)]
    with pytest.raises(Malformed, match='customers'), read_only(database, TABLES, ['orders'], 5) as cursor:
        cursor.execute('SELECT * FROM customers')


@pytest.mark.parametrize(
    'text',
    [
        'SELECT count(*) FROM range(10000000000000) AS a(i) WHERE i % 7 = 8',
        'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n',
        'SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE a.range + b.range = -1',
    ],
)
def test_a_query_that_does_not_end_is_stopped(database: Database, text: str) -> None:
    began = time.monotonic()
    with (
        pytest.raises(Unavailable, match='stopped after') as refusal,
        read_only(database, {}, [], 0.1) as cursor,
    ):
        cursor.execute(text).fetchall()
    assert time.monotonic() - began < 5
    assert refusal.value.headers['Retry-After'] == '30'


def test_cursors_are_given_back_whatever_happens(database: Database) -> None:
    before = len(database._cursors)
    for text in ('SELECT 1', 'SELECT nothing', 'nonsense'):
        try:
            with read_only(database, TABLES, ['events'], 5) as cursor:
                cursor.execute(text)
        except Problem:
            pass
    with pytest.raises(KeyError), read_only(database, TABLES, ['nobody'], 5):
        pass
    assert len(database._cursors) == before


def test_events_are_shown_with_typed_columns(lasting: Lasting) -> None:
    with read_only(lasting.log.database, TABLES, ['events'], 5) as cursor:
        columns = columns_of(cursor, 'SELECT * FROM events')
        row = cursor.execute(f'SELECT {selected(columns)} FROM events').fetchone()
    event = lasting.run(lasting.log.read(0))[0]
    shown: dict[str, Any] = codec.decode(codec.encode(as_json(columns, row)))
    assert shown == codec.decode(codec.encode(event.as_json())) | {'entity': 'a', 'id': '1', 'actor': 'ann'}
    assert columns['data'] == columns['meta'] == 'JSON' and columns['recorded_at'] == 'TIMESTAMP'


VALUES: list[tuple[str, Any]] = [
    ("'text'", 'text'),
    ('true', True),
    ('1::TINYINT', 1),
    ('9223372036854775807', 9223372036854775807),
    ('18446744073709551615::UBIGINT', '18446744073709551615'),
    ('170141183460469231731687303715884105727::HUGEINT', '170141183460469231731687303715884105727'),
    ('1.50::DECIMAL(9, 2)', '1.50'),
    ('1.5::DOUBLE', 1.5),
    ("'nan'::DOUBLE", None),
    ("'-inf'::FLOAT", None),
    ("'2026-05-03'::DATE", '2026-05-03'),
    ("'2026-05-03 10:00:00.5'::TIMESTAMP", '2026-05-03T10:00:00.500000Z'),
    ("'2026-05-03 10:00:00'::TIMESTAMP_S", '2026-05-03T10:00:00.000000Z'),
    ("'2026-05-03 10:00:00'::TIMESTAMP_NS", '2026-05-03T10:00:00.000000Z'),
    ("'5e0c2a3e-5d0f-4f0b-9c70-6b1f6a1f7c11'::UUID", '5e0c2a3e-5d0f-4f0b-9c70-6b1f6a1f7c11'),
    ('\'{"a": [1.10]}\'::JSON', {'a': [1.1]}),
    ('[1, NULL]', [1, None]),
    ("{'a': 1, 'b': 'x'}", {'a': 1, 'b': 'x'}),
    ("MAP {'a': 1}", {'a': 1}),
    ("INTERVAL '1 day'", '1 day'),
    ("'\\xAA'::BLOB", '\\xAA'),
    ("'x'::ENUM('x', 'y')", 'x'),
    ('array_value(1, 2)', [1, 2]),
    ("'12:00'::TIME", '12:00:00'),
    ('NULL', None),
]


def test_every_kind_of_value_has_a_form_that_json_can_hold(database: Database) -> None:
    for expression, expected in VALUES:
        with read_only(database, {}, [], 5) as cursor:
            columns = columns_of(cursor, f'SELECT {expression} AS "a ""b"')
            row = cursor.execute(f'SELECT {selected(columns)} FROM (SELECT {expression} AS "a ""b")').fetchone()
        shown = codec.decode(codec.encode(as_json(columns, row)))['a "b']
        assert (float(shown) if isinstance(expected, float) else shown) == expected or expression.endswith('::JSON'), (
            expression
        )
