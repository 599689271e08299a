"""The entities in force and their tables; where a new config takes effect, completely or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from app import codec
from app.config import Config, read_entity
from app.crud.author import Author
from app.crud.fitting import fit, fit_claims
from app.crud.schema_plan import Fill, SchemaPlan, plan_schema
from app.crud.table import FOREVER, SCHEMA, Table, tables_of
from app.crud.view_table import CATEGORY, apply_views, fit_saved_views, wrong_views
from app.errors import Conflict, NotFound
from app.events import Append, CategoryChanged, DuckDBLog, Event, NewEvent, new_event
from app.events.database import Read
from app.events.log import Database
from app.identifier import new_id
from app.permissions import ACTIONS, SYSTEM, is_condition
from app.schema import Entity

CONFIG = Author(principal=SYSTEM, source='config')
CONVERTED = '"source":"schema"'
"""In the meta of events that tell of values stored otherwise: the table gets those when it is fitted, in one step."""
RECORDED = """
    SELECT stream, arg_max(data, version) FILTER (type <> 'deleted'), arg_max(type, version) <> 'deleted' FROM events
    WHERE starts_with(stream, 'config/') GROUP BY stream"""
"""The newest text of each document, and whether it is still there."""
ATTEMPTS = 5
"""How often a config is planned again when data came in between."""


class Catalog:
    """Which entities there are now; `apply` keeps their tables up to date with the log."""

    def __init__(self) -> None:
        self.config = Config()
        self.tables: dict[str, Table] = {}
        self.generation = 0
        """Counts the configs that were in force."""
        self.position = 0
        """Where in the log the config in force stands: what was checked by an older one is checked again."""

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
        known = category in self.tables or any(
            path.startswith(f'entities/{category}.') for path in self.config.documents
        )
        return f'POST, PATCH or DELETE /api/{category} on the data port' if known else ''

    def sql_tables(self) -> dict[str, str]:
        """The records of each entity as SQL shows them: columns by the names that fields have today."""
        return {name: table.shown for name, table in self.tables.items()}

    def differences(self, read: Read) -> list[str]:
        """Where a read table is not what the log says, in one sentence each; reads all of both."""
        found = wrong_views(read)
        for name, table in self.tables.items():
            columns = ', '.join(
                f'json_extract("{column}", \'$\')' if kind == 'JSON' else f'"{column}"'  # DuckDB's own spelling of it
                for column, kind in table.columns.items()
            )
            records = read(f'SELECT count(*) FROM {table.name}', [])[0][0]
            for part in table.parts(records):
                here = f"SELECT {columns} FROM (SELECT *, '{name}/' || id AS stream FROM {table.name}) WHERE {part}"
                there = f'SELECT {columns} FROM {table.as_of(FOREVER, part)}'
                both = f'(({here} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {here}))'
                count, record_id = read(f'SELECT count(*), min(id) FROM {both}', [])[0]
                if count:
                    found.append(f'The table of {name} differs from the log, for example in the record {record_id}.')
                    break
        return found

    def apply(self, database: Database, events: Sequence[Event]) -> None:
        """Write events into the read tables; runs inside the log's transaction."""
        by_entity: dict[str, list[Event]] = {}
        for event in events:
            if CONVERTED not in event.meta:
                by_entity.setdefault(event.stream.partition('/')[0], []).append(event)
        if CATEGORY in by_entity:
            apply_views(database, by_entity.pop(CATEGORY))
        for name, group in by_entity.items():
            if name in self.tables:
                self.tables[name].apply(database, group)

    def recover(self, database: Database, events: Sequence[Event]) -> None:
        """`apply` before any config is in force: the tables have the shape that the config in the log gave them."""
        rows = database.execute(RECORDED).fetchall()
        entities = _entities_of({stream: (data, there) for stream, data, there in rows})
        self.tables = {name: Table(entity, lenient=True) for name, entity in entities.items()}
        self.apply(database, events)
        self.tables = {}

    async def plan(self, config: Config, log: DuckDBLog, fill: Fill | None = None) -> SchemaPlan:
        """What `config` would do to the data; `fill` says what to give to records whose values do not fit."""
        before = _entities_of(await _recorded_documents(log))
        return await log.database.read(lambda read: plan_schema(read, before, config, fill or {}))

    async def activate(
        self, config: Config, log: DuckDBLog, author: Author | None = None, fill: Fill | None = None
    ) -> SchemaPlan:
        """Record `config` in the log and put it into force, in one commit; raises and changes nothing if it cannot."""
        for _ in range(ATTEMPTS):
            try:
                return await self._activate(config, log, author or CONFIG, fill)
            except CategoryChanged as changed:
                problem = changed
        raise problem

    async def _activate(self, config: Config, log: DuckDBLog, author: Author, fill: Fill | None) -> SchemaPlan:
        unchanged = {name: log.category_position(name) for name in ['config', *config.entities]}
        documents = await _document_events(config, log, author)
        plan = await self.plan(config, log, fill) if documents else SchemaPlan([], 0)
        if plan.problems:
            sentences = plan.problems
            more = f' And {len(sentences) - 5} more.' if len(sentences) > 5 else ''
            raise Conflict(
                f'The records do not fit. {" ".join(f"{one}." for one in sentences[:5])}{more}', plan=plan.as_json()
            )
        events = documents + await log.database.read(lambda read: _conversions(read, plan, author))
        tables = tables_of(config.entities)
        refilled = {one.name: one.refilled for one in plan.entities}

        def fit_all(database: Database) -> Callable[[], None]:
            fit_saved_views(database)
            for name, table in tables.items():
                fit(database, table, refilled.get(name, ()))
                if events:
                    fit_claims(database, table)
            return put_into_force

        def put_into_force() -> None:
            self.tables, self.config, self.generation = tables, config, self.generation + 1

        await log.append(Append(events=events, alongside=fit_all, unchanged=unchanged if documents else {}))
        self.position = log.category_position('config')
        return plan


async def _recorded_documents(log: DuckDBLog) -> dict[str, tuple[str, bool]]:
    """Stream -> the newest text of a document, as the event that recorded it, and whether it is still there."""
    return {stream: (data, there) for stream, data, there in await log.database.query(RECORDED)}


async def _document_events(config: Config, log: DuckDBLog, author: Author) -> list[NewEvent]:
    meta = author.meta()
    recorded = {stream: data for stream, (data, there) in (await _recorded_documents(log)).items() if there}
    events = []
    for path, text in config.documents.items():
        new = new_event(f'config/{path}', 'changed', {'text': text}, meta)
        if recorded.pop(new.stream, '') != new.data:
            events.append(new)
    return events + [new_event(stream, 'deleted', {}, meta) for stream in recorded]


def _entities_of(documents: Mapping[str, tuple[str, bool]]) -> dict[str, Entity]:
    """The entities as last described, also those that are no longer there; without any that is not understood today."""
    found = {}
    for data, _ in sorted(documents.values(), key=lambda document: document[1]):
        entity = read_entity(codec.parse(data)['text'])
        if entity:
            found[entity.resource] = entity
    return found


def _conversions(read: Read, plan: SchemaPlan, author: Author) -> list[NewEvent]:
    """What the records' streams say of values that are stored otherwise from now on; one batch, which can be undone."""
    author, events = replace(author, source='schema', batch=new_id()), list[NewEvent]()
    for one in plan.entities:
        if one.changes:
            owners: dict[str, str | None] = dict(read(f'SELECT id, _owner FROM {SCHEMA}."{one.name}"', []))
            metas = {owner: codec.canonical(author.meta(owner=owner or '')) for owner in set(owners.values())}
            for record_id, changes in one.changes.items():
                meta = metas[owners[record_id]]
                events.append(new_event(f'{one.name}/{record_id}', 'changed', changes, meta))
    return events
