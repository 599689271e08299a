"""The entities in force and their tables; where a new config takes effect, completely or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from app.config import Config
from app.crud.table import SCHEMA, Table
from app.errors import Conflict, NotFound
from app.events import Append, DuckDBLog, Event, new_event
from app.events.database import Read
from app.events.facts import claim_text
from app.events.log import Database
from app.permissions import ACTIONS, is_condition
from app.schema import Entity

logger = logging.getLogger(__name__)

PAGE = 20_000
FOREVER = 2**62
EVENTS_OF = """
    SELECT position, stream, version, type, data, meta, event_id::VARCHAR, recorded_at, hash FROM events
    WHERE position > ? AND starts_with(stream, ?) ORDER BY position LIMIT ?"""


class Catalog:
    """Which entities there are now; `apply` keeps their tables up to date with the log."""

    def __init__(self) -> None:
        self.config = Config()
        self.tables: dict[str, Table] = {}
        self.generation = 0
        """Counts the configs that were in force."""

    @property
    def entities(self) -> dict[str, Entity]:
        """The entities by name."""
        return {name: table.entity for name, table in self.tables.items()}

    def table(self, name: str) -> Table:
        """The table of the entity called `name`, or `NotFound`."""
        if name not in self.tables:
            raise NotFound(f'There is no entity {name!r}.')
        return self.tables[name]

    def roles(self) -> set[str]:
        """The roles that the rules of entities name."""
        words = {
            word
            for table in self.tables.values()
            for action in ACTIONS
            for word in table.entity.permissions.rules(action)
            if not is_condition(word)
        }
        return words - {'public', 'authenticated', 'owner'}

    def owner(self, category: str) -> str:
        """The REST call that writes the streams of an entity; nothing if there is no such entity, and never was."""
        known = category in self.tables or any(path == f'entities/{category}.yaml' for path in self.config.documents)
        return f'POST, PATCH or DELETE /api/{category} on the data port' if known else ''

    def sql_tables(self) -> dict[str, str]:
        """The records of each entity as SQL shows them: columns by the names that fields have today."""
        return {name: table.shown for name, table in self.tables.items()}

    def differences(self, read: Read) -> list[str]:
        """Where a read table is not what the log says, in one sentence each; reads all of both."""
        found = []
        for name, table in self.tables.items():
            columns = ', '.join(
                f'json_extract("{column}", \'$\')' if kind == 'JSON' else f'"{column}"'  # DuckDB's own spelling of it
                for column, kind in table.columns.items()
            )
            here, there = f'SELECT {columns} FROM {table.name}', f'SELECT {columns} FROM {table.as_of(FOREVER)}'
            sql = f'SELECT count(*), min(id) FROM (({here} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {here}))'
            count, record_id = read(sql, [])[0]
            if count:
                found.append(f'The table of {name} differs from the log, for example in the record {record_id}.')
        return found

    def apply(self, database: Database, events: Sequence[Event]) -> None:
        """Write events into the read tables; runs inside the log's transaction."""
        by_entity: dict[str, list[Event]] = {}
        for event in events:
            by_entity.setdefault(event.stream.partition('/')[0], []).append(event)
        for name, group in by_entity.items():
            if name in self.tables:
                self.tables[name].apply(database, group)

    async def activate(self, config: Config, log: DuckDBLog) -> None:
        """Record `config` in the log and put it into force, in one commit; raises and changes nothing if it cannot."""
        events = await _document_events(config, log)
        tables = {name: Table(entity) for name, entity in config.entities.items()}

        def fit(database: Database) -> Callable[[], None]:
            for table in tables.values():
                _fit(database, table)
                if events:
                    _fit_claims(database, table)
            return put_into_force

        def put_into_force() -> None:
            self.tables, self.config, self.generation = tables, config, self.generation + 1

        await log.append(Append(events=events, alongside=fit))


async def _document_events(config: Config, log: DuckDBLog) -> list[Any]:
    meta = {'actor': 'system', 'source': 'config'}
    recorded = {}
    for row in await log.database.query(
        'SELECT stream, arg_max(data, version), arg_max(type, version) FROM events '
        "WHERE starts_with(stream, 'config/') GROUP BY stream"
    ):
        recorded[row[0]] = '' if row[2] == 'deleted' else row[1]
    events = []
    for path, text in config.documents.items():
        new = new_event(f'config/{path}', 'changed', {'text': text}, meta)
        if recorded.pop(new.stream, '') != new.data:
            events.append(new)
    events += [new_event(stream, 'deleted', {}, meta) for stream, data in recorded.items() if data]
    return events


def _fit(database: Database, table: Table) -> None:
    database.execute(f'CREATE SCHEMA IF NOT EXISTS {SCHEMA}')
    existing = dict(
        database.execute(
            'SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?',
            [SCHEMA, table.entity.resource],
        ).fetchall()
    )
    if existing == table.columns:
        return
    logger.info('building the table of %s from the log', table.entity.resource)
    if existing:
        _check_retyped(database, table, existing)
        database.execute(f'DROP TABLE {table.name}')
    database.execute(table.ddl())
    position = 0
    prefix = f'{table.entity.resource}/'
    while rows := database.execute(EVENTS_OF, [position, prefix, PAGE]).fetchall():
        table.apply(database, [Event(*row) for row in rows])
        position = rows[-1][0]


def _check_retyped(database: Database, table: Table, existing: dict[str, str]) -> None:
    """A column may change its type only where every value survives the way there and back."""
    for id_, field in table.fields.items():
        old, new, column = existing.get(id_, field.column), field.column, f'"{id_}"'
        if old == new:
            continue
        survives = f'TRY_CAST(TRY_CAST({column} AS {new}) AS {old}) IS NOT DISTINCT FROM {column}'
        if old.endswith('[]') or new.endswith('[]'):
            survives = 'false'  # DuckDB casts lists to texts and back, but spells them in another way than events do
        lost = database.execute(
            f'SELECT {column}::VARCHAR, count(*) FROM {table.name} WHERE {column} IS NOT NULL '
            f'AND NOT ({survives}) GROUP BY 1 ORDER BY 2 DESC LIMIT 5'
        ).fetchall()
        if lost:
            values = ', '.join(f'{value!r} ({count} records)' for value, count in lost)
            place = f'{table.entity.resource}.{field.name}'
            raise Conflict(f'{place} cannot become {field.type_name}, which does not fit {values}. Change those first.')


def _fit_claims(database: Database, table: Table) -> None:
    """Unique values are claims in the log's own table; a field that has become unique must claim its values first."""
    resource = table.entity.resource
    for field in table.entity.stored:
        scope, column = f'{resource}.{field.id}', f'"{field.id}"'
        if not field.unique:
            database.execute('DELETE FROM claims WHERE starts_with(claim, ?)', [claim_text(scope, '')])
            continue
        twice = database.execute(
            f'SELECT {field.read(column)}, count(*) FROM {table.name} WHERE {column} IS NOT NULL '
            f'GROUP BY {column} HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 5'
        ).fetchall()
        if twice:
            values = ', '.join(f'{value!r} ({count} records)' for value, count in twice)
            raise Conflict(f'{resource}.{field.name} cannot be unique: {values}.')
        database.execute(
            'DELETE FROM claims WHERE starts_with(claim, ?) AND claim NOT IN '
            f'(SELECT ? || ({field.read(column)})::VARCHAR FROM {table.name} WHERE {column} IS NOT NULL)',
            [claim_text(scope, '')] * 2,
        )
        database.execute(
            f"INSERT INTO claims SELECT ? || ({field.read(column)})::VARCHAR, '{resource}/' || id FROM {table.name} "
            f'WHERE {column} IS NOT NULL ON CONFLICT DO NOTHING',
            [claim_text(scope, '')],
        )
