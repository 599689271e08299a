"""What YAML may say of projections: where it is wrong, by file and line, and what a changed definition does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.config import WrongConfig, check, load, wrong_projections
from app.errors import NotFound
from app.events import projector as projector_module
from app.events import store as store_module
from app.events.store import EventStore
from app.permissions import ANONYMOUS, Principal
from app.projection import Projection
from tests.unit.events.test_projections import built, count
from tests.unit.events.test_projector import SUM, WHOLE, number, rows
from tests.unit.events.test_store import ANN, AUDITOR, ROOT, asked, defined, opened_store, projection, put, until

GOOD = """projection: sums
description: Sums
key: k
merge: {n: sum}
sql: |
  SELECT type AS k, count(*) AS n
  FROM events GROUP BY type
"""
TWICE = projection('sums', SUM.sql.replace('count(*)', '2 * count(*)'), key='k', merge=SUM.merge)
WRONG = projection('sums', 'SELECT nothing FROM events', key='k')
WRONG_KEY = projection('sums', SUM.sql, key='nothing')


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector_module, 'PAGE', 4)
    monkeypatch.setattr(projector_module, 'REST', 0.0)
    monkeypatch.setattr(store_module, 'WAKE_SECONDS', 0.0)


def mistakes(*texts: str) -> list[str]:
    """What is wrong with these files, each with its line."""
    documents = {f'projections/p{number}.yaml': text for number, text in enumerate(texts)}
    with pytest.raises(WrongConfig) as wrong:
        check(documents)
    return [str(mistake) for mistake in wrong.value.mistakes]


def test_a_definition_is_read_with_its_defaults() -> None:
    config = check({'projections/sums.yaml': GOOD})
    definition = config.projections['sums']
    assert (definition.key, definition.merge, definition.entities, definition.types) == (('k',), {'n': 'sum'}, (), ())
    assert definition.permissions.read == ('admin', 'auditor')
    assert config.documents['projections/sums.yaml'] == GOOD


@pytest.mark.parametrize(
    ('old', 'new', 'said'),
    [
        ('projection: sums', 'projection: Sums', "p0.yaml:1: projection: 'Sums' is not a free name"),
        ('projection: sums', 'projection: events', "p0.yaml:1: projection: 'events' is not a free name"),
        ('projection: sums', 'projection: sums__0-"', 'p0.yaml:1: projection: '),
        ('key: k', 'keys: k', "p0.yaml:3: keys: unknown option 'keys', did you mean 'key'?"),
        ('key: k\n', '', 'p0.yaml:3: merge: needs a key'),
        ('{n: sum}', '{n: avg}', 'p0.yaml:4: merge.n: '),
        ('{n: sum}', '{k: sum}', 'p0.yaml:4: merge.k: is part of the key'),
        ('sql: |', 'sequel: |', 'unknown option'),
        ('key: k', 'key: k\npermissions: {read: owner}', 'p0.yaml:4: permissions.read: nobody owns the rows'),
        ('key: k', 'key: k\npermissions: {write: admin}', "p0.yaml:4: permissions.write: unknown option 'write'"),
        (GOOD, '[]', 'p0.yaml:1'),
        (GOOD, 'projection: [', 'p0.yaml:1'),
    ],
)
def test_a_mistake_is_named_with_file_and_line(old: str, new: str, said: str) -> None:
    assert any(said in mistake for mistake in mistakes(GOOD.replace(old, new))), mistakes(GOOD.replace(old, new))


def test_a_name_stands_once(tmp_path: Path) -> None:
    assert mistakes(GOOD, f'# again\n{GOOD}') == ['projections/p1.yaml:2: sums is already defined in another file']
    (tmp_path / 'entities').mkdir()
    (tmp_path / 'projections').mkdir()
    (tmp_path / 'entities' / 'sums.yaml').write_text('resource: sums\nfields: {id: primary_key, name: string}\n')
    (tmp_path / 'projections' / 'sums.yaml').write_text(GOOD)
    with pytest.raises(WrongConfig, match=r'projections.*sums: is the name of an entity already'):
        load(tmp_path)


def test_sql_that_does_not_fit_the_data_is_named_with_file_and_line(tmp_path: Path) -> None:
    broken = {
        'sql': GOOD.replace('type AS k', 'nothing AS k'),
        'key': GOOD.replace('key: k', 'key: nothing'),
        'merge': GOOD.replace('FROM events', 'FROM range(3) AS events(type)'),
    }
    documents = {
        f'projections/{name}.yaml': text.replace('projection: sums', f'projection: {name}')
        for name, text in broken.items()
    }

    async def story() -> None:
        config = check(documents)
        async with opened_store(tmp_path) as store:
            wrong = wrong_projections(config, await store.projections.activate(config.projections))
            places = [(mistake.path, mistake.line, mistake.key) for mistake in wrong]
            assert sorted(places) == [
                (f'projections/{n}.yaml', {'key': 3, 'merge': 4, 'sql': 5}[n], n) for n in sorted(broken)
            ]
            assert 'nothing' in ''.join(mistake.message for mistake in wrong)

    asyncio.run(story())


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Nothing is built before it is set."""
    go_on, build = asyncio.Event(), projector_module.Projector._build

    async def build_late(*arguments: Any) -> None:
        await go_on.wait()
        await build(*arguments)

    monkeypatch.setattr(projector_module.Projector, '_build', build_late)
    return go_on


def test_a_changed_definition_is_built_beside_the_old_one(tmp_path: Path, go_on: asyncio.Event) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await count(store, 5)
            assert await store.projections.activate(defined(TWICE)) == {}
            assert store.projections.get('sums').status == 'rebuilding'
            assert await rows(store, 'sums') == [('x', 5, 5)]
            go_on.set()
            await until(built(store))
            assert await rows(store, 'sums') == [('x', 10, 5)]
        async with opened_store(tmp_path, SUM) as store:
            await until(built(store))
            assert await rows(store, 'sums') == [('x', 5, 5)], 'also when it changed between two starts'

    asyncio.run(story())


def test_a_definition_that_is_taken_back_while_it_is_built_does_not_come_into_force(
    tmp_path: Path, go_on: asyncio.Event
) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await count(store, 5)
            assert await store.projections.activate(defined(TWICE)) == {}
            assert await store.projections.activate(defined(SUM)) == {}
            go_on.set()
            await until(built(store))
            await count(store, 1)
            assert await rows(store, 'sums') == [('x', 6, 6)]
            await until(lambda: store.projections.get('sums').status == 'running')

    asyncio.run(story())


@pytest.mark.parametrize('wrong', [WRONG, WRONG_KEY], ids=['sql', 'key'])
def test_a_definition_that_cannot_run_leaves_the_old_rows_answering(tmp_path: Path, wrong: Projection) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, SUM) as store:
            await count(store, 3)
            said = await store.projections.activate(defined(wrong))
            assert list(said) == ['sums'] and 'nothing' in said['sums']
            await answers(store)
        async with opened_store(tmp_path, wrong, wrong=['sums']) as store:
            await answers(store)
            await put(store.log, number(1))
        async with opened_store(tmp_path, SUM) as store:
            await until(built(store))
            assert await rows(store, 'sums') == [('x', 4, 4)], 'once it is mended it goes on'

    async def answers(store: EventStore) -> None:
        shown = store.projections.get('sums').as_json()
        assert (shown['status'], 'nothing' in shown['error']) == ('parked', True)
        assert await rows(store, 'sums') == [('x', 3, 3)]

    asyncio.run(story())


def test_a_definition_that_could_never_run_answers_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened_store(tmp_path, WRONG, WHOLE, wrong=['sums']) as store:
            with pytest.raises(NotFound, match="no projection 'sums'"):
                store.projections.get('sums')
            await count(store, 1, 'whole')

    asyncio.run(story())


@pytest.mark.parametrize(
    ('read', 'may'),
    [
        (None, {'root', 'audrey'}),
        ('public', {'root', 'audrey', 'ann', 'sam', ''}),
        ('authenticated', {'root', 'audrey', 'ann', 'sam'}),
        (['sales'], {'root', 'sam'}),
    ],
)
def test_its_config_says_who_may_read_it(tmp_path: Path, read: Any, may: set[str]) -> None:
    sam = Principal(id='sam', name='sam', roles=frozenset({'sales'}))
    options = {} if read is None else {'permissions': {'read': read}}

    async def story() -> None:
        async with opened_store(tmp_path, projection('sums', SUM.sql, key='k', **options)) as store:
            await count(store, 1)
            for who in (ROOT, AUDITOR, ANN, sam, ANONYMOUS):
                refused = 403 if who.id else 401
                for path in ('/projections/sums', '/projections/sums/x'):
                    assert (await asked(store, 'GET', path, who))[0] == (200 if who.id in may else refused), who.id
                status, listed = await asked(store, 'GET', '/projections', who)
                assert (status == 200 and len(listed['projections']) == 1) == (who.id in may)
                assert (status == 401) == (who is ANONYMOUS and who.id not in may)

    asyncio.run(story())
