"""The file under the log: read from several threads at once, closed for locked doors, and let go of when closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from app.errors import Unavailable
from app.events.database import Database, first_line


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / 'events.duckdb')
    cursor = opened.cursor()
    cursor.execute('CREATE TABLE t AS SELECT range AS n FROM range(5000)')
    cursor.close()
    yield opened
    opened.close()


def test_many_reads_at_once_each_get_their_own_rows(database: Database) -> None:
    async def story() -> None:
        answers = await asyncio.gather(*(database.query('SELECT n FROM t WHERE n = ?', [n]) for n in range(300)))
        assert answers == [[(n,)] for n in range(300)]

    asyncio.run(story())


@pytest.mark.parametrize(
    'sql',
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY t TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.duckdb'",
        'SET enable_external_access = true',
        'INSTALL httpfs',
    ],
)
def test_nothing_outside_the_file_can_be_reached(database: Database, sql: str) -> None:
    with pytest.raises(duckdb.Error):
        database.query_here(sql)


def test_a_local_variable_is_not_mistaken_for_a_table(database: Database) -> None:
    rows = [1, 2, 3]
    with pytest.raises(duckdb.CatalogException):
        database.query_here('SELECT * FROM rows')
    assert rows


def test_a_file_that_cannot_be_read_is_unavailable_not_a_crash(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def execute(self, *_: object) -> None:
            raise duckdb.IOException('IO Error: block 7 is corrupt\n\nStack trace')

    monkeypatch.setattr(database, '_own_cursor', lambda narrow: Failing())
    with pytest.raises(Unavailable, match=r'events\.duckdb cannot be read: IO Error: block 7 is corrupt$'):
        database.query_here('SELECT 1')


def test_the_file_is_free_once_closed_whoever_has_read_from_it(tmp_path: Path) -> None:
    async def story() -> None:
        database = Database(tmp_path / 'file.duckdb')
        database.query_here('CREATE TABLE t (n INTEGER)')
        await asyncio.gather(*(database.query('SELECT * FROM t') for _ in range(9)))
        await asyncio.to_thread(database.query_here, 'SELECT * FROM t')
        await asyncio.to_thread(database.close)
        with duckdb.connect(str(tmp_path / 'file.duckdb'), config={'threads': 1}) as connection:
            assert connection.execute('SELECT * FROM t').fetchall() == []

    asyncio.run(story())


def test_the_first_line_of_an_error_is_what_it_says() -> None:
    assert first_line(ValueError('no\nnot at all')) == 'no'
    assert first_line(ValueError()) == ''
