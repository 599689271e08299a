"""The backups there are, and the one that is being made."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.errors import Conflict, Malformed, NotFound, Problem
from app.events.backup import Contents, Progress, make_backup, read_manifest
from app.events.copying import Cancelled, NotWhole
from app.events.restore import prepare_restore

logger = logging.getLogger(__name__)

NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9._\-]{0,99}\.zip')


class Backups:
    """Lives on the event loop; the work happens on threads. `restart` ends the program and starts it again."""

    def __init__(self, data: Path, contents: Contents, restart: Callable[[], None]) -> None:
        self._data = data
        self._folder = data / 'backups'
        self._contents = contents
        self._restart = restart
        self._progress = Progress()
        self._cancelled = threading.Event()
        self._task: asyncio.Task[dict[str, Any]] | None = None
        self.last: dict[str, Any] = {'status': 'none'}

    def list(self) -> list[dict[str, Any]]:
        """Newest first; blocks for a moment."""
        return [self._summary(path) for path in sorted(self._folder.glob('*.zip'), reverse=True)]

    def start(self) -> str:
        """Begin a new one; returns the name that it will have."""
        if self.running:
            raise Conflict('A backup is being made already.')
        name = f'dbbasic-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}'[:-3] + '.zip'
        self._progress, self._cancelled = Progress(), threading.Event()
        self.last = {'status': 'running', 'name': name}
        making = asyncio.to_thread(make_backup, self._contents, self._folder / name, self._progress, self._cancelled)
        self._task = asyncio.create_task(making)
        self._task.add_done_callback(self._ended)
        return name

    @property
    def running(self) -> bool:
        """Whether one is being made."""
        return self._task is not None and not self._task.done()

    def status(self) -> dict[str, Any]:
        """How far the one being made is, or how the last one ended."""
        if not self.running:
            return self.last
        progress = self._progress
        return {**self.last, 'step': progress.step, 'done': progress.done, 'of': progress.of}

    def cancel(self) -> None:
        """Call off the one being made."""
        self._cancelled.set()

    def path(self, name: str) -> Path:
        """The file of the backup called `name`."""
        if not NAME.fullmatch(name):
            raise Malformed(f'{name[:100]!r} is not the name of a backup.')
        path = self._folder / name
        if not path.is_file():
            raise NotFound(f'There is no backup {name!r}.')
        return path

    async def restore(self, name: str) -> dict[str, Any]:
        """Check the backup, put it where the next start finds it, and restart."""
        try:
            manifest = await asyncio.to_thread(prepare_restore, self.path(name), self._data, self._contents.checks)
        except NotWhole as error:
            raise Conflict(f'{error} Nothing was changed.') from error
        self._restart()
        return manifest

    async def close(self) -> None:
        """Call off what is being made."""
        self.cancel()
        if self._task:
            await asyncio.gather(self._task, return_exceptions=True)

    def _ended(self, task: asyncio.Task[dict[str, Any]]) -> None:
        error = task.exception()
        if error is None:
            self.last = {**self.last, 'status': 'done', 'manifest': task.result()}
        elif isinstance(error, Cancelled):
            self.last = {**self.last, 'status': 'cancelled'}
        else:
            logger.error('the backup failed', exc_info=error)
            reason = error.detail if isinstance(error, Problem) else str(error)
            self.last = {**self.last, 'status': 'failed', 'reason': reason}

    def _summary(self, path: Path) -> dict[str, Any]:
        row: dict[str, Any] = {'name': path.name, 'bytes': path.stat().st_size}
        try:
            manifest = read_manifest(path)
        except NotWhole as error:
            return row | {'damaged': str(error)}
        return row | {name: manifest[name] for name in ('created_at', 'parts', 'left_out')}
