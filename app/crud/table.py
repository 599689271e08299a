"""The read table of an entity: its columns, and how events change it inside the log's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app import codec
from app.events import Event
from app.events.database import parsed
from app.events.log import Database
from app.events.time_travel import records_as_of, records_created
from app.expressions import Named, Path, Scope
from app.identifier import encode_part
from app.schema import Entity

SCHEMA = 'records'
FOREVER = 2**62
PART = 20_000
"""Records whose past is worked out at once, where all are: 100,000 at once would take 350 MB."""
MANY = 1_000
"""More records that are new come out of the log by one statement, in a tenth of the time."""
AT_ONCE = 5_000
FEW = 2
"""Up to so many records are updated one by one, half a millisecond each; more by one statement, of two or three."""


@dataclass(slots=True)
class Changes:
    """What a group of events does to a table, folded per record."""

    inserts: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: dict[str, dict[str, Any]] = field(default_factory=dict)
    deletes: set[str] = field(default_factory=set)


def tables_of(entities: Mapping[str, Entity]) -> dict[str, Table]:
    """The tables of all entities of a config, which know each other."""
    tables = {name: Table(entity) for name, entity in entities.items()}
    for table in tables.values():
        table.others = tables
    return tables


class Table:
    """One row per living record; columns are named by the fields' stable ids."""

    def __init__(self, entity: Entity, name: str = '', *, lenient: bool = False) -> None:
        """Where it is `lenient`, events that are older than the types of today have NULL where those cannot hold a
        value, as `as_of` has."""
        self.entity = entity
        self._lenient = lenient
        self.name = f'{SCHEMA}."{name or entity.resource}"'
        self.fields = {field.id: field for field in entity.stored}
        self._exact = any(field.type_name == 'json' for field in entity.stored)
        self._plain = not any(field.column == 'JSON' or field.column.endswith('[]') for field in entity.stored)
        system = {'id': 'VARCHAR', '_version': 'INTEGER', '_created': 'BIGINT', '_owner': 'VARCHAR'}
        self._named: dict[frozenset[str], Mapping[str, Named]] = {}
        self.others: Mapping[str, Table] = {entity.resource: self}
        """The tables of the same config, which foreign keys lead to."""
        self.columns = system | {id_: field.column for id_, field in self.fields.items()}

    @property
    def select(self) -> str:
        """The columns of a row as SQL reads them: id, version, creation, owner, then each field's stored form."""
        fields = [field.read(f't."{field.id}"') for field in self.entity.readable]
        return ', '.join(['t.id', 't._version', 't._created', 't._owner', *fields])

    @property
    def rows(self) -> str:
        """Its rows with what is computed; stands wherever its name may stand."""
        return self._completed(self.name)

    def rows_at(self, position: int) -> str:
        """Its rows as they were at a position of the log, with what is computed."""
        return self._completed(self.as_of(position))

    def _completed(self, rows: str) -> str:
        computed = ''.join(
            f', TRY_CAST({field.read_expression.literal_sql()} AS {field.column}) AS "{field.id}"'
            for field in self.entity.computed
        )
        return f'(SELECT *{computed} FROM {rows} AS t)' if computed else rows

    def named(self, hidden: frozenset[str]) -> Mapping[str, Named]:
        """The fields that are not hidden as expressions know them; every list asks for them."""
        if hidden not in self._named:
            self._named[hidden] = self.entity.named(hidden)
        return self._named[hidden]

    @property
    def scope(self) -> Scope:
        """What the rules of the config may name: all fields, also of the records that foreign keys lead to."""
        return Scope(self.named(frozenset()), lambda entity: self.others[entity].named(frozenset()))

    def led_to(self, path: Path) -> Table:
        """The table that a chain of foreign keys leads to."""
        table = self
        for name in path:
            table = self.others[getattr(table.entity.field(name), 'references', '')]
        return table

    @property
    def shown(self) -> str:
        """The SELECT that shows it to people who write SQL."""
        fields = ''.join(f', "{field.id}" AS "{field.name}"' for field in self.fields.values())
        return f'SELECT id{fields}, _version, _owner FROM events.{self.name}'

    @property
    def reference_column(self) -> str:
        """The column that foreign keys to this entity hold: its key if that is one field, else the id."""
        key = self.entity.key
        return f'"{self.entity.fields[key[0]].id}"' if len(key) == 1 else '"id"'

    def reference_id(self, value: str) -> str:
        """The id of the record that the foreign key `value` points to."""
        return encode_part(value) if len(self.entity.key) == 1 else value

    def as_of(self, position: int, only: str = 'true', columns: Mapping[str, str] | None = None) -> str:
        """SQL for its rows as they were at a position of the log; stands wherever its name may stand.

        `only` is a condition on the names of streams; `columns` are other columns than all of it, with their types.
        """
        columns = columns or {id_: field.column for id_, field in self.fields.items()}
        return records_as_of(self.entity.resource, columns, position, only)

    def parts(self, records: int) -> list[str]:
        """Conditions for `as_of` that divide it, so that no part takes much memory."""
        count = records // PART + 1
        return [f'hash(stream) % {count} = {number}' for number in range(count)]

    def ddl(self) -> str:
        """The statement that creates it."""
        columns = [f'"{name}" {kind}{" PRIMARY KEY" if name == "id" else ""}' for name, kind in self.columns.items()]
        return f'CREATE TABLE {self.name} ({", ".join(columns)})'

    def apply(self, database: Database, events: Sequence[Event]) -> None:
        """Bring the table up to date with `events` of this entity, in order; they are in the log already."""
        if self._plain and len(events) > MANY and all(event.type == 'created' for event in events):
            columns = {id_: field.column for id_, field in self.fields.items()}
            first, last = events[0].position, events[-1].position
            rows = records_created(self.entity.resource, columns, first, last, 'TRY_CAST' if self._lenient else 'CAST')
            database.execute(f'INSERT INTO {self.name} ({self._places(self.columns)}) {rows}')
            return
        for start in range(0, len(events), AT_ONCE):
            changes = self._fold(events[start : start + AT_ONCE])
            self._delete(database, changes.deletes)
            self._update(database, changes.updates)
            self._insert(database, list(changes.inserts.items()))

    def _fold(self, events: Iterable[Event]) -> Changes:
        changes = Changes()
        for event in events:
            record_id = event.stream.partition('/')[2]
            if event.type in {'created', 'restored'}:
                changes.updates.pop(record_id, None)
                changes.inserts[record_id] = self._new_row(event)
            elif event.type == 'changed':
                row = changes.inserts.get(record_id)
                if row is None:
                    row = changes.updates.setdefault(record_id, {})
                row |= self._changed_columns(event)
            elif event.type == 'deleted':
                changes.inserts.pop(record_id, None)
                changes.updates.pop(record_id, None)
                changes.deletes.add(record_id)
        return changes

    def _new_row(self, event: Event) -> dict[str, Any]:
        values, meta = self.parse(event.data), codec.parse(event.meta)
        row = {'_version': event.version, '_created': event.position, '_owner': meta.get('owner') or meta.get('actor')}
        return row | {id_: field.to_column(values.get(id_)) for id_, field in self.fields.items()}

    def _changed_columns(self, event: Event) -> dict[str, Any]:
        row: dict[str, Any] = {'_version': event.version}
        for id_, change in self.parse(event.data).items():
            if id_ in self.fields:
                row[id_] = self.fields[id_].to_column(change['to'])
        return row

    def parse(self, text: str | bytes) -> dict[str, Any]:
        """A JSON object that this system wrote itself; with every digit, where a field may hold numbers of any kind."""
        data: dict[str, Any] = codec.decode(text) if self._exact else codec.parse(text)
        return data

    def _delete(self, database: Database, ids: set[str]) -> None:
        if ids:
            database.execute(f'DELETE FROM {self.name} WHERE id IN (SELECT unnest(?::VARCHAR[]))', [sorted(ids)])

    def _update(self, database: Database, updates: dict[str, dict[str, Any]]) -> None:
        by_columns: dict[tuple[str, ...], list[tuple[str, dict[str, Any]]]] = {}
        for record_id, row in updates.items():
            by_columns.setdefault(tuple(sorted(row)), []).append((record_id, row))
        for columns, rows in by_columns.items():
            if len(rows) <= FEW and not self._lenient:
                sets = ', '.join(f'"{name}" = ?::{self.columns[name]}' for name in columns)
                for record_id, row in rows:
                    values = [row[name] for name in columns]
                    database.execute(f'UPDATE {self.name} SET {sets} WHERE id = ?', [*values, record_id])
            else:
                sets = ', '.join(f'"{name}" = s."{name}"' for name in columns)
                source, lists = self._unnest(['id', *columns], [(rid, *(row[c] for c in columns)) for rid, row in rows])
                target = self.name
                sql = f'UPDATE {target} AS t SET {sets} FROM ({source}) AS s WHERE t.id = s.id'
                database.execute(parsed(sql), lists)

    def _insert(self, database: Database, inserts: Sequence[tuple[str, dict[str, Any]]]) -> None:
        if inserts:
            given = [name for name in self.columns if name != 'id' and any(row[name] is not None for _, row in inserts)]
            rows = [(record_id, *(row[name] for name in given)) for record_id, row in inserts]
            source, lists = self._unnest(['id', *given], rows)
            database.execute(parsed(f'INSERT INTO {self.name} ({self._places(["id", *given])}) {source}'), lists)

    def _places(self, names: Iterable[str]) -> str:
        """The columns by name, since they lie in the order they were added in."""
        return ', '.join(f'"{name}"' for name in names)

    def _unnest(self, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> tuple[str, list[list[Any]]]:
        """A SELECT of the rows; who writes them casts them, which costs half of what casting here would."""
        lists = [list(column) for column in zip(*rows, strict=True)]
        if not self._lenient:
            return 'SELECT ' + ', '.join(f'unnest(?) AS "{name}"' for name in columns), lists
        selected = ', '.join(
            f'TRY_CAST(unnest(?::{self._list_type(name)}[]) AS {self.columns[name]}) AS "{name}"' for name in columns
        )
        texts = (self._list_type(name) == 'VARCHAR' for name in columns)
        return f'SELECT {selected}', [
            list(map(_text, values)) if text else values for text, values in zip(texts, lists, strict=True)
        ]

    def _list_type(self, name: str) -> str:
        kind = self.columns[name]
        return kind if kind.endswith('[]') else 'VARCHAR'


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else codec.canonical(value)
