"""The event store as a whole; and the short words that its tests share: a running store, its port without sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app import codec
from app.errors import Problem
from app.events import Append, DuckDBLog, open_log
from app.events import store as store_module
from app.events.api import EventsApi
from app.events.projector import Projector
from app.events.store import EventStore
from app.http import problem_answer
from app.permissions import ANONYMOUS, Principal
from app.projection import Projection
from tests.unit.events.asking import all_events, happened, opened

Answer = TypeVar('Answer')
ROOT = Principal(id='root', name='root', roles=frozenset({'admin'}))
AUDITOR = Principal(id='audrey', name='audrey', roles=frozenset({'auditor'}))
ANN = Principal(id='ann', name='ann')


def projection(name: str, sql: str, **options: Any) -> Projection:
    """A definition as YAML would spell it."""
    return Projection.model_validate({'projection': name, 'sql': sql, **options})


def defined(*definitions: Projection) -> dict[str, Projection]:
    """Definitions by name, as the config holds them."""
    return {definition.projection: definition for definition in definitions}


@asynccontextmanager
async def opened_store(
    folder: Path, *definitions: Projection, wrong: Sequence[str] = (), **options: Any
) -> AsyncIterator[EventStore]:
    """A started store over the log in `folder`; the definitions called `wrong` cannot run."""
    async with opened(folder) as log:
        store = EventStore(log, **options)
        try:
            assert list(await store.start(defined(*definitions))) == list(wrong)
            yield store
        finally:
            await store.close()


async def put(log: DuckDBLog, *rows: tuple[str, str, dict[str, Any]]) -> int:
    """Append events, each as (stream, type, data), in one commit; returns the position."""
    return (await log.append(Append(events=[happened(type_, stream, **data) for stream, type_, data in rows]))).position


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Return as soon as `condition` holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


class Lasting:
    """One store for all the examples of a module, with an event loop of its own."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self.log = self.run(open_log(folder))
        self.store = self.run(self._open(options))
        self.run(self.store.start({}))

    async def _open(self, options: Mapping[str, Any]) -> EventStore:
        return EventStore(self.log, **options)

    def run(self, asked: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer to anything asynchronous."""
        return self._runner.run(asked)

    def close(self) -> None:
        """Let go of the files."""
        self.run(self.store.close())
        self.run(self.log.close())
        self._runner.close()


@contextmanager
def held(store: EventStore | Projector) -> Iterator[threading.Event]:
    """Keeps the thread that writes what is derived busy, until the event is set or the block ends."""
    free, busy = threading.Event(), threading.Event()

    def wait() -> None:
        busy.set()
        free.wait()

    derived = store.derived if isinstance(store, EventStore) else store._derived
    derived._thread.submit(wait)
    busy.wait()
    try:
        yield free
    finally:
        free.set()


def port(store: EventStore, principal: Principal = ROOT) -> httpx.AsyncClient:
    """A client of the store's port, as `principal`."""
    routes = EventsApi(store, cast(Any, None)).routes

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope['state'] = {'principal': principal, 'request_id': 'r1'}
        try:
            await routes(scope, receive, send)
        except Problem as problem:
            await problem_answer(problem, 'r1')(scope, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url='http://store')


async def asked(store: EventStore, method: str, path: str, by: Principal = ROOT, **options: Any) -> tuple[int, Any]:
    """Status and content of one answer."""
    async with port(store, by) as client:
        answer = await client.request(method, path, **options)
    return answer.status_code, codec.decode(answer.content) if answer.content else None


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store does not rest between two looks at the log."""
    monkeypatch.setattr(store_module, 'WAKE_SECONDS', 0.0)
    monkeypatch.setattr(store_module, 'SNAPSHOT_SECONDS', 0.0)


COUNT = projection(
    'counts', 'SELECT entity, count(*) AS n, max(position) AS last FROM events GROUP BY entity', key='entity'
)


def test_an_open_store_follows_the_log_by_itself(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, COUNT, snapshots_every=lambda: 2) as store:
            position = await put(store.log, *(('a/1', 'sent', {'n': n}) for n in range(5)))
            await store.projections.wait_for('counts', position)
            page = await store.projections.rows('counts', {}, '', 10, 0)
            assert page['rows'] == [{'entity': 'a', 'n': 5, 'last': 5}]
            await until(lambda: store.snapshots._done == 5)
            assert [one['version'] for one in await store.snapshots.list('a/1', 10)] == [4, 2]
            assert len(await all_events(store.log)) == 5, 'following writes no events'

    asyncio.run(story())


@pytest.mark.parametrize('path', ['/events', '/streams', '/streams/a/1', '/categories', '/stats', '/snapshots'])
def test_reading_the_log_takes_the_role_of_admin_or_auditor(tmp_path: Path, path: str) -> None:
    async def story() -> None:
        async with opened_store(tmp_path) as store:
            await put(store.log, ('a/1', 'sent', {}))
            statuses = [(await asked(store, 'GET', path, by))[0] for by in (ROOT, AUDITOR, ANN, ANONYMOUS)]
            assert statuses == [200, 200, 403, 401]

    asyncio.run(story())


def test_statistics_and_health_say_how_the_store_is_doing(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, COUNT) as store:
            await put(store.log, ('a/1', 'sent', {}), ('a/2', 'sent', {}))
            _, stats = await asked(store, 'GET', '/stats')
            assert (stats['position'], stats['streams'], stats['written'], stats['commits']) == (2, 2, 2, 1)
            assert stats['bytes']['events.duckdb'] > 0 and stats['projections'] == {'counts': 'running'}
            assert (await asked(store, 'GET', '/health', ANONYMOUS))[1]['status'] == 'ok'
            store.log.writer.refuse('the disk burns')
            answer = (await asked(store, 'GET', '/health', ANONYMOUS))[1]
            assert (answer['status'], answer['reason']) == ('read-only', 'the disk burns')

    asyncio.run(story())


@pytest.fixture(scope='module')
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    """Sixty events in six streams."""
    lasting = Lasting(tmp_path_factory.mktemp('filled'))
    streams = ['a/1', 'a/2', 'a/1/x', 'aa/1', 'b/1', "b/it's"]
    rows = [(streams[n % 7 % 6], ['sent', 'lost'][n % 2], {'n': n}) for n in range(60)]
    lasting.run(put(lasting.log, *rows))
    yield lasting
    lasting.close()


def test_full_pages_never_change_and_others_are_asked_for_again(filled: Lasting) -> None:
    cases = [
        ('?limit=10', True),
        ('?limit=60', True),
        ('?limit=61', False),
        ('?type=sent&limit=3', True),
        ('?order=desc&limit=10', False),
        ('?order=desc&before=30&limit=10', True),
    ]

    async def story() -> None:
        async with port(filled.store) as client:
            for query, lasts in cases:
                answer = await client.get(f'/events{query}')
                rule = answer.headers['cache-control']
                assert rule == ('private, max-age=31536000, immutable' if lasts else 'private, no-cache'), query
                assert 'Cookie' in answer.headers['vary'] and 'Authorization' in answer.headers['vary']
                again = await client.get(
                    f'/events{query}', headers={'If-None-Match': f'"other", {answer.headers["etag"]}'}
                )
                assert (again.status_code, again.content, again.headers['cache-control']) == (304, b'', rule)

    filled.run(story())


def test_pages_lead_from_one_to_the_next_in_both_directions(filled: Lasting) -> None:
    async def story() -> None:
        for order, end in (('asc', 'after'), ('desc', 'before')):
            seen, query = list[int](), dict[str, Any](order=order, limit=7, entity='a')
            while True:
                _, page = await asked(filled.store, 'POST', '/events/query', json=query)
                seen += [event['position'] for event in page['events']]
                if page['next'] is None:
                    break
                query[end] = page['next']
            expected = [n + 1 for n in range(60) if n % 7 % 6 < 3]
            assert seen == (expected if order == 'asc' else expected[::-1])

    filled.run(story())


def test_a_stream_is_read_by_version(filled: Lasting) -> None:
    async def story() -> None:
        _, whole = await asked(filled.store, 'GET', '/streams/a/1')
        versions = [event['version'] for event in whole['events']]
        assert versions == [*range(1, whole['version'] + 1)] and whole['next'] is None
        _, page = await asked(filled.store, 'GET', '/streams/a/1?after=2&before=9&limit=3')
        assert ([event['version'] for event in page['events']], page['next']) == ([3, 4, 5], 5)
        assert (await asked(filled.store, 'GET', '/streams/c/1'))[0] == 404
        assert (await asked(filled.store, 'GET', '/streams?search=IT%27S&entity=b'))[1]['streams'][0][
            'stream'
        ] == "b/it's"
        _, answer = await asked(filled.store, 'GET', '/categories')
        assert [row['category'] for row in answer['categories']] == ['a', 'aa', 'b']

    filled.run(story())
