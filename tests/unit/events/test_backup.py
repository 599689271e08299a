"""A backup is whole or it is not there; restoring one loses nothing, whenever it is cut off."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.events.backup import Contents, Part, Progress, events_part, make_backup, read_manifest, unpack
from app.events.copying import Cancelled, NotWhole
from app.events.duckdb_log import DuckDBLog
from app.events.restore import READY, finish_restore, prepare_restore
from tests.unit.events.asking import all_events, ask, create, happened, opened


def contents_of(log: DuckDBLog, folder: Path) -> Contents:
    """The log and a folder of config."""
    config = folder / 'config'
    config.mkdir(exist_ok=True)
    (config / 'app.yaml').write_text('name: Before\n')
    return Contents(
        {'events.duckdb': events_part(log.database)}, {'config': config, 'files': folder / 'no such folder'}
    )


def back_up(folder: Path, events: int = 50) -> Path:
    """A backup of a log with some events."""

    async def story() -> Path:
        async with opened(folder / 'data') as log:
            await log.append(ask(*(happened('created', f'c/{n}', n=n) for n in range(events))))
            target = folder / 'backup.zip'
            await asyncio.to_thread(make_backup, contents_of(log, folder), target)
            return target

    return asyncio.run(story())


def check(path: Path) -> dict[str, Any]:
    """What proves the part of events."""
    from app.events.backup import check_events

    return check_events(path)


CHECKS: dict[str, Callable[[Path], dict[str, Any]]] = {'events.duckdb': check}


def test_a_backup_made_while_events_are_appended_is_one_moment_of_the_log(tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / 'data') as log:
            await log.append(ask(*(happened('created', f'c/{n}', text='x' * 500) for n in range(5000))))
            making = asyncio.create_task(
                asyncio.to_thread(make_backup, contents_of(log, tmp_path), tmp_path / 'backup.zip')
            )
            number = 0
            while not making.done():
                await log.append(create(f'd/{number}'))
                number += 1
            told = (await making)['parts']['events.duckdb']
            events = await all_events(log)
            assert number > 0
            assert 5000 <= told['events'] <= len(events)
            assert told['hash'] == events[told['events'] - 1].hash

    asyncio.run(story())
    assert unpack(tmp_path / 'backup.zip', tmp_path / 'restored', CHECKS)['format'] == 1


def test_nothing_but_the_backup_is_left_behind(tmp_path: Path) -> None:
    backup = back_up(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['backup.zip', 'config', 'data']
    assert backup.stat().st_mode & 0o077 == 0, 'it holds password hashes'
    with zipfile.ZipFile(backup) as archive:
        assert sorted(archive.namelist()) == ['config/app.yaml', 'events.duckdb', 'manifest.json']


@pytest.mark.parametrize('name', ['events.duckdb', 'config/app.yaml'])
def test_a_backup_with_another_content_is_refused(tmp_path: Path, name: str) -> None:
    backup = back_up(tmp_path)
    with zipfile.ZipFile(backup) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])
    with zipfile.ZipFile(backup, 'w') as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    with pytest.raises(NotWhole, match=f'{name} has another checksum'):
        unpack(backup, tmp_path / 'restored', CHECKS)


def test_a_backup_whose_events_were_altered_together_with_its_checksums_is_refused(tmp_path: Path) -> None:
    backup = back_up(tmp_path)

    def another(path: Path) -> dict[str, Any]:
        return {**check(path), 'hash': 'f' * 64}

    with pytest.raises(NotWhole, match=r'holds another events\.duckdb than it says'):
        unpack(backup, tmp_path / 'restored', {'events.duckdb': another})


def test_no_byte_of_a_backup_can_be_altered_unnoticed(tmp_path: Path) -> None:
    backup = back_up(tmp_path)
    content = backup.read_bytes()
    said = unpack(backup, tmp_path / 'restored', CHECKS)
    directory = range(len(content) - 250, len(content))
    for number, place in enumerate([*range(0, len(content), len(content) // 150), *directory]):
        backup.write_bytes(content[:place] + bytes([content[place] ^ 1 << number % 8]) + content[place + 1 :])
        folder = tmp_path / f'restored{number}'
        try:
            assert unpack(backup, folder, CHECKS) == said, 'a byte that means nothing'
        except NotWhole:
            continue
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize('length', [0, 10, 1000, -1])
def test_a_backup_that_was_cut_off_is_refused(tmp_path: Path, length: int) -> None:
    backup = back_up(tmp_path)
    backup.write_bytes(backup.read_bytes()[:length])
    with pytest.raises(NotWhole, match='is not a'):
        unpack(backup, tmp_path / 'restored', CHECKS)
    with pytest.raises(NotWhole, match='is not a backup'):
        read_manifest(backup)


def test_a_backup_cannot_write_outside_of_its_folder(tmp_path: Path) -> None:
    backup = tmp_path / 'evil.zip'
    manifest = {'format': 1, 'files': {'../outside': {'sha256': '', 'bytes': 1}}, 'parts': {}}
    with zipfile.ZipFile(backup, 'w') as archive:
        archive.writestr('manifest.json', json.dumps(manifest))
        archive.writestr('../outside', 'x')
    with pytest.raises(NotWhole, match='outside of the folder'):
        unpack(backup, tmp_path / 'restored', {})
    assert not (tmp_path / 'outside').exists()


@pytest.mark.parametrize('when', ['before', 'while copying'])
def test_a_cancelled_backup_leaves_nothing(tmp_path: Path, when: str) -> None:
    cancelled = threading.Event()

    def cancel_then_copy(copy: Part) -> Part:
        def save(path: Path, event: threading.Event) -> dict[str, Any]:
            cancelled.set()
            return copy.save(path, event)

        return Part(save, copy.check)

    async def story() -> None:
        async with opened(tmp_path / 'data') as log:
            await log.append(ask(*(happened('created', f'c/{n}', n=n) for n in range(1000))))
            contents = contents_of(log, tmp_path)
            if when == 'before':
                cancelled.set()
            else:
                parts = {name: cancel_then_copy(part) for name, part in contents.parts.items()}
                contents = Contents(parts, contents.folders)
            with pytest.raises(Cancelled):
                await asyncio.to_thread(make_backup, contents, tmp_path / 'b.zip', Progress(), cancelled)
            assert await log.append(create('c/after'))
            assert not list(log.database.staging.iterdir())

    asyncio.run(story())
    assert sorted(path.name for path in tmp_path.iterdir()) == ['config', 'data']


def test_a_restored_log_is_the_one_that_was_backed_up_and_the_other_one_is_kept(tmp_path: Path) -> None:
    backup = back_up(tmp_path)
    data, config = tmp_path / 'data', tmp_path / 'config'

    async def append_more() -> None:
        async with opened(data) as log:
            await log.append(create('c/later'))

    asyncio.run(append_more())
    (config / 'app.yaml').write_text('name: After\n')
    prepare_restore(backup, data, CHECKS)
    before = finish_restore(data, config)
    assert before is not None
    assert (config / 'app.yaml').read_text() == 'name: Before\n'
    assert (before / 'config' / 'app.yaml').read_text() == 'name: After\n'
    assert length_of(data) == 50
    assert check(before / 'events.duckdb')['events'] == 51
    assert finish_restore(data, config) is None


def length_of(data: Path) -> int:
    """How many events the log in a folder has."""

    async def story() -> int:
        async with opened(data) as log:
            await log.append(create('c/restored'))
            return len(await all_events(log)) - 1

    return asyncio.run(story())


@pytest.mark.parametrize('cut_off_after', range(8))
def test_a_restore_that_is_cut_off_is_finished_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_off_after: int
) -> None:
    from app.events import restore

    backup = back_up(tmp_path)
    data, config = tmp_path / 'data', tmp_path / 'config'
    prepare_restore(backup, data, CHECKS)
    moved = 0
    move = restore._move

    def move_some(source: Path, target: Path) -> None:
        nonlocal moved
        if moved == cut_off_after:
            raise KeyboardInterrupt
        moved += 1
        move(source, target)

    monkeypatch.setattr(restore, '_move', move_some)
    with pytest.raises(KeyboardInterrupt):
        finish_restore(data, config)
    monkeypatch.undo()
    finish_restore(data, config)
    assert not (data / READY).exists()
    assert length_of(data) == 50


def test_a_backup_that_is_not_whole_changes_nothing(tmp_path: Path) -> None:
    backup = back_up(tmp_path)
    backup.write_bytes(b'rubbish')
    with pytest.raises(NotWhole):
        prepare_restore(backup, tmp_path / 'data', CHECKS)
    assert finish_restore(tmp_path / 'data', tmp_path / 'config') is None
    assert length_of(tmp_path / 'data') == 50
