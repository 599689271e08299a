"""Bringing a read table into the shape of its entity, inside the transaction that puts a config into force."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from app.crud.table import FOREVER, SCHEMA, Table
from app.crud.uniqueness import BETWEEN, uniques
from app.errors import Conflict
from app.events import Event
from app.events.database import Read
from app.events.facts import claim_text
from app.events.log import Database

logger = logging.getLogger(__name__)

PAGE = 20_000
EVENTS_OF = """
    SELECT position, stream, version, type, data, meta, event_id::VARCHAR, recorded_at, hash FROM events
    WHERE position > ? AND starts_with(stream, ?) ORDER BY position LIMIT ?"""


def fit(database: Database, table: Table, refilled: Collection[str] = ()) -> None:
    """Add, drop and retype columns; those of the fields `refilled`, and retyped ones, get their values from the log."""
    database.execute(f'CREATE SCHEMA IF NOT EXISTS {SCHEMA}')
    existing = columns_of(lambda sql, parameters: database.execute(sql, parameters).fetchall(), table.entity.resource)
    if not existing:
        _rebuild(database, table)
        return
    retyped = _retyped(table, existing)
    refilled = {*retyped, *refilled} & table.fields.keys()
    if rebuilds(table, existing, refilled):
        database.execute(f'DROP TABLE {table.name}')
        _rebuild(database, table)
        return
    for name in [*(existing.keys() - table.columns.keys()), *retyped]:
        database.execute(f'ALTER TABLE {table.name} DROP COLUMN "{name}"')
    for name in table.columns:
        if name not in existing or name in retyped:
            database.execute(f'ALTER TABLE {table.name} ADD COLUMN "{name}" {table.columns[name]}')
    if refilled:
        _refill(database, table, refilled)


def rebuilds(table: Table, existing: Mapping[str, str], refilled: Collection[str]) -> bool:
    """Whether the table is made anew: SQL would not keep every digit of the numbers inside of JSON."""
    retyped = _retyped(table, existing)
    filled = {*retyped, *refilled} & table.fields.keys()
    return bool(retyped - table.fields.keys()) or any(table.columns[id_] == 'JSON' for id_ in filled)


def columns_of(read: Read, entity: str) -> dict[str, str]:
    """The columns that the read table of an entity has, with their types; none if there is no table."""
    sql = 'SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?'
    return dict(read(sql, [SCHEMA, entity]))


def _retyped(table: Table, existing: Mapping[str, str]) -> set[str]:
    return {name for name, kind in table.columns.items() if existing.get(name, kind) != kind}


def _rebuild(database: Database, table: Table) -> None:
    logger.info('building the table of %s from the log', table.entity.resource)
    database.execute(table.ddl())
    past = Table(table.entity, lenient=True)  # values of old may be of types that the fields had then
    position = 0
    prefix = f'{table.entity.resource}/'
    while rows := database.execute(EVENTS_OF, [position, prefix, PAGE]).fetchall():
        past.apply(database, [Event(*row) for row in rows])
        position = rows[-1][0]


def _refill(database: Database, table: Table, refilled: Collection[str]) -> None:
    names = ['_version', *sorted(refilled)]
    sets = ', '.join(f'"{name}" = s."{name}"' for name in names)
    for part in table.parts(database.execute(f'SELECT count(*) FROM {table.name}').fetchone()[0]):
        past = table.as_of(FOREVER, part, {id_: table.columns[id_] for id_ in refilled})
        database.execute(f'UPDATE {table.name} AS t SET {sets} FROM {past} AS s WHERE t.id = s.id')


def fit_claims(database: Database, table: Table) -> None:
    """Unique values are claims in the log's own table; what has become unique must claim its values first."""
    resource, wanted = table.entity.resource, uniques(table.entity)
    others = ''.join(' AND NOT starts_with(claim, ?)' for _ in wanted)
    scopes = [claim_text(unique.scope, '') for unique in wanted]
    database.execute(f'DELETE FROM claims WHERE starts_with(claim, ?){others}', [f'{resource}.', *scopes])
    for unique, scope in zip(wanted, scopes, strict=True):
        there = f'FROM (SELECT id, {unique.sql} AS key FROM {table.name}) WHERE key IS NOT NULL'
        twice = database.execute(f'SELECT key, count(*) {there} GROUP BY 1 HAVING count(*) > 1 LIMIT 5').fetchall()
        if twice:
            values = ', '.join(f'{key.replace(BETWEEN, ", ")!r} ({count} records)' for key, count in twice)
            raise Conflict(f'{resource}: {unique.names} would not be unique: {values}.')
        database.execute(
            f'DELETE FROM claims WHERE starts_with(claim, ?) AND claim NOT IN (SELECT ? || key {there})', [scope, scope]
        )
        database.execute(
            f"INSERT INTO claims SELECT ? || key, '{resource}/' || id {there} ON CONFLICT DO NOTHING", [scope]
        )
