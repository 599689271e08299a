"""Notices when files in the config folder change, and takes the new config over when it is good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.config import Config, Mistake, WrongConfig, config_files, load
from app.errors import Problem

logger = logging.getLogger(__name__)

SECONDS = 0.5
Signature = frozenset[tuple[str, int, int]]


class Watch:
    """Polls the folder; `mistakes` says what is wrong with the files while the last good config stays in force."""

    def __init__(self, folder: Path, activate: Callable[[Config], Awaitable[list[Mistake]]]) -> None:
        self._folder = folder
        self._activate = activate
        self._seen = _signature(folder)
        self.mistakes: list[Mistake] = []

    async def run(self) -> None:
        """Look twice a second, for ever."""
        while True:
            await asyncio.sleep(SECONDS)
            signature = await asyncio.to_thread(_signature, self._folder)
            if signature != self._seen:
                self._seen = signature
                await self.reload()

    async def reload(self) -> None:
        """Read the folder now; a wrong config changes nothing but `mistakes`."""
        try:
            self.mistakes = await self._activate(await asyncio.to_thread(load, self._folder))
        except WrongConfig as wrong:
            self.mistakes = wrong.mistakes
            logger.warning('The config was not taken over; the last good one stays in force.\n%s', wrong)
        except Problem as problem:
            self.mistakes = [Mistake(str(self._folder), 1, '', problem.detail)]
            logger.warning('The config does not fit the data; the last good one stays in force. %s', problem.detail)
        except OSError as error:
            self.mistakes = [Mistake(str(self._folder), 1, '', f'cannot be read: {error}')]
        else:
            for mistake in self.mistakes:
                logger.warning('%s', mistake)
            logger.info('config taken over')


def _signature(folder: Path) -> Signature:
    found = set()
    for path in config_files(folder):
        try:
            stat = path.stat()
        except OSError:
            continue
        found.add((path.name, stat.st_mtime_ns, stat.st_size))
    return frozenset(found)
