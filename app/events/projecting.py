"""How a projection's table follows from events: the statements, each inside a transaction of `derived.duckdb`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app import codec
from app.errors import Malformed
from app.events import sql
from app.events.database import Database
from app.events.sql import identifier
from app.projection import Projection

Cursor = Any
PAGE = 200_000
"""Positions taken in at once."""
SECONDS_TO_PREPARE = 10.0

MERGED = {
    'sum': 'CASE WHEN t.{c} IS NULL THEN f.{c} WHEN f.{c} IS NULL THEN t.{c} ELSE t.{c} + f.{c} END',
    'min': 'least(t.{c}, f.{c})',
    'max': 'greatest(t.{c}, f.{c})',
    'first': 't.{c}',
    'last': 'f.{c}',
}


class DuplicateKey(Exception):
    """The SELECT gave two rows with the same key."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked definition: what it reads, and the columns that it gives."""

    definition: Projection
    tables: Mapping[str, str]
    """The tables that it reads besides `events`, as SQL."""
    columns: Mapping[str, str]

    @property
    def incremental(self) -> bool:
        """Whether only new events are looked at."""
        return self.definition.merge is not None

    @property
    def fingerprint(self) -> str:
        """Differs whenever the table would have to be made anew."""
        said = self.definition.model_dump(exclude={'description', 'permissions'})
        return hashlib.sha256(codec.canonical([said, dict(self.columns)]).encode()).hexdigest()


def prepare(database: Database, definition: Projection, tables: Mapping[str, str]) -> Recipe:
    """Check `definition` against what there is; raises `Malformed` naming what is wrong with it."""
    text = sql.trimmed(definition.sql)
    definition = definition.model_copy(update={'sql': text})
    used = sql.tables_of(database, text, {'events', *tables})
    if definition.merge is not None and used != ['events']:
        raise Malformed('merge: a SELECT that is run on new events alone may read nothing but events.')
    known = {**tables, 'events': sql.EVENTS}
    with sql.read_only(database, known, used, SECONDS_TO_PREPARE) as cursor:
        columns = sql.columns_of(cursor, text)
    for place, names in (('key', definition.key), ('merge', definition.merge or ())):
        if unknown := [name for name in names if name not in columns]:
            raise Malformed(f'{place}: the SELECT has no column {unknown[0]!r}; it has {", ".join(columns)}.')
    return Recipe(definition, {name: tables[name] for name in used if name != 'events'}, columns)


def create(cursor: Cursor, recipe: Recipe, table: str) -> None:
    """An empty table for its rows."""
    columns = ', '.join(f'{identifier(name)} {kind}' for name, kind in recipe.columns.items())
    cursor.execute(f'CREATE TABLE derived.{identifier(table)} ({columns})')


def advance(cursor: Cursor, recipe: Recipe, table: str, after: int, until: int) -> None:
    """Take the events after one position, up to another, into `table`."""
    _show(cursor, recipe, after if recipe.incremental else 0, until)
    target = f'derived.{identifier(table)}'
    if not recipe.incremental:
        cursor.execute(f'DELETE FROM {target}')
        cursor.execute(f'INSERT INTO {target} SELECT * FROM (\n{recipe.definition.sql}\n)')
        _check_key(cursor, recipe, target)
        return
    cursor.execute(f'CREATE OR REPLACE TEMP TABLE fresh AS SELECT * FROM (\n{recipe.definition.sql}\n)')
    _check_key(cursor, recipe, 'fresh')
    keys = [identifier(name) for name in recipe.definition.key]
    same = ' AND '.join(f't.{key} IS NOT DISTINCT FROM f.{key}' for key in keys)
    rules = {name: (recipe.definition.merge or {}).get(name, 'last') for name in recipe.columns}
    sets = ', '.join(
        f'{identifier(name)} = {MERGED[rule].format(c=identifier(name))}'
        for name, rule in rules.items()
        if name not in recipe.definition.key
    )
    if sets:
        cursor.execute(f'UPDATE {target} AS t SET {sets} FROM fresh AS f WHERE {same}')
    cursor.execute(
        f'INSERT INTO {target} SELECT f.* FROM fresh AS f WHERE NOT EXISTS (SELECT 1 FROM {target} AS t WHERE {same})'
    )
    cursor.execute('DROP TABLE fresh')


def matter(cursor: Cursor, recipe: Recipe, after: int, until: int) -> bool:
    """Whether any event between two positions concerns the projection."""
    found: int = cursor.execute(
        f'SELECT count(*) FROM events.main.events WHERE {_where(recipe.definition, after, until)}'
    ).fetchone()[0]
    return found > 0


def _show(cursor: Cursor, recipe: Recipe, after: int, until: int) -> None:
    events = f'{sql.EVENTS} WHERE {_where(recipe.definition, after, until)}'
    sql.show_tables(cursor, {**recipe.tables, 'events': events}, ['events', *recipe.tables])


def _where(definition: Projection, after: int, until: int) -> str:
    conditions = [f'position > {after:d} AND position <= {until:d}']
    if definition.entities:
        conditions.append(' OR '.join(f'starts_with(stream, {_text(name + "/")})' for name in definition.entities))
    if definition.types:
        conditions.append(f'type IN ({", ".join(_text(name) for name in definition.types)})')
    return ' AND '.join(f'({condition})' for condition in conditions)


def _check_key(cursor: Cursor, recipe: Recipe, table: str) -> None:
    key: Sequence[str] = recipe.definition.key
    if not key:
        return
    columns = ', '.join(identifier(name) for name in key)
    twice = cursor.execute(f'SELECT {columns} FROM {table} GROUP BY {columns} HAVING count(*) > 1 LIMIT 1').fetchone()
    if twice:
        values = ', '.join(f'{name} {value!r}' for name, value in zip(key, twice, strict=True))
        raise DuplicateKey(f'The SELECT gives several rows for {values}; group by {", ".join(key)}.')


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
