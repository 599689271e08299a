"""Many records from one file: all of them in one append, or none and the list of what is wrong with which row."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app import codec
from app.crud.attached import wrong_files
from app.crud.author import Author
from app.crud.drafts import Draft, check_writable, draft_record
from app.crud.identifier import new_id
from app.crud.records import Records
from app.crud.table import Table
from app.crud.values import claim_key
from app.errors import Invalid, Malformed
from app.events.facts import claim_text

SHOWN = 1000
"""Row errors in one answer, at most; the answer says how many there are."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its number from 1, the line where it ends, and its values or what is wrong with it."""

    number: int
    line: int
    values: dict[str, Any]
    error: str = ''


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row, and in which field."""

    row: Row
    field: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """The error as the API shows it."""
        return {'row': self.row.number, 'line': self.row.line, 'field': self.field, 'message': self.message}


async def import_file(
    records: Records, entity: str, body: bytes, author: Author, *, csv_file: bool, null: str, delimiter: str
) -> dict[str, Any]:
    """Create a record for each row of `body`; raises `Invalid` naming every row that is wrong."""
    table = records.catalog.table(entity)
    records.views.allow(entity, 'create', author.principal)
    if recorded := await records.recorded_batch(author):
        return {'imported': recorded.pop('count'), **recorded}
    read = list(_read_csv(body, null, delimiter) if csv_file else _read_json(body))
    check_writable(table.entity, {name: None for row in read for name in row.values}, author.principal)
    drafts, errors = await asyncio.to_thread(_draft, table, iter(read))
    errors += await _clashes(records, table, drafts)
    if errors:
        errors.sort(key=lambda error: error.row.number)
        rows = sorted({error.row.number for error in errors})
        raise Invalid(
            f'Nothing was imported: {len(rows)} of the rows cannot be taken.',
            rows=rows,
            row_errors=[error.as_json() for error in errors[:SHOWN]],
            row_error_count=len(errors),
        )
    batch = new_id()
    if not drafts:
        return {'imported': 0, 'batch': batch, 'position': 0}
    request = await asyncio.to_thread(records.creation, table, [draft for _, draft in drafts], author.of_batch(batch))
    appended = await records.append_all(table, request, [draft.values for _, draft in drafts])
    return {'imported': len(drafts), 'batch': batch, 'position': appended.position}


def _read_csv(body: bytes, null: str, delimiter: str) -> Iterator[Row]:
    try:
        text = body.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b'\n') + 1
        raise Malformed(f'The file is not UTF-8: line {line} holds a byte that cannot be read.') from None
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise Malformed('delimiter: must be one character, such as a comma or a semicolon.')
    reader = csv.reader(io.StringIO(text, newline=''), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if len(set(header)) < len(header) or '' in header:
            raise Malformed('The first line must name each column once.')
        number = 0
        for cells in reader:
            if cells:
                number += 1
                yield _csv_row(number, reader.line_num, header, cells, null)
    except csv.Error as error:
        raise Malformed(f'The file is not valid CSV: {error} in line {reader.line_num}.') from None


def _csv_row(number: int, line: int, header: list[str], cells: list[str], null: str) -> Row:
    if len(cells) != len(header):
        return Row(number, line, {}, f'has {len(cells)} cells instead of {len(header)}; quote texts that hold a comma')
    values = {name: None if cell == '' or cell == null else cell for name, cell in zip(header, cells, strict=True)}
    return Row(number, line, values)


def _read_json(body: bytes) -> Iterator[Row]:
    content = codec.decode(body)
    rows = content.get('records') if isinstance(content, dict) else content
    if not isinstance(rows, list):
        raise Malformed('The body must be a list of objects, or {"records": [ … ]}.')
    for number, values in enumerate(rows, 1):
        yield Row(
            number,
            number,
            values if isinstance(values, dict) else {},
            '' if isinstance(values, dict) else 'is not an object',
        )


def _draft(table: Table, rows: Iterator[Row]) -> tuple[list[tuple[Row, Draft]], list[RowError]]:
    drafts, errors = [], []
    for row in rows:
        if row.error:
            errors.append(RowError(row, '', row.error))
            continue
        try:
            drafts.append((row, draft_record(table, row.values)))
        except Invalid as problem:
            errors += [RowError(row, name, message) for name, message in problem.errors.items()]
    return drafts, errors + _twice(table, drafts)


def _twice(table: Table, drafts: Sequence[tuple[Row, Draft]]) -> list[RowError]:
    """Keys and unique values that stand twice in the file itself."""
    errors = []
    unique = [field for field in table.entity.stored if field.unique]
    first: dict[tuple[str, str], Row] = {}
    for row, draft in drafts:
        keys = [('id', draft.id, ', '.join(table.entity.key) or 'id')]
        keys += [(f.id, claim_key(draft.values[f.id]), f.name) for f in unique if f.id in draft.values]
        for scope, key, name in keys:
            earlier = first.setdefault((scope, key), row)
            if earlier is not row:
                errors.append(RowError(row, name, f'is the same as in row {earlier.number}'))
    return errors


async def _clashes(records: Records, table: Table, drafts: Sequence[tuple[Row, Draft]]) -> list[RowError]:
    """Keys that exist, unique values that are taken, and references that lead nowhere, found before the append."""
    if not drafts:
        return []
    errors = []
    given = [draft.id for _, draft in drafts if not draft.minted]
    existing = await records.views.existing(table, 'id', given)
    key = ', '.join(table.entity.key) or 'id'
    errors += [RowError(row, key, 'exists already') for row, draft in drafts if draft.id in existing]
    for field in (field for field in table.entity.stored if field.unique):
        scope = f'{table.entity.resource}.{field.id}'
        texts = {claim_text(scope, claim_key(d.values[field.id])): row for row, d in drafts if field.id in d.values}
        taken = await records.views.holders(list(texts))
        errors += [RowError(texts[text], field.name, 'is already used by another record') for text in taken]
    for field in table.entity.references:
        target = records.catalog.table(getattr(field, 'references', ''))
        wanted = {value for _, draft in drafts if (value := draft.values.get(field.id)) is not None}
        there = await records.views.existing(target, 'id', [target.reference_id(value) for value in wanted])
        if target.entity.resource == table.entity.resource:
            there |= {draft.id for _, draft in drafts}
        missing = {value for value in wanted if target.reference_id(value) not in there}
        message = f'there is no such record in {target.entity.resource}'
        errors += [RowError(row, field.name, message) for row, d in drafts if d.values.get(field.id) in missing]
    wrong = await wrong_files(table.entity, [draft.values for _, draft in drafts], records.log)
    return errors + [RowError(drafts[number][0], name, message) for number, name, message in wrong]
