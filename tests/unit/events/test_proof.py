"""Whoever alters history is found out: the check says exactly where, and nothing is built on what is damaged."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app import codec
from app.errors import Unavailable
from app.events import proof as proof_module
from app.events import store as store_module
from app.events.event import Event, Head, chain
from app.events.head_file import HeadFile
from app.events.proof import REMEDY
from app.events.store import EventStore
from app.permissions import ANONYMOUS
from tests.unit.crud.shop import DOCUMENTS, Shop
from tests.unit.events.asking import all_events, create, opened
from tests.unit.events.test_store import ANN, AUDITOR, opened_store, port, put, until

NUMBER = 12


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof_module, 'PAGE', 5)
    monkeypatch.setattr(proof_module, 'SAMPLED', 3)
    monkeypatch.setattr(store_module, 'SNAPSHOT_SECONDS', 3600.0)


@pytest.fixture(scope='module')
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a log of twelve events in three streams."""
    folder = tmp_path_factory.mktemp('written')

    async def story() -> None:
        async with opened(folder) as log:
            for number in range(NUMBER):
                await put(log, (f'a/{number % 3}', 'sent', {'n': number}))

    asyncio.run(story())
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy of them, to be altered."""
    return Path(shutil.copytree(written, tmp_path / 'data'))


def alter(folder: Path, *statements: str) -> None:
    """What somebody does to the file while the program is not looking."""
    with duckdb.connect(str(folder / 'events.duckdb')) as connection:
        for statement in statements:
            connection.execute(statement)


async def verdict(store: EventStore, first: int = 1, last: int | None = None) -> dict[str, Any]:
    """How a verification ends."""
    said = [one async for one in store.proof.verify(first, last)]
    assert all(one['status'] == 'verifying' for one in said[:-1])
    return said[-1]


def verify(folder: Path, first: int = 1, last: int | None = None) -> dict[str, Any]:
    """The same, of a log that is opened for it."""

    async def story() -> dict[str, Any]:
        async with opened_store(folder) as store:
            return await verdict(store, first, last)

    return asyncio.run(story())


def test_an_unaltered_log_is_whole(folder: Path) -> None:
    async def story() -> None:
        async with opened_store(folder) as store:
            said = [one async for one in store.proof.verify()]
            assert [one.get('position') for one in said] == [5, 10, 12, None]
            last = (await all_events(store.log))[-1].hash
            assert said[-1] == {'status': 'whole', 'from': 1, 'to': 12, 'hash': last, 'seconds': said[-1]['seconds']}
            await put(store.log, ('a/1', 'sent', {}))
            assert (await verdict(store))['to'] == 13
            assert len(await all_events(store.log)) == 13, 'verifying writes no events'

    asyncio.run(story())


def test_an_empty_log_is_whole(tmp_path: Path) -> None:
    assert verify(tmp_path)['status'] == 'whole'


ALTERATIONS = [
    'UPDATE events SET data = \'{"n":99}\' WHERE position = {p}',
    "UPDATE events SET meta = '{{}}' WHERE position = {p}",
    "UPDATE events SET type = 'lost' WHERE position = {p}",
    "UPDATE events SET hash = repeat('0', 64) WHERE position = {p}",
    'UPDATE events SET recorded_at = recorded_at + 1 WHERE position = {p}',
    'UPDATE events SET version = version + 1 WHERE position = {p}',
    'UPDATE events SET event_id = uuid() WHERE position = {p}',
    'DELETE FROM events WHERE position = {p}',
    'DELETE FROM events WHERE position IN ({p}, {p} + 1)',
    'UPDATE events SET version = CASE version WHEN {v} THEN {v} + 1 ELSE {v} END '
    "WHERE stream = 'a/1' AND version IN ({v}, {v} + 1)",
]


@pytest.mark.parametrize('alteration', ALTERATIONS)
def test_the_event_that_was_altered_is_named(folder: Path, alteration: str) -> None:
    position = 5
    alter(folder, alteration.replace('{p}', '5').replace('{v}', '2').replace('{{}}', '{}'))
    said = verify(folder)
    file = str(folder / 'events.duckdb')
    assert (said['status'], said['position'], said['file'], said['remedy']) == ('broken', position, file, REMEDY)
    assert said['reason'].startswith(f'{file} is damaged at event {position}: ')


def test_a_range_is_whole_unless_the_altered_event_is_in_it(folder: Path) -> None:
    alter(folder, "UPDATE events SET data = '{}' WHERE position = 7")

    async def story() -> None:
        async with opened_store(folder) as store:
            for first in range(1, NUMBER + 1):
                for last in range(first, NUMBER + 3):
                    said = await verdict(store, first, last)
                    if first <= 7 <= last:
                        assert (said['status'], said['position']) == ('broken', 7)
                    else:
                        assert (said['status'], said['from'], said['to']) == ('whole', first, min(last, NUMBER))

    asyncio.run(story())


def test_a_range_behind_the_end_accuses_nobody(folder: Path) -> None:
    assert verify(folder, 14, 20)['status'] == 'whole'
    assert verify(folder, 13, 20)['status'] == 'whole'
    assert verify(folder, 12, 99)['status'] == 'whole'


def rewrite(folder: Path, change: Any) -> None:
    """What a forger does who knows how hashes are chained, and where the head is promised."""
    with duckdb.connect(str(folder / 'events.duckdb')) as connection:
        rows = connection.execute(
            'SELECT position, stream, version, type, data, meta, event_id::VARCHAR, recorded_at, hash '
            'FROM events ORDER BY position'
        ).fetchall()
        connection.execute('DELETE FROM events')
        previous = '0' * 64
        for row in rows:
            *columns, _ = change(Event(*row))
            previous = chain(previous, *columns)
            connection.execute('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', [*columns, previous])
    head = HeadFile(folder / 'events.head')
    for _ in range(2):
        head.write(Head(len(rows), previous))
    head.close()


def test_a_gap_in_the_versions_of_a_stream_is_found_even_where_every_hash_fits(folder: Path) -> None:
    rewrite(
        folder, lambda event: event._replace(version=event.version + (event.position > 6 and event.stream == 'a/1'))
    )
    said = verify(folder)
    assert (said['status'], said['position']) == ('broken', 11)
    assert 'versions of the stream a/1 have a gap' in said['reason']


def test_a_head_that_promises_another_event_is_found(folder: Path) -> None:
    async def story() -> None:
        async with opened_store(folder) as store:
            await until(lambda: store.proof.last['status'] == 'whole')
            head = HeadFile(folder / 'events.head')
            for _ in range(2):
                head.write(Head(NUMBER, 'f' * 64))
            head.close()
            said = await verdict(store)
            assert (said['status'], said['position']) == ('broken', 12) and 'events.head' in said['reason']

    asyncio.run(story())


@pytest.mark.parametrize(
    'alteration',
    [
        "UPDATE records.customers SET name = 'Eve' WHERE id = 'a'",
        "UPDATE records.customers SET _version = 7 WHERE id = 'a'",
        "UPDATE records.customers SET _owner = 'eve' WHERE id = 'a'",
        "INSERT INTO records.customers (id, name) VALUES ('eve', 'Eve')",
    ],
)
def test_a_read_table_that_differs_from_the_log_is_found(tmp_path: Path, alteration: str) -> None:
    shop = Shop(tmp_path, DOCUMENTS)
    shop.create('customers', id='a', name='Ada')
    shop.create('customers', id='b', name='Bob')
    shop.close()
    alter(tmp_path, alteration)
    shop = Shop(tmp_path, DOCUMENTS)

    async def story() -> dict[str, Any]:
        store = EventStore(shop.log, differences=shop.catalog.differences)
        said = await verdict(store)
        await store.close()
        return said

    said = shop.run(story())
    shop.close()
    name = 'eve' if 'INSERT' in alteration else 'a'
    assert (said['status'], said['position']) == ('broken', len(DOCUMENTS) + 2)
    assert f'The table of customers differs from the log, for example in the record {name}.' in said['reason']


def test_the_check_after_the_start_stops_all_writing(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        alter(folder, "UPDATE events SET data = '{}' WHERE position = 7")
        async with opened_store(folder) as store:
            await until(lambda: store.proof.last['status'] == 'broken')
            with pytest.raises(Unavailable) as refusal:
                await store.log.append(create('a/9'))
            assert f'{folder / "events.duckdb"} is damaged at event 7: ' in refusal.value.detail
            assert REMEDY in refusal.value.detail
            async with port(store) as client:
                answer = await client.post('/events', json={'stream': 'x/1', 'type': 'sent'})
                assert (answer.status_code, answer.json()['detail']) == (503, refusal.value.detail)
                assert (await client.get('/events')).status_code == 200, 'what can be read still is'
            assert len(await all_events(store.log)) == NUMBER

    asyncio.run(story())
    assert 'is damaged at event 7' in caplog.text


def test_verification_over_http_streams_its_progress(folder: Path) -> None:
    async def story() -> None:
        async with opened_store(folder) as store:
            async with port(store, AUDITOR) as client:
                answer = await client.get('/verify?from=3&to=9')
                said = [codec.decode(line) for line in answer.text.splitlines()]
                assert [one['status'] for one in said] == ['verifying', 'verifying', 'whole']
                assert (said[-1]['from'], said[-1]['to']) == (3, 9)
                for query, status in (('from=0', 422), ('from=5&to=4', 422), ('from=x', 400)):
                    assert (await client.get(f'/verify?{query}')).status_code == status
            for who, status in ((ANN, 403), (ANONYMOUS, 401)):
                async with port(store, who) as client:
                    assert (await client.get('/verify')).status_code == status

    asyncio.run(story())
