"""The records that a new system starts with, where its config brings some along."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from app.config import Mistake, WrongConfig
from app.crud.author import Author
from app.crud.batch import Batch
from app.crud.drafts import draft_record
from app.crud.records import Records
from app.errors import Problem
from app.permissions import SYSTEM
from app.yaml_lines import YamlError, read_yaml


async def seed(records: Records, path: Path) -> int:
    """Create what `path` lists, entity by entity; returns how many records."""
    if not path.is_file():
        return 0
    try:
        content, lines = read_yaml(path.read_text('utf-8'))
    except YamlError as error:
        raise WrongConfig([Mistake(str(path), error.line, '', error.message)]) from error
    author = Author(principal=SYSTEM, source='demo')
    count = 0
    for entity, rows in (content or {}).items():
        try:
            await records.retry(partial(_create, records, entity, rows, author), once=True)
        except Problem as problem:
            raise WrongConfig([Mistake(str(path), lines.of((entity,)), entity, problem.detail)]) from problem
        count += len(rows)
    return count


async def _create(records: Records, entity: str, rows: list[dict[str, Any]], author: Author) -> None:
    table = records.catalog.table(entity)
    batch = Batch(records.catalog, author)
    for row in rows:
        batch.create(table, draft_record(table, row, SYSTEM))
    await records.write(batch)
