"""What rows want that others have, or that is nowhere: found before anything is written, and told by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.crud.attached import wrong_files
from app.crud.importing.part import Part
from app.crud.importing.rows import Row, RowErrors
from app.crud.importing.seen import Seen
from app.crud.importing.wanted import Wanted
from app.crud.records import Records
from app.crud.table import Table
from app.crud.uniqueness import Unique, uniques
from app.events.facts import claim_text
from app.fields import Field

ID = 'id'
TAKEN = 'is already used by another record'


class Doubt(NamedTuple):
    """What is wrong with a row unless a later one of the same part puts it right."""

    row: Row
    name: str
    message: str
    created: str = ''
    """The id of a record that may come to be."""
    freed: tuple[str, str, str] = ('', '', '')
    """A unique value that may be given away."""


class Clashes:
    """Of one part, chunk by chunk."""

    def __init__(self, records: Records, table: Table, seen: Seen, errors: RowErrors) -> None:
        self._records = records
        self._table = table
        self._seen = seen
        self._errors = errors
        self._doubts: list[Doubt] = []
        self._uniques = uniques(table.entity)
        self._key = ', '.join(table.entity.key) or ID

    def find_twice(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        """Name records and unique values that stand in the file twice; returns what is left."""
        found = len(self._errors)
        once = []
        for one in wanted:
            self._find_twice(one)
            if len(self._errors) == found:
                once.append(one)
            found = len(self._errors)
        return once

    async def find(self, wanted: Sequence[Wanted]) -> None:
        """Keys that exist, unique values that are taken, and references that lead nowhere."""
        given = {one.id: one.row for one in wanted if one.record is None and not one.minted}
        for existing in await self._records.views.existing(self._table, 'id', list(given)):
            self._errors.add(given[existing], self._key, 'exists already')
        for unique in self._uniques:
            await self._find_taken(unique, wanted)
        for field in self._table.entity.references:
            await self._find_missing(field, wanted)
        written = [one.written for one in wanted]
        for number, name, message in await wrong_files(self._table.entity, written, self._records.log):
            self._errors.add(wanted[number].row, name, message)

    def settle(self, part: Part) -> None:
        """The part is whole: what no row of it has put right stays wrong."""
        for doubt in self._doubts:
            if not (doubt.created and self._seen.has(ID, doubt.created)) and doubt.freed not in part.freed:
                self._errors.add(doubt.row, doubt.name, doubt.message)

    def _find_twice(self, one: Wanted) -> None:
        number = one.row.number
        if not one.minted and (first := self._seen.first(ID, one.id, number)) != number:
            self._errors.add(one.row, self._key, f'is the same as in row {first}')
        for unique in self._uniques:
            key = _new_key(unique, one)
            if key is not None and (first := self._seen.first(unique.scope, key, number)) != number:
                self._errors.add(one.row, unique.names, f'is the same as in row {first}')

    async def _find_taken(self, unique: Unique, wanted: Sequence[Wanted]) -> None:
        resource = self._table.entity.resource
        rows = {key: one for one in wanted if (key := _new_key(unique, one)) is not None}
        keys = {claim_text(unique.scope, key): key for key in rows}
        for text, holder in (await self._records.views.holders(list(keys))).items():
            key = keys[text]
            if holder != f'{resource}/{rows[key].id}':
                self._doubts.append(Doubt(rows[key].row, unique.names, TAKEN, freed=(unique.scope, key, holder)))

    async def _find_missing(self, field: Field, wanted: Sequence[Wanted]) -> None:
        target = self._records.catalog.table(getattr(field, 'references', ''))
        ids = {value: target.reference_id(value) for one in wanted if (value := one.written.get(field.id)) is not None}
        there = await self._records.views.existing(target, 'id', list(set(ids.values())))
        message = f'there is no such record in {target.entity.resource}'
        own = target.entity.resource == self._table.entity.resource
        for one in wanted:
            value = one.written.get(field.id)
            if value is not None and ids[value] not in there:
                self._doubts.append(Doubt(one.row, field.name, message, created=ids[value] if own else ''))


def _new_key(unique: Unique, one: Wanted) -> str | None:
    """What a row wants to be unique from now on; nothing where that is so already."""
    key = unique.key(one.after)
    return None if one.before is not None and unique.key(one.before) == key else key
