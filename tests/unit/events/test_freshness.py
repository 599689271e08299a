"""Who reads finds what was acknowledged, also what the database does not have yet; nobody takes that for damage."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from app.events.database import Row
from app.events.event import Head
from app.events.head_file import HeadFile
from app.events.proof import Proof
from tests.unit.events.asking import all_events, opened
from tests.unit.events.test_commits import Failing, create, patient

__all__ = ['patient']
AT = 'SELECT stream FROM events WHERE position = ?'


def test_nobody_who_reads_the_head_file_finds_the_database_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, found, readers = HeadFile.write, list[list[Row]](), list[threading.Thread]()

    async def story() -> None:
        async with opened(tmp_path) as log:

            def written(head_file: HeadFile, head: Head) -> None:
                write(head_file, head)
                reader = threading.Thread(target=lambda: found.append(log.database.query_here(AT, [head.position])))
                reader.start()
                reader.join(0.2)  # it has time to see what it should not
                readers.append(reader)

            monkeypatch.setattr(HeadFile, 'write', written)
            await log.append(create('c/0'))
            await log.append(create('c/1'))
            assert len(await all_events(log)) == 2
            for reader in readers:
                await asyncio.to_thread(reader.join)

    asyncio.run(story())
    assert found == [[('c/0',)], [('c/1',)]]


@pytest.mark.parametrize('after', [False, True])
def test_what_the_database_cannot_take_in_is_no_proof_of_damage(tmp_path: Path, after: bool) -> None:
    async def story() -> None:
        async with opened(tmp_path) as log:
            await log.append(create('c/0'))
            assert len(await all_events(log)) == 1
            cursor = log.writer._commits.cursor = Failing(log.writer._commits.cursor, after=after)
            await log.append(create('c/1'))
            proof = Proof(log, lambda read: [])
            said = [one['status'] async for one in proof.verify()][-1]
            assert said == ('whole' if after else 'postponed')
            cursor.fails = False
            await log.append(create('c/2'))
            assert [one['status'] async for one in proof.verify()][-1] == 'whole'

    asyncio.run(story())
