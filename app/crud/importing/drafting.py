"""What is to become of the rows of one part, and what speaks against it, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.crud.author import Author
from app.crud.covering import check_allowed
from app.crud.drafts import check_writable, draft_changes, draft_record
from app.crud.importing.asked import CREATE, UPDATE, Asked
from app.crud.importing.rows import Row, RowErrors
from app.crud.importing.wanted import Wanted
from app.crud.record import Record
from app.crud.records import Records
from app.crud.table import Table
from app.crud.uniqueness import claim_key
from app.crud.values import stored_form
from app.errors import Denied, Invalid, NotFound
from app.events.facts import claim_text
from app.identifier import canonical_id
from app.permissions import Principal

ABSENT = 'there is no such record'


class Drafting:
    """Compares rows with the records that they mean."""

    def __init__(self, records: Records, table: Table, author: Author, asked: Asked, errors: RowErrors) -> None:
        self._records = records
        self._table = table
        self._principal = author.principal
        self._asked = asked
        self._errors = errors
        resource = table.entity.resource
        self._conditional = asked.mode != UPDATE and bool(
            records.views.allow(resource, 'create', author.principal).condition
        )

    async def find(self, rows: Sequence[Row]) -> dict[int, Record]:
        """The records that rows mean, by the number of the row."""
        if self._asked.mode == CREATE:
            return {}
        keys = {row.number: key for row in rows if not row.error and (key := self._key(row))}
        if not self._asked.by:
            there = await self._records.views.find_many(self._table, '', list(set(keys.values())))
            return {number: there[key] for number, key in keys.items() if key in there}
        scope = f'{self._table.entity.resource}.{self._table.entity.fields[self._asked.by].id}'
        texts = {number: claim_text(scope, key) for number, key in keys.items()}
        holders = await self._records.views.holders(list(set(texts.values())))
        ids = {text: stream.partition('/')[2] for text, stream in holders.items()}
        there = await self._records.views.find_many(self._table, '', list(ids.values()))
        return {number: there[ids[text]] for number, text in texts.items() if ids.get(text) in there}

    def draft(self, rows: Sequence[Row], found: Mapping[int, Record]) -> list[Wanted]:
        """What becomes of each row that is right, also where that is nothing."""
        check_writable(self._table.entity, dict.fromkeys(set().union(*(row.values for row in rows))), self._principal)
        wanted = []
        for row in rows:
            if row.error:
                self._errors.add(row, '', row.error)
                continue
            try:
                one = self._change(row, found[row.number]) if row.number in found else self._create(row)
            except Invalid as problem:
                for name, message in (problem.errors or {'': problem.detail}).items():
                    self._errors.add(row, name, message)
            except Denied as problem:
                raise Denied(f'Row {row.number}: {problem.detail}') from None
            else:
                wanted += [one] if one else []
        return wanted

    def _create(self, row: Row) -> Wanted | None:
        if self._asked.mode == UPDATE:
            self._errors.add(row, self._key_name, ABSENT)
            return None
        draft = draft_record(self._table, row.values, self._principal)
        if self._conditional:
            check_allowed(self._table, 'create', self._principal, draft.values, self._principal.id)
        return Wanted(row, draft.id, None, draft.values, draft.minted)

    def _change(self, row: Row, record: Record) -> Wanted | None:
        table, principal = self._table, self._principal
        try:
            self._records.views.check(table, record, principal, 'update')
        except NotFound:
            self._errors.add(row, self._key_name, ABSENT)
            return None
        values = {name: value for name, value in row.values.items() if name not in {'id', '_version'}}
        before = stored_form(table.entity, record.values)
        _check_system(row, record, principal, table)
        changes = draft_changes(table, before, values, principal)
        altered = {id_: change['to'] for id_, change in changes.items()}
        after = {id_: value for id_, value in (before | altered).items() if value is not None}
        if changes:
            check_allowed(table, 'update', principal, after, record.owner)
        return Wanted(row, record.id, before, after, False, record, changes)

    @property
    def _key_name(self) -> str:
        return self._asked.by or ', '.join(self._table.entity.key) or 'id'

    def _key(self, row: Row) -> str:
        """What names the record of a row; nothing where that is missing or wrong, which is told when it is drafted."""
        entity, values = self._table.entity, row.values
        try:
            if self._asked.by:
                value = entity.fields[self._asked.by].accept(values.get(self._asked.by))
                return '' if value is None else claim_key(value)
            if entity.key and any(name in values for name in entity.key):
                fields = [entity.fields[name] for name in entity.key]
                return entity.record_id({field.id: field.accept(values.get(field.name)) for field in fields})
            given = values.get('id')
            return '' if given in (None, '') else canonical_id(str(given))
        except (ValueError, Invalid, NotFound):
            return ''


def _check_system(row: Row, record: Record, principal: Principal, table: Table) -> None:
    """Refuse a row that names another record than the one it means, or another version than the newest."""
    given, version = row.values.get('id'), row.values.get('_version')
    if given not in (None, '') and canonical_id(str(given)) != record.id:
        raise Invalid(errors={'id': f'is {record.id!r} and never changes'})
    if version not in (None, '') and str(version) != str(record.version):
        raise Invalid(errors={'_version': f'is {record.version} by now; the row was based on {str(version)[:20]}'})
