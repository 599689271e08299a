"""A small trading company over a real log: short words for what tests ask of the verbs and views."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from app import codec
from app.config import Config, check
from app.crud.api import DataApi
from app.crud.author import Author
from app.crud.catalog import Catalog
from app.crud.importing.asked import asked_by
from app.crud.importing.upload import Upload
from app.crud.record import Record
from app.crud.restoring import restore
from app.crud.views import Page
from app.events import DuckDBLog, Event, open_log
from app.permissions import Principal

Answer = TypeVar('Answer')

ADMIN = Principal(id='root', name='root', roles=frozenset({'admin'}))
ANN = Principal(id='ann', name='ann')
BOB = Principal(id='bob', name='bob')
SELLER = Principal(id='sam', name='sam', roles=frozenset({'sales'}))

OPEN = 'permissions: {create: authenticated, read: authenticated, update: authenticated, delete: authenticated}\n'
CUSTOMERS = f"""
resource: customers
fields:
  id: primary_key
  name: {{type: string, required: true, searchable: true}}
  email: {{type: email, unique: true, searchable: true}}
  credit: {{type: decimal, precision: 12, scale: 2, default: 5}}
  since: date
  active: boolean
  extra: json
  created_at: {{type: timestamp, auto_now_add: true}}
  updated_at: {{type: timestamp, auto_now: true}}
{OPEN}"""
ORDERS = """
resource: orders
key: number
fields:
  number: {type: string, required: true}
  customer_id: {type: foreign_key, references: customers}
  status: {type: select, options: [draft, paid], default: draft}
permissions: {create: authenticated, read: [owner, sales], update: [owner, sales], delete: owner}
"""
LINES = f"""
resource: lines
key: [order_id, line]
fields:
  order_id: {{type: foreign_key, references: orders, required: true}}
  line: {{type: integer, required: true, min: 1}}
  text: text
{OPEN}"""
STAFF = f"""
resource: staff
fields:
  id: primary_key
  name: string
  boss_id: {{type: foreign_key, references: staff}}
  line_id: {{type: foreign_key, references: lines}}
{OPEN}"""
DOCUMENTS = {
    'entities/customers.yaml': CUSTOMERS,
    'entities/orders.yaml': ORDERS,
    'entities/lines.yaml': LINES,
    'entities/staff.yaml': STAFF,
}


@cache
def _config_of(documents: tuple[tuple[str, str], ...]) -> Config:
    """The same documents are read once, which takes as long as opening the log."""
    return check(dict(documents))


@cache
def _begun(documents: tuple[tuple[str, str], ...]) -> Path:
    """A folder in which these documents are in force; a copy of it is there in half the time."""
    folder = Path(tempfile.mkdtemp(prefix='shop'))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.rmdir()
    Shop(folder, dict(documents), new=True).close()
    return folder


class Shop:
    """The data service and its log; verbs answer when they are done, so that tests read from top to bottom."""

    def __init__(self, folder: Path, documents: Mapping[str, str], *, new: bool = False) -> None:
        if not (new or folder.exists()):
            shutil.copytree(_begun(tuple(documents.items())), folder)
        self._runner = asyncio.Runner()
        self.catalog = Catalog()
        self.log: DuckDBLog = self.run(open_log(folder, [self.catalog.apply], [self.catalog.recover]))
        self.data = DataApi(self.catalog, self.log)
        self.configure(documents)

    def run(self, asked: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer to anything asynchronous."""
        return self._runner.run(asked)

    def close(self) -> None:
        """Let go of the files."""
        self.run(self.data.imports.close())
        self.run(self.log.close())
        self._runner.close()

    def configure(self, documents: Mapping[str, str]) -> None:
        """Make this the config in force."""
        self.run(self.catalog.activate(_config_of(tuple(documents.items())), self.log))

    def create(self, entity: str, by: Principal = ANN, key: str = '', **values: Any) -> Record:
        """A new record."""
        return self.run(self.data.records.create(entity, values, author(by, key, values)))

    def change(
        self, entity: str, record_id: str, by: Principal = ANN, key: str = '', version: int | None = None, **values: Any
    ) -> Record:
        """A record with other values."""
        asked = self.data.records.change(entity, record_id, values, author(by, key, values), version=version)
        return self.run(asked)

    def replace(self, entity: str, record_id: str, by: Principal = ANN, **values: Any) -> Record:
        """A record with these values and no others."""
        return self.run(self.data.records.change(entity, record_id, values, author(by), replace=True))

    def delete(
        self, entity: str, record_id: str, by: Principal = ANN, key: str = '', version: int | None = None
    ) -> int:
        """The version after the record has gone."""
        return self.run(self.data.records.delete(entity, record_id, author(by, key), version=version))

    def restore(self, entity: str, record_id: str, by: Principal = ANN, key: str = '') -> Record:
        """A deleted record, back again."""
        return self.run(restore(self.data.records, entity, record_id, author(by, key)))

    def bring(
        self,
        entity: str,
        file: str | bytes,
        by: Principal = ANN,
        *,
        kind: str = 'csv',
        key: str = '',
        matched_by: str = '',
        **query: str,
    ) -> dict[str, Any]:
        """The answer to an import; `query` is what stands in the address besides `by`."""
        content = file.encode() if isinstance(file, str) else file
        asked = asked_by(self.catalog.table(entity).entity, kind, query | {'by': matched_by})

        async def work() -> dict[str, Any]:
            self.data.imports.check(entity, asked, by)
            job = self.data.imports.start(entity, Upload.of(content), author(by, key, [repr(file), query]), asked)
            return await self.data.imports.wait(job)

        return self.run(work())

    def get(self, entity: str, record_id: str, by: Principal = ADMIN) -> Record:
        """A record as it is now."""
        return self.run(self.data.views.get(entity, record_id, by))

    def shown(self, entity: str, record_id: str, by: Principal = ADMIN) -> dict[str, Any]:
        """A record as the API shows it."""
        answer: dict[str, Any] = codec.decode(codec.encode(self.get(entity, record_id, by).as_json()))
        return answer

    def page(self, entity: str, query: str = '', by: Principal = ADMIN) -> Page:
        """A page; `query` is what stands in an address, without any encoding."""
        parameters = [(name, text) for name, _, text in (part.partition('=') for part in query.split('&') if part)]
        return self.run(self.page_of(entity, parameters, by))

    async def page_of(self, entity: str, parameters: list[tuple[str, str]], by: Principal = ADMIN) -> Page:
        """A page; what memory gives must be what the database gives."""
        page = await self.data.views.page(entity, parameters, by)
        while not (self.data.views.holds_all(entity) or self.data.views.memory.full):
            self.data.views.warm_up(entity)
            await asyncio.sleep(0)
        at_hand = await self.data.at_hand.page(entity, parameters, by)
        assert at_hand in {None, codec.encode(page.as_json())}
        return page

    def ids(self, entity: str, query: str = '', by: Principal = ADMIN) -> list[str]:
        """The ids on a page."""
        return [record.id for record in self.page(entity, query, by).records]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        return self.run(self.log.database.query(sql))

    def events(self, stream: str = '') -> list[Event]:
        """Everything recorded, or the history of one stream."""
        return self.run(self.log.read_stream(stream) if stream else self.log.read(0, 1_000_000))

    @contextmanager
    def recording(self) -> Iterator[list[str]]:
        """What is recorded during the block, as `type stream`; filled in at its end."""
        before, happened = len(self.events()), list[str]()
        yield happened
        happened += [f'{event.type} {event.stream}' for event in self.events()[before:]]


def author(principal: Principal, key: str = '', body: object = None) -> Author:
    """On whose behalf; with a `key` the request can be repeated."""
    fingerprint = codec.canonical(body) if key else ''
    return Author(principal=principal, source='rest', idempotency_key=key, fingerprint=fingerprint)
