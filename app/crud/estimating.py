"""How long applying a plan would take: what it does with many records is tried with some of them, and undone."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from app.crud.fitting import EVENTS_OF, rebuilds
from app.crud.schema_plan import EntityPlan, SchemaPlan
from app.crud.table import FOREVER, Table
from app.crud.uniqueness import uniques
from app.events import Event, new_event
from app.events.database import Database
from app.events.rows import try_out

TRIED = 2_000
"""Records and events of which the rest is estimated."""
TRIAL = 'temp.main.trial'


def applying_seconds(database: Database, plan: SchemaPlan) -> float:
    """An estimate from what this machine takes for some of the records now; others at work make it longer.

    For a thread: it takes about a tenth of a second for each entity.
    """
    cursor = database.cursor()
    try:
        parts = (_entity_seconds(cursor, one) for one in plan.entities if one.new and one.records)
        return round(plan.seconds + sum(parts), 2)  # all values are tried again when it is applied
    finally:
        database.close_cursor(cursor)


def _entity_seconds(cursor: Any, plan: EntityPlan) -> float:
    assert plan.new
    table = Table(plan.new, lenient=True)
    seconds = 0.0
    if plan.changes:
        tried = min(len(plan.changes), TRIED)
        seconds += _timed(lambda: _record(cursor, plan, tried)) * len(plan.changes) / tried
    existing = {row[0]: row[1] for row in cursor.execute(COLUMNS, [plan.name]).fetchall()}
    if rebuilds(table, existing, plan.refilled):
        count = _one(cursor, 'SELECT count(*) FROM events WHERE starts_with(stream, ?)', [f'{plan.name}/'])
        seconds += _timed(lambda: _rebuild(cursor, table)) * max(1, count / TRIED)
    elif plan.refilled:
        seconds += _timed(lambda: _refill(cursor, table, plan)) * len(table.parts(plan.records))
    return seconds + _timed(lambda: _claim(cursor)) * _claimed(cursor, plan) / TRIED


def _record(cursor: Any, plan: EntityPlan, count: int) -> None:
    changes = islice(plan.changes.items(), count)
    try_out(cursor, [new_event(f'{plan.name}/{id_}', 'changed', change, {}) for id_, change in changes], TRIAL)


def _rebuild(cursor: Any, table: Table) -> None:
    resource, name = table.entity.resource, table.name
    rows = cursor.execute(EVENTS_OF, [0, f'{resource}/', TRIED]).fetchall()
    table.name = TRIAL
    try:
        cursor.execute(table.ddl().replace('CREATE', 'CREATE TEMP', 1))
        table.apply(cursor, [Event(*row) for row in rows])
    finally:
        table.name = name
        cursor.execute(f'DROP TABLE IF EXISTS {TRIAL}')


def _refill(cursor: Any, table: Table, plan: EntityPlan) -> None:
    columns = {id_: table.columns[id_] for id_ in plan.refilled}
    past = table.as_of(FOREVER, table.parts(plan.records)[0], columns)
    cursor.execute(f'CREATE TEMP TABLE {TRIAL} AS SELECT * FROM {past}')
    cursor.execute(f'DROP TABLE {TRIAL}')


def _claimed(cursor: Any, plan: EntityPlan) -> int:
    """How many unique values are taken or given up because other fields are unique from then on."""
    assert plan.new
    there = cursor.execute(SCOPES, [f'{plan.name}.']).fetchall()
    wanted = {unique.scope for unique in uniques(plan.new)}
    given_up = sum(count for scope, count in there if scope not in wanted)
    return int(given_up + len(wanted.difference(scope for scope, _ in there)) * plan.records)


def _claim(cursor: Any) -> None:
    cursor.execute(f'CREATE TEMP TABLE {TRIAL} (claim VARCHAR PRIMARY KEY, owner VARCHAR)')
    cursor.execute(f"INSERT INTO {TRIAL} SELECT 'a longer text ' || hash(n), 'b' || n FROM range({TRIED}) AS r(n)")
    cursor.execute(f'DELETE FROM {TRIAL}')
    cursor.execute(f'DROP TABLE {TRIAL}')


def _one(cursor: Any, sql: str, parameters: list[Any]) -> Any:
    return cursor.execute(sql, parameters).fetchone()[0]


def _timed(trial: Callable[[], None]) -> float:
    began = time.monotonic()
    trial()
    return time.monotonic() - began


SCOPES = 'SELECT split_part(claim, chr(31), 1), count(*) FROM claims WHERE starts_with(claim, ?) GROUP BY 1'
COLUMNS = "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'records' AND table_name = ?"
