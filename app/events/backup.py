"""Backups: events, accounts, config and files as one set in one file, proven by restoring it before it counts."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from app.events.blobs import UNFINISHED
from app.events.copying import Cancelled, NotWhole, copy_database, verify_copy
from app.events.database import Database

UNREADABLE = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
)
"""What reading an archive may raise whose bytes were altered: zipfile believes every flag, even that of encryption."""
MANIFEST = 'manifest.json'
LEFT_OUT = ['the keys that sign access tokens (new ones are made; people log in again)', 'projections and snapshots']
CHUNK = 1 << 20
_UNFINISHED = shutil.ignore_patterns(f'*{UNFINISHED}')

Save = Callable[[Path, threading.Event], dict[str, Any]]
"""Copies; returns what the copy must turn out to hold."""
Check = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One database of the set: how it is copied while it is in use, and what proves that a copy is whole."""

    save: Save
    check: Check


@dataclass(frozen=True, slots=True)
class Contents:
    """What belongs to a set: databases and folders, by their names in it."""

    parts: Mapping[str, Part]
    folders: Mapping[str, Path]

    @property
    def checks(self) -> dict[str, Check]:
        """What proves that each database is whole."""
        return {name: part.check for name, part in self.parts.items()}


@dataclass(slots=True)
class Progress:
    """How far a backup is."""

    step: str = 'starting'
    done: int = 0
    of: int = 1


def events_part(database: Database) -> Part:
    """The log, with the tables that follow it."""
    return Part(partial(_copy_events, database), check_events)


def _copy_events(database: Database, path: Path, cancelled: threading.Event) -> dict[str, Any]:
    head = copy_database(database, path, cancelled)
    return {'events': head.position, 'hash': head.hash}


def check_events(path: Path) -> dict[str, Any]:
    """How many events a copy holds and where their chain ends, having computed all of it."""
    head = verify_copy(path)
    return {'events': head.position, 'hash': head.hash}


def make_backup(
    contents: Contents, target: Path, progress: Progress | None = None, cancelled: threading.Event | None = None
) -> dict[str, Any]:
    """Write a verified backup to `target` and return its manifest; leaves nothing behind when it fails. Blocks."""
    progress, cancelled = progress or Progress(), cancelled or threading.Event()
    work = target.with_name(f'.{target.stem}.partial')
    work.mkdir(mode=0o700, parents=True)
    try:
        told = _save(contents, work / 'set', progress, cancelled)
        manifest = _manifest(told, work / 'set', progress)
        _pack(work / 'set', work / 'set.zip', progress, cancelled)
        progress.step = 'restoring it to prove that it is whole'
        unpack(work / 'set.zip', work / 'restored', contents.checks)
        (work / 'set.zip').replace(target)
        return manifest
    finally:
        shutil.rmtree(work, ignore_errors=True)


def unpack(backup: Path, folder: Path, checks: Mapping[str, Check]) -> dict[str, Any]:
    """Restore a backup into an empty `folder` and check all of it; returns its manifest, or raises `NotWhole`."""
    folder.mkdir(mode=0o700, parents=True)
    try:
        with zipfile.ZipFile(backup) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
            for name, told in manifest['files'].items():
                _extract(archive, name, folder, told['sha256'])
    except UNREADABLE as error:
        raise NotWhole(f'{backup} is not a whole backup: {error}') from error
    for name, check in checks.items():
        found = check(folder / name)
        if found != manifest['parts'].get(name):
            raise NotWhole(f'{backup} holds another {name} than it says: {found}.')
    return manifest


def read_manifest(backup: Path) -> dict[str, Any]:
    """What a backup says of itself, unchecked."""
    try:
        with zipfile.ZipFile(backup) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except UNREADABLE as error:
        raise NotWhole(f'{backup} is not a backup: {error}') from error
    return manifest


def _save(contents: Contents, folder: Path, progress: Progress, cancelled: threading.Event) -> dict[str, Any]:
    folder.mkdir(mode=0o700)
    told = {}
    for name, part in contents.parts.items():
        progress.step = f'copying {name}'
        told[name] = part.save(folder / name, cancelled)
        _stop_if(cancelled)
    for name, source in contents.folders.items():
        if source.is_dir():
            progress.step = f'copying {name}'
            shutil.copytree(source, folder / name, ignore=_UNFINISHED, copy_function=_copy_if_there)
        _stop_if(cancelled)
    return told


def _copy_if_there(source: str, target: str) -> None:
    """Files that nobody refers to may be removed meanwhile; what the log refers to never is."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


def _manifest(told: dict[str, Any], folder: Path, progress: Progress) -> dict[str, Any]:
    progress.step = 'computing checksums'
    files = sorted(path for path in folder.rglob('*') if path.is_file())
    progress.of = sum(path.stat().st_size for path in files) + 1
    manifest = {
        'format': 1,
        'created_at': f'{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z',
        'parts': told,
        'files': {
            path.relative_to(folder).as_posix(): {'bytes': path.stat().st_size, 'sha256': _checksum(path)}
            for path in files
        },
        'left_out': LEFT_OUT,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return manifest


def _pack(folder: Path, target: Path, progress: Progress, cancelled: threading.Event) -> None:
    progress.step = 'packing'
    with target.open('wb') as file:
        with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(folder.rglob('*')):
                if path.is_file():
                    archive.write(path, path.relative_to(folder).as_posix())
                    progress.done += path.stat().st_size
                _stop_if(cancelled)
        file.flush()
        os.fsync(file.fileno())
    target.chmod(0o600)


def _extract(archive: zipfile.ZipFile, name: str, folder: Path, checksum: str) -> None:
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise ValueError(f'{name} would be written outside of the folder')
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with archive.open(name) as source, open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'wb') as file:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != checksum:
        raise ValueError(f'{name} has another checksum than when it was written')


def _checksum(path: Path) -> str:
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def _stop_if(cancelled: threading.Event) -> None:
    if cancelled.is_set():
        raise Cancelled
