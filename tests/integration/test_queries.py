"""SQL and exports over HTTP: what leaves as rows or files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import httpx
import pytest

from app import codec
from tests.history import history
from tests.process import System


def ask(system: System, **body: object) -> httpx.Response:
    """The answer to one query."""
    return system.client.post(system.url('events', '/sql'), json=body)


def test_a_select_over_events_entities_and_projections_gives_exact_values(system: System) -> None:
    sql = (
        'SELECT c.name, c.credit_limit, p.customers, e.recorded_at, [1, 2] AS list, 2::HUGEINT ** 70 AS big, e.data '
        "FROM customers c JOIN credit_by_status p USING (status) JOIN events e ON e.stream = 'customers/' || c.id "
        "WHERE c.id = 'grace' AND e.version = 1; -- and a comment"
    )
    answer = ask(system, sql=sql)
    assert answer.status_code == 200, answer.text
    [row] = answer.json()['rows']
    assert row[:2] == ['Grace Hopper', '7500.50']
    assert row[3].endswith('Z')
    assert row[4] == [1, 2]
    assert row[6]['name'] == 'Grace Hopper'


@pytest.mark.parametrize(
    ('body', 'status', 'words'),
    [
        ({'sql': 'DELETE FROM events'}, 400, 'Only SELECT'),
        ({'sql': 'SELECT 1; SELECT 2'}, 400, 'one SELECT statement'),
        ({'sql': "SELECT * FROM read_text('/etc/passwd')"}, 400, 'read_text is not allowed'),
        ({'sql': 'SELECT * FROM claims'}, 400, "no table 'claims'"),
        ({'sql': 'SELECT nope FROM events'}, 400, 'nope'),
        ({'sql': ''}, 400, 'sql'),
        ({'sql': 7}, 422, 'must be one SELECT'),
        ({}, 422, 'must be one SELECT'),
        ({'sql': 'SELECT 1', 'limit': 0}, 422, 'limit'),
        ({'sql': 'SELECT 1', 'format': 'xlsx'}, 422, 'format'),
    ],
)
def test_anything_but_one_plain_select_is_refused_with_the_reason(
    system: System, body: dict[str, object], status: int, words: str
) -> None:
    answer = ask(system, **body)
    assert (answer.status_code, words in answer.json()['detail']) == (status, True), answer.text


def test_a_query_leaves_as_csv_or_parquet_and_no_file_stays_behind(system: System, tmp_path: Path) -> None:
    sql = 'SELECT name, price FROM products ORDER BY name'
    csv = ask(system, sql=sql, format='csv')
    assert csv.text.splitlines()[:2] == ['name,price', 'Cast-iron teapot,84.00'] or csv.text.startswith('name,price')
    parquet = tmp_path / 'query.parquet'
    parquet.write_bytes(ask(system, sql=sql, format='parquet').content)
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT name, price::VARCHAR FROM '{parquet}'").fetchall()
    assert rows == [tuple(row) for row in ask(system, sql=sql).json()['rows']]
    assert not list((system.data / 'staging').iterdir())


def test_a_slice_of_the_log_leaves_as_lines_of_json_or_parquet(system: System, tmp_path: Path) -> None:
    events = [event for event in history(system) if event['stream'].startswith('products/')]
    lines = system.client.get(system.url('events', '/export'), params={'entity': 'products'}).content.splitlines()
    assert [codec.decode(line) for line in lines][: len(events)] == events
    parquet = tmp_path / 'events.parquet'
    answer = system.client.get(system.url('events', '/export'), params={'entity': 'products', 'format': 'parquet'})
    parquet.write_bytes(answer.content)
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT position, hash FROM '{parquet}' ORDER BY position").fetchall()
    assert rows[: len(events)] == [(event['position'], event['hash']) for event in events]


def test_only_readers_of_the_log_may_ask(system: System) -> None:
    address = system.url('events')
    for method, path in (('POST', 'sql'), ('GET', 'sql/tables'), ('GET', 'export')):
        answer = httpx.request(method, address + path, json={} if method == 'POST' else None, trust_env=False)
        assert answer.status_code == 401
