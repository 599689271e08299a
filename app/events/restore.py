"""Restoring: a backup is unpacked and checked beside what is there, and only then takes its place.

What was there before is kept in a folder of its own. A restore that was cut off goes on at the next start.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.events.backup import Check, unpack
from app.events.event import Head
from app.events.head_file import HeadFile

UNPACKING, READY = 'restoring.partial', 'restoring'
NOT_IN_SETS = ('events.promised', 'events.duckdb.wal', 'auth.duckdb.wal', 'derived.duckdb', 'derived.duckdb.wal')


def prepare_restore(backup: Path, data: Path, checks: Mapping[str, Check]) -> dict[str, Any]:
    """Unpack and check `backup` in the data folder; the next `finish_restore` puts it in place. Blocks."""
    partial = data / UNPACKING
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(data / READY, ignore_errors=True)
    try:
        manifest = unpack(backup, partial, checks)
        (partial / 'files').mkdir(mode=0o700, exist_ok=True)  # so that files of now are kept beside the log of now
        told = manifest['parts']['events.duckdb']
        head_file = HeadFile(partial / 'events.head')
        head_file.write(Head(told['events'], told['hash']))
        head_file.close()
        partial.replace(data / READY)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return manifest


def finish_restore(data: Path, config: Path) -> Path | None:
    """Put a prepared set in place, if there is one; returns the folder that keeps what was there before."""
    ready = data / READY
    if not ready.is_dir():
        return None
    marker = ready / 'before'
    if not marker.exists():
        marker.write_text(f'before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}')
    before = data / marker.read_text()
    before.mkdir(mode=0o700, exist_ok=True)
    for name in NOT_IN_SETS:
        _move(data / name, before / name)
    for source in sorted(ready.iterdir()):
        if source != marker:
            target = config if source.name == 'config' else data / source.name
            _move(target, before / source.name)
            _move(source, target)
    shutil.rmtree(ready)
    return before


def _move(source: Path, target: Path) -> None:
    """Rename, also from one disk to another; what was moved already stays moved."""
    if source.exists():
        if target.exists():
            raise FileExistsError(f'{source} is in the way of the restore, and {target} is taken. Move one of them.')
        try:
            os.replace(source, target)
        except OSError:
            shutil.move(source, target)
