"""Lists in sums: `group_by=status&sum=credit_limit&count=*`, over the records that one may read."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from app.crud.grouping import FUNCTIONS, Grouping, Parameters, parse_grouping
from app.crud.listing import Asked, Joins, asked_by, rows_of
from app.crud.naming import scope_for
from app.crud.views import Views
from app.events import DuckDBLog
from app.events.database import Read, Row
from app.events.time_travel import position_at
from app.fields.timestamp import format_moment
from app.permissions import Principal


class Aggregates:
    """Answers with one line per group."""

    def __init__(self, views: Views, log: DuckDBLog) -> None:
        self._views = views
        self._log = log

    async def groups(self, entity: str, parameters: Parameters, principal: Principal) -> dict[str, Any]:
        """The groups, as many as asked for, in the order asked for, then of what they are grouped by."""
        table = self._views.catalog.table(entity)
        scope = scope_for(self._views.catalog, table, principal)
        grouping, rest = parse_grouping(parameters, scope)
        query = self._views.query(table, rest, principal)
        asked = asked_by(principal, self._views.catalog, table, query)
        rows = await self._log.database.read(lambda read: _read_groups(read, asked, grouping))
        groups = [_shown(grouping, row) for row in rows[: grouping.limit]]
        return {'groups': groups, 'more': len(rows) > grouping.limit}


def _read_groups(read: Read, asked: Asked, grouping: Grouping) -> list[Row]:
    position = position_at(read, asked.query.as_of) if asked.query.as_of else None
    selected, parameters, joins = ['count(*)'], list[Any](), Joins()
    patterns = [*(('{}', key) for key in grouping.keys), *((FUNCTIONS[name], one) for name, one in grouping.columns)]
    for pattern, expression in patterns:
        written = asked.write(expression, position)
        selected.append(pattern.format(written.sql))
        parameters += written.parameters
        joins |= written.joins
    rows = rows_of(asked, position, joins)
    places = [str(number) for number in range(2, 2 + len(grouping.keys))]
    group = f' GROUP BY {", ".join(places)}' if places else ''
    order = f' ORDER BY {", ".join(f"{place} NULLS LAST" for place in [*grouping.order, *places, "1"])}'
    sql = f'SELECT {", ".join(selected)} FROM {rows.sql}{group}{order} LIMIT {grouping.limit + 1:d}'
    return read(sql, [*parameters, *rows.parameters])


def _shown(grouping: Grouping, row: Row) -> dict[str, Any]:
    count, *values = row
    shown: dict[str, Any] = {
        'group': {key.text: _plain(value) for key, value in zip(grouping.keys, values, strict=False)}
    }
    if grouping.counts or not grouping.columns:
        shown['count'] = count
    for (name, expression), value in zip(grouping.columns, values[len(grouping.keys) :], strict=True):
        if name == 'count' and 'count' in shown and not isinstance(shown['count'], dict):
            shown['count'] = {'*': count}
        shown.setdefault(name, {})[expression.text] = _plain(value)
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_moment(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal) or (isinstance(value, int) and abs(value) >= 2**63):
        return str(value)
    return value
