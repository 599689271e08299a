"""Whether the files that records name are there, and are what the records say they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.crud.batch import Batch, Done
from app.crud.catalog import Catalog
from app.crud.values import Stored
from app.errors import Invalid
from app.events import DuckDBLog
from app.events.database import Read
from app.events.proof import Broken
from app.fields.file import File
from app.schema import Entity

Named = tuple[int, File, dict[str, Any]]
"""The number of a record, one of its fields, and the value."""
UPLOAD = 'must be uploaded first: there is no file with this sha256'


async def check_files(batch: Batch, log: DuckDBLog) -> None:
    """Refuse files that were never uploaded, or are not what a record about to be written says; `Invalid` names them.

    What a record had already is not looked at again, nor is what comes back with a deleted one.
    """
    written = [one for one in batch.done.values() if one.table.entity.files and one.verb in {'created', 'changed'}]
    if not written:
        return
    named = [(number, *new) for number, done in enumerate(written) for new in _new_files(done)]
    if errors := {field.name: message for _, field, message in await _wrong(named, log)}:
        raise Invalid(errors=errors)


async def wrong_files(entity: Entity, records: Sequence[Stored], log: DuckDBLog) -> list[tuple[int, str, str]]:
    """Of records about to be created: the number of the record, the name of the field, and what is wrong."""
    named = [
        (number, field, stored[field.id])
        for field in entity.files
        for number, stored in enumerate(records)
        if field.id in stored
    ]
    return [(number, field.name, message) for number, field, message in await _wrong(named, log)]


def differences(catalog: Catalog, log: DuckDBLog, read: Read) -> list[str]:
    """Where the read tables are not what the log says; raises `Broken` where a file of a living record is missing."""
    found = catalog.differences(read)
    for table in catalog.tables.values() if not found else ():
        for field in table.entity.files:
            sql = f'SELECT id, "{field.id}"::VARCHAR FROM {table.name} WHERE "{field.id}" IS NOT NULL'
            for record_id, text in read(sql, []):
                value = field.from_row(text)
                path = log.blobs.path(value['sha256'])
                if not path.is_file() or path.stat().st_size != value['size']:
                    place = f'{table.entity.resource}/{record_id}'
                    raise Broken(0, f'it is missing or cut off, and {place} has it as its {field.name}.', str(path))
    return found


def _new_files(done: Done) -> list[tuple[File, dict[str, Any]]]:
    before, after = done.before or {}, done.after or {}
    fields = [field for field in done.table.entity.files if after.get(field.id) not in (None, before.get(field.id))]
    return [(field, after[field.id]) for field in fields]


async def _wrong(named: Sequence[Named], log: DuckDBLog) -> list[tuple[int, File, str]]:
    stored = await log.find_blobs({value['sha256'] for _, _, value in named}, keep=True)
    wrong = []
    for number, field, value in named:
        blob = stored.get(value['sha256'])
        try:
            if blob is None:
                raise ValueError(UPLOAD)
            field.check_content(value, blob.size, blob.head)
        except ValueError as error:
            wrong.append((number, field, str(error)))
    return wrong
