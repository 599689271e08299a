"""What a new config would do to the real data: found out before anything happens."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.config import Config
from app.crud.comparing import Difference, compare, definition, keys_of
from app.crud.conversions import (
    NOTHING,
    SAMPLES,
    Conversion,
    OldValues,
    convert,
    duplicates,
    give_way,
    records_with,
    source_of,
)
from app.crud.covering import expression_of
from app.crud.fitting import columns_of
from app.crud.naming import now
from app.crud.sources import source_at
from app.crud.table import Table, tables_of
from app.crud.uniqueness import BETWEEN, Unique, uniques
from app.events.database import Read
from app.expressions import BOOLEAN, User
from app.fields import Field
from app.schema import Entity

SHOWN = 20
"""Values in a list of those that do not fit, at most; the answer says how many there are."""
Fill = Mapping[str, Any]
"""`entity.field` -> what to give to records whose value does not fit."""


@dataclass(slots=True)
class EntityPlan:
    """What becomes of one entity; `problems` stand against it."""

    name: str
    new: Entity | None
    differences: list[Difference]
    records: int = 0
    conversions: list[Conversion] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """Record id -> field id -> {from, to}: what the records' streams will say of it."""

    @property
    def refilled(self) -> set[str]:
        """The ids of the fields whose columns get their values from the log."""
        return {conversion.field.id for conversion in self.conversions if conversion.writes}

    def as_json(self) -> dict[str, Any]:
        """The plan as the API shows it."""
        return {
            'entity': self.name,
            'records': self.records,
            'changes': [difference.as_json() for difference in self.differences],
            'converted': [one.as_json() for one in self.conversions if one.converted],
            'problems': self.problems,
            'hints': _hints(self.differences),
            'events': len(self.changes),
        }


@dataclass(slots=True)
class SchemaPlan:
    """What becomes of all of them."""

    entities: list[EntityPlan]
    seconds: float
    """How long it took to find out, with all values tried."""
    applying: float | None = None
    """How many seconds applying it would take, as far as one can tell."""

    @property
    def problems(self) -> list[str]:
        """What stands against it, in sentences."""
        return [_sentence(plan.name, problem) for plan in self.entities for problem in plan.problems]

    def as_json(self) -> dict[str, Any]:
        """The plan as the API shows it."""
        return {
            'possible': not self.problems,
            'entities': [plan.as_json() for plan in self.entities],
            'seconds': self.seconds,
            'applying_seconds': self.applying,
        }


def plan_schema(read: Read, before: Mapping[str, Entity], config: Config, fill: Fill) -> SchemaPlan:
    """Compare, and try every value of every field defined otherwise; `before` has the entities as last known."""
    began = time.monotonic()
    plans = []
    for name in [*config.entities, *(before.keys() - config.entities.keys())]:
        old, new = before.get(name), config.entities.get(name)
        if old != new:
            plans.append(_Planner(read, name, config, fill).plan(old, new))
    return SchemaPlan(plans, round(time.monotonic() - began, 3))


class _Planner:
    """Plans one entity."""

    def __init__(self, read: Read, name: str, config: Config, fill: Fill) -> None:
        self._read = read
        self._name = name
        self._config = config
        self._fill = fill

    def plan(self, old: Entity | None, new: Entity | None) -> EntityPlan:
        """What becomes of it."""
        existing = self._columns(self._name)
        if old is None or new is None or existing != Table(old).columns:
            return EntityPlan(self._name, new, compare(old, new))
        table = Table(old)
        before = {field.id: field for field in old.stored}
        recorded = self._recorded(field.id for field in new.stored if field.id not in before)
        plan = EntityPlan(self._name, new, compare(old, new, recorded))
        plan.records = self._read(f'SELECT count(*) FROM {table.name}', [])[0][0]
        if not plan.records:
            return plan
        if keys_of(old) != keys_of(new):
            plan.problems.append({'reason': 'the key of an entity that has records cannot change'})
        for one in new.stored:
            prior = before.get(one.id)
            if prior is None or definition(prior) != definition(one):
                known = prior is not None or one.id in recorded
                self._add(plan, table, prior, one, known=known)
            if one.check and (prior is None or prior.check != one.check):
                self._add_broken(plan, table, one)
        for unique in uniques(new):
            if len(unique.fields) > 1:
                self._add_equal(plan, table, unique)
        return plan

    def _add(self, plan: EntityPlan, table: Table, old: Field | None, new: Field, *, known: bool) -> None:
        source = source_of(table, old, new) if known else OldValues(f'{table.name} AS t', 'NULL', None)
        fill = self._fill.get(f'{self._name}.{new.name}', NOTHING)
        conversion = convert(self._read, new, source, fill)
        if new.type_name == 'foreign_key':
            self._check_targets(conversion, getattr(new, 'references', ''), fill)
        plan.conversions.append(conversion)
        failed = conversion.failed
        ids = records_with(self._read, conversion, failed[:SHOWN])
        for one, found in zip(failed[:SHOWN], ids.values(), strict=False):
            plan.problems.append(
                {'field': new.name, 'value': one.old, 'records': one.records, 'reason': one.reason, 'ids': found}
            )
        if len(failed) > SHOWN:
            rest = failed[SHOWN:]
            reason = f'{len(rest)} more values do not fit'
            plan.problems.append({'field': new.name, 'records': sum(one.records for one in rest), 'reason': reason})
        if new.unique:
            for value, count in duplicates(conversion)[:SHOWN]:
                reason = 'would not be unique'
                plan.problems.append({'field': new.name, 'value': value, 'records': count, 'reason': reason})
        for record_id, change in conversion.changes(self._read).items():
            plan.changes.setdefault(record_id, {})[new.id] = change

    def _add_broken(self, plan: EntityPlan, table: Table, one: Field) -> None:
        """A check that is new is asked of the records there are, unless what it looks at changes its type too."""
        tables = tables_of(self._config.entities)
        expression = expression_of(tables[self._name], one.check, BOOLEAN)
        fields = tables[self._name].entity.fields
        looked_at = [fields[name] for name in expression.names if name in fields]
        if any(table.columns.get(field.id) != field.column for field in looked_at):
            return
        led_to = [tables[self._name].led_to(path) for path in expression.paths]
        if any(self._columns(other.entity.resource) != other.columns for other in led_to):
            return
        written = expression.sql(User(''), now(), source_at(tables, None))
        where = f'FROM {table.name} AS t{"".join(written.joins.values())} WHERE NOT ({written.sql})'
        [(count, ids)] = self._read(f'SELECT count(*), list(t.id)[:{SAMPLES}] {where}', written.parameters)
        if count:
            reason = one.message or f'does not fulfil {one.check}'
            plan.problems.append({'field': one.name, 'records': count, 'reason': reason, 'ids': ids})

    def _add_equal(self, plan: EntityPlan, table: Table, unique: Unique) -> None:
        """Records equal in fields that are unique together; where these are converted, applying finds them."""
        altered = {conversion.field.id for conversion in plan.conversions}
        if altered.isdisjoint(field.id for field in unique.fields):
            sql = f'SELECT {unique.sql} AS key, count(*), list(id)[:{SAMPLES}] FROM {table.name} GROUP BY 1'
            for key, count, ids in self._read(f'{sql} HAVING count(*) > 1 AND key IS NOT NULL LIMIT {SHOWN}', []):
                values, reason = key.split(BETWEEN), 'would not be unique'
                problem = {'field': unique.names, 'value': values, 'records': count, 'reason': reason, 'ids': ids}
                plan.problems.append(problem)

    def _check_targets(self, conversion: Conversion, entity: str, fill: Any) -> None:
        wanted = [str(one.new) for one in conversion.outcomes.values() if one.new is not None and not one.reason]
        column = Table(self._config.entities[entity]).reference_column
        there = f'SELECT {column}::VARCHAR FROM {Table(self._config.entities[entity]).name}'
        found = 'false' if column.strip('"') not in self._columns(entity) else f'v IN ({there})'
        missing = self._read(f'SELECT v FROM (SELECT unnest(?::VARCHAR[]) AS v) WHERE NOT ({found})', [wanted])
        lost = {row[0] for row in missing}
        for text, one in conversion.outcomes.items():
            if not one.reason and str(one.new) in lost:
                conversion.outcomes[text] = give_way(
                    conversion.field, one, f'there is no such record in {entity}', fill
                )

    def _columns(self, entity: str) -> dict[str, str]:
        return columns_of(self._read, entity)

    def _recorded(self, ids: Iterable[str]) -> frozenset[str]:
        sql = 'SELECT 1 FROM events WHERE starts_with(stream, ?) AND contains(data, ?) LIMIT 1'
        return frozenset(id_ for id_ in ids if self._read(sql, [f'{self._name}/', f'"{id_}":']))


def _hints(differences: list[Difference]) -> list[str]:
    removed, added = ([one.field for one in differences if one.change == f'{verb}_field'] for verb in ('remove', 'add'))
    if not removed or not added:
        return []
    return [f'If {added[0]} is {removed[0]} by another name, write id: {removed[0]} below it; its values stay then.']


def _sentence(entity: str, problem: dict[str, Any]) -> str:
    place = f'{entity}.{problem["field"]}' if 'field' in problem else entity
    ids = f', such as {", ".join(problem["ids"])}' if problem.get('ids') else ''
    if 'value' not in problem:
        records = f' ({problem["records"]} records{ids})' if 'records' in problem else ''
        return f'{place}: {problem["reason"]}{records}'
    value = 'no value' if problem['value'] is None else repr(problem['value'])
    return f'{place} {problem["reason"]}: {value} ({problem["records"]} records{ids})'
