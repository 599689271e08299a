"""A real business, end to end: eleven tables imported over REST, compared with DuckDB reading the same files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from app import codec
from app.config import load
from app.events.event import GENESIS
from app.schema import Entity
from tests.history import hash_of
from tests.northwind import files
from tests.northwind.generate import generate
from tests.process import System

REVENUE = """
    SELECT c.country, sum(d.unitPrice::DECIMAL(19,4) * d.quantity::BIGINT * (1 - d.discount::DECIMAL(5,4)))::VARCHAR
    FROM {details} AS d JOIN {orders} AS o ON d.orderID = o.orderID JOIN {customers} AS c ON o.customerID = c.customerID
    GROUP BY 1 ORDER BY 1"""


@pytest.fixture(params=['generated', 'real'])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with the eleven files as they came."""
    if request.param == 'real':
        if not files.REAL.is_dir():
            pytest.skip(f'there are no Northwind files in {files.REAL}')
        return files.REAL
    folder = tmp_path / 'source'
    folder.mkdir()
    generate(folder)
    return folder


@pytest.fixture
def client(start_system: Callable[..., System]) -> Iterator[httpx.Client]:
    """Talks to the data port of a system that has the eleven entities and no records."""
    system = start_system(config=files.CONFIG)
    with httpx.Client(base_url=system.url('crud'), headers=system.headers, timeout=60) as client:
        client.events = httpx.Client(base_url=system.url('events'), headers=system.headers, timeout=60)  # type: ignore[attr-defined]
        yield client
        client.events.close()  # type: ignore[attr-defined]


def test_northwind_comes_in_whole_or_not_at_all_and_adds_up(source: Path, client: httpx.Client, tmp_path: Path) -> None:
    mended = tmp_path / 'mended'
    mended.mkdir()
    files.mend(source, mended)
    for entity, name in files.TABLES.items():
        bad_rows = files.ragged(source / f'{name}.csv')
        if bad_rows:
            refused = post_file(client, entity, source / f'{name}.csv')
            assert refused.status_code == 422
            assert refused.json()['rows'] == bad_rows
            assert client.get(f'/api/{entity}').json()['total'] == 0, 'nothing of a refused file was imported'
        imported = post_file(client, entity, mended / f'{name}.csv')
        assert imported.status_code == 201, imported.text
        assert imported.json()['imported'] == len(files.read(mended / f'{name}.csv')) - 1
    if source == files.REAL:
        assert [len(files.ragged(source / f'{name}.csv')) for name in ('customers', 'orders', 'suppliers')] == [
            24,
            176,
            9,
        ]
    records = {entity: all_records(client, entity) for entity in files.TABLES}
    check_records(records, mended)
    check_revenue(records, mended)
    check_events(client, records)


def post_file(client: httpx.Client, entity: str, path: Path) -> httpx.Response:
    """Import a file whose `NULL` means nothing."""
    headers = {'Content-Type': 'text/csv'}
    return client.post(f'/api/{entity}/import', params={'null': 'NULL'}, content=path.read_bytes(), headers=headers)


def all_records(client: httpx.Client, entity: str) -> list[dict[str, Any]]:
    """Every record, page by page."""
    records: list[dict[str, Any]] = []
    cursor = ''
    while cursor is not None:
        page = client.get(f'/api/{entity}', params={'limit': '400', 'cursor': cursor}).json()
        records += page['records']
        cursor = page['next']
    assert len(records) == page['total']
    return records


def check_records(records: dict[str, list[dict[str, Any]]], mended: Path) -> None:
    """Each record has what DuckDB reads in its row, with every column typed."""
    entities = load(files.CONFIG).entities
    for entity, name in files.TABLES.items():
        typed = typed_rows(entities[entity], mended / f'{name}.csv')
        assert len(typed) == len(records[entity])
        found = {record['id']: record for record in records[entity]}
        for row in typed:
            record = found['~'.join(str(row[part]) for part in entities[entity].key)]
            assert {column: record[column] for column in row} == row


def typed_rows(entity: Entity, path: Path) -> list[dict[str, Any]]:
    """The rows as DuckDB reads them when every column has the type of its field, written as the API writes them."""
    fields = [entity.fields[name] for name in files.read(path)[0]]
    columns = {field.name: field.column for field in fields}
    shown = ', '.join(field.read(f'"{field.name}"') for field in fields)
    options = f"header=true, nullstr='NULL', columns={columns}, quote='\"', escape='\"'"
    with duckdb.connect() as database:
        # A table in between, because DuckDB 2.0 reads a column as text when all that is asked of it is a cast to text.
        database.execute(f'CREATE TABLE file AS SELECT * FROM read_csv(?, {options})', [str(path)])
        rows = database.execute(f'SELECT {shown} FROM file').fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def check_revenue(records: dict[str, list[dict[str, Any]]], mended: Path) -> None:
    """Revenue per country from our records is, digit for digit, what DuckDB gets from the files."""
    readers = {
        'details': f"read_csv('{mended}/order-details.csv', header=true, all_varchar=true)",
        'orders': f"read_csv('{mended}/orders.csv', header=true, all_varchar=true, quote='\"', escape='\"')",
        'customers': f"read_csv('{mended}/customers.csv', header=true, all_varchar=true, quote='\"', escape='\"')",
    }
    with duckdb.connect() as database:
        totals = database.execute(REVENUE.format(**readers)).fetchall()
    expected = {country: Decimal(total) for country, total in totals}
    country_of = {record['customerID']: record['country'] for record in records['customers']}
    customer_of = {str(record['orderID']): record['customerID'] for record in records['orders']}
    revenue: dict[str, Decimal] = {}
    for line in records['order_details']:
        country = country_of[customer_of[line['orderID']]]
        price = Decimal(line['unitPrice']) * line['quantity'] * (1 - Decimal(line['discount']))
        revenue[country] = revenue.get(country, Decimal(0)) + price
    assert revenue == expected


def check_events(client: httpx.Client, records: dict[str, list[dict[str, Any]]]) -> None:
    """One `created` per record and nothing else but the config, in one whole chain."""
    created, after = 0, 0
    previous = GENESIS
    while after is not None:
        page = codec.decode(client.events.get('/events', params={'after': after, 'limit': 5000}).content)  # type: ignore[attr-defined]
        for event in page['events']:
            assert event['type'] == 'created' or event['stream'].startswith('config/')
            created += event['type'] == 'created'
            previous = hash_of(previous, event)
            assert event['hash'] == previous
        after = page['next']
    assert created == sum(len(rows) for rows in records.values())
