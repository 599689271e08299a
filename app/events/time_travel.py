"""The past as a table: what every stream of a category had added up to at a position of the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors import Malformed
from app.events.database import Read
from app.events.slices import moment


def position_at(read: Read, text: str, name: str = 'as_of') -> int:
    """The last position that belongs to `text`: a position itself, or a moment with its zone."""
    if text.isascii() and text.isdigit():
        if len(text) > 18:
            raise Malformed(f'{name}: {text[:40]!r} is not a position.')
        return int(text)
    found: Any = read('SELECT max(position) FROM events WHERE recorded_at <= ?', [moment(name, text)])[0][0]
    return found or 0


def records_as_of(category: str, columns: Mapping[str, str], position: int, only: str = 'true') -> str:
    """SQL for the records of `category` that were alive at `position`, in the shape of their read table.

    `columns` maps field ids to DuckDB types. A value that the type of today cannot hold is NULL; a number inside of a
    JSON value is as exact as a double. Names and types come from checked config, so they may stand in the text, as may
    `only`, a condition on `stream`.
    """
    names = list(columns)
    whole = ', '.join(f'\'$."{name}"\'' for name in names)
    change = ', '.join(f'\'$."{name}".to\'' for name in names)
    values = ', '.join(
        f'{_typed(f"arg_max(v[{number}], version) FILTER (v[{number}] IS NOT NULL)", kind)} AS "{name}"'
        for number, (name, kind) in enumerate(columns.items(), 1)
    )
    return f"""(
        SELECT substr(stream, {len(category) + 2}) AS id, max(version) AS _version,
            max(position) FILTER (begins) AS _created,
            nullif(arg_max(owner, version) FILTER (begins), '') AS _owner, {values}
        FROM (
            SELECT stream, version, position, type, type IN ('created', 'restored') AS begins,
                CASE WHEN begins THEN coalesce(nullif(meta ->> '$.owner', ''), meta ->> '$.actor', '') END AS owner,
                CASE WHEN begins
                    THEN list_transform(json_extract(data, [{whole}]), lambda one: coalesce(one, 'null'::JSON))
                    WHEN type = 'changed' THEN json_extract(data, [{change}]) END AS v
            FROM events.main.events WHERE position <= {position:d} AND starts_with(stream, '{category}/') AND {only}
        ) GROUP BY stream HAVING arg_max(type, version) <> 'deleted' AND bool_or(begins)
    )"""


def records_created(category: str, columns: Mapping[str, str], first: int, last: int, cast: str = 'CAST') -> str:
    """SELECT of the rows of records that were created between two positions, by events of this type only.

    For columns of plain types: numbers inside of JSON would lose digits. `cast` may be `TRY_CAST`.
    """
    paths = ', '.join(f'\'$."{name}"\'' for name in columns)
    values = ''.join(f', {cast}(v[{number}] AS {kind})' for number, kind in enumerate(columns.values(), 1))
    return f"""
        SELECT substr(stream, {len(category) + 2}), version, position,
            coalesce(nullif(meta ->> '$.owner', ''), nullif(meta ->> '$.actor', '')){values}
        FROM (SELECT *, json_extract_string(data, [{paths}]::VARCHAR[]) AS v FROM events.main.events
            WHERE position BETWEEN {first:d} AND {last:d} AND type = 'created'
                AND starts_with(stream, '{category}/'))"""


def _typed(value: str, kind: str) -> str:
    if kind == 'JSON':
        return f"nullif({value}, 'null'::JSON)"
    if kind.endswith('[]'):
        return f'TRY_CAST({value} AS {kind})'
    return f"TRY_CAST(({value} ->> '$') AS {kind})"
