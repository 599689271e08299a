"""SQL that users write: one SELECT over known tables, checked before it runs and locked in while it does."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb

from app import codec
from app.errors import Malformed, Unavailable
from app.events.database import MISTAKES, Database, Error, first_line

Cursor = Any

EVENTS = """
    SELECT position, stream, split_part(stream, '/', 1) AS entity, substr(stream, strpos(stream, '/') + 1) AS id,
        version, type, data::JSON AS data, meta::JSON AS meta, meta ->> '$.actor' AS actor, event_id,
        make_timestamp(recorded_at) AS recorded_at, hash
    FROM events.main.events"""
"""The log as users see it in SQL; times are in UTC."""
FUNCTIONS = frozenset({'range', 'generate_series', 'unnest', 'json_each', 'json_tree'})
"""Functions that may stand in FROM."""


def trimmed(sql: str) -> str:
    """`sql` without the semicolons and comments at its end, so that it can stand in parentheses."""
    end = len(sql)
    for start, kind in reversed(duckdb.tokenize(sql)):
        if kind is not duckdb.token_type.comment and sql[start] != ';':
            break
        end = start
    return sql[:end].strip()


def tables_of(database: Database, sql: str, known: Iterable[str]) -> list[str]:
    """The tables that `sql` reads, all of them `known`; raises `Malformed` unless it is one plain SELECT."""
    try:
        tree = codec.parse(database.query_here('SELECT json_serialize_sql(?)', [sql])[0][0])
    except (RecursionError, ValueError, Error) as error:
        raise Malformed(f'sql: cannot be read: {first_line(error)}') from None
    if tree['error']:
        raise Malformed(f'sql: {tree["error_message"]}')
    if len(tree['statements']) != 1:
        raise Malformed(f'sql: must be one SELECT statement; found {len(tree["statements"])}.')
    known = set(known)
    try:
        tables = list(dict.fromkeys(_tables(tree, frozenset())))
    except RecursionError:
        raise Malformed('sql: is nested too deeply.') from None
    if unknown := [name for name in tables if name not in known]:
        raise Malformed(f'sql: there is no table {unknown[0]!r}; there are {", ".join(sorted(known))}.')
    return tables


def _tables(node: Any, named: frozenset[str]) -> Iterator[str]:
    """The tables that a part of a query reads, besides those that the query itself has `named` around that part."""
    if isinstance(node, list):
        for value in node:
            yield from _tables(value, named)
        return
    if not isinstance(node, dict):
        return
    _check_node(node)
    for entry in _named_queries(node):
        own = frozenset({entry['key'].lower()})
        recursive = entry['value'].get('query_node', {}).get('type') == 'RECURSIVE_CTE_NODE'
        yield from _tables(entry['value'], named | own if recursive else named)
        named |= own
    if node.get('type') == 'BASE_TABLE':
        path = node['qualified_name']['path']
        if len(path) > 1 or path[0].lower() not in named:
            yield '.'.join(path)
    for name, value in node.items():
        if name != 'cte_map':
            yield from _tables(value, named)


def _named_queries(node: dict[str, Any]) -> list[dict[str, Any]]:
    names = node.get('cte_map')
    return list(names.get('map', [])) if isinstance(names, dict) else []


def _check_node(node: dict[str, Any]) -> None:
    kind = node.get('type')
    if isinstance(kind, str) and kind.endswith('_QUERY_NODE'):
        raise Malformed('sql: must only read; found a statement that writes.')
    if kind == 'SHOW_REF':
        raise Malformed('sql: must be a SELECT.')
    if kind == 'TABLE_FUNCTION' and node['function']['function_name'].lower() not in FUNCTIONS:
        raise Malformed(f'sql: the function {node["function"]["function_name"]} is not allowed here.')


def show_tables(cursor: Cursor, tables: Mapping[str, str], names: Iterable[str]) -> None:
    """Let the tables called `names` be seen by this cursor, each as the SELECT that `tables` holds."""
    for name in names:
        cursor.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {tables[name]}')


@contextmanager
def read_only(database: Database, tables: Mapping[str, str], names: Iterable[str], seconds: float) -> Iterator[Cursor]:
    """A cursor that sees these tables, can change nothing, and is stopped after `seconds`."""
    cursor = database.cursor()
    timer = threading.Timer(seconds, cursor.interrupt)
    try:
        cursor.execute('BEGIN TRANSACTION READ ONLY')
        show_tables(cursor, tables, names)
        timer.start()
        yield cursor
    except Error as error:
        if 'INTERRUPT' in str(error).upper():
            raise Unavailable(f'The query was stopped after {seconds:g} seconds.', retry_after=30) from None
        if not isinstance(error, MISTAKES):
            raise Unavailable(f'{database.path.name} cannot be read: {first_line(error)}') from error
        raise Malformed(f'sql: {first_line(error)}') from None
    finally:
        timer.cancel()
        database.close_cursor(cursor)


def columns_of(cursor: Cursor, sql: str) -> dict[str, str]:
    """Column -> DuckDB type of what `sql` gives; the second of two columns `a` is called `a_1`."""
    return {row[0]: row[1] for row in cursor.execute(f'DESCRIBE SELECT * FROM (\n{sql}\n)').fetchall()}


def selected(columns: Mapping[str, str]) -> str:
    """The SELECT list that gives every column in a form that JSON can hold: decimals and moments as text."""
    return ', '.join(f'{_readable(identifier(name), kind)} AS {identifier(name)}' for name, kind in columns.items())


def as_json(columns: Mapping[str, str], row: tuple[Any, ...]) -> dict[str, Any]:
    """A row that `selected` gave."""
    return {
        name: _value(kind, value) if value is not None else None
        for (name, kind), value in zip(columns.items(), row, strict=True)
    }


def identifier(name: str) -> str:
    """A name of any kind, ready to stand in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _readable(column: str, kind: str) -> str:
    if _nested(kind):
        return f'to_json({column})'
    if kind.endswith('INT') or kind in {'INTEGER', 'VARCHAR', 'BOOLEAN', 'JSON'}:
        return column
    if kind in {'DOUBLE', 'FLOAT'}:
        return f'CASE WHEN isfinite({column}) THEN {column} END'
    if kind.startswith('TIMESTAMP') and 'ZONE' not in kind:
        return f"strftime({column}::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f'{column}::VARCHAR'


def _value(kind: str, value: Any) -> Any:
    if kind == 'JSON' or _nested(kind):
        return codec.Raw(value)
    if isinstance(value, int) and abs(value) > codec.LARGEST_INTEGER:
        return str(value)
    return value


def _nested(kind: str) -> bool:
    return kind.endswith(']') or kind.startswith(('STRUCT', 'MAP'))
