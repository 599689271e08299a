"""Files that were stored but that no event has ever referred to are removed after a day; all others stay forever."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Set

from app.events.database import Read
from app.events.duckdb_log import DuckDBLog

logger = logging.getLogger(__name__)

KEPT_SECONDS = 86_400.0
PAUSE_SECONDS = 3_600.0
SLICE = 50_000
"""Positions of the log that are looked at in one go."""
REFERRED = """
    SELECT DISTINCT unnest(regexp_extract_all(data, '"sha256":"([0-9a-f]{64})"', 1)) FROM events
    WHERE position > ? AND position <= ? AND contains(data, '"sha256":"')"""


class Sweep:
    """Looks at each file once it is a day old; what an event refers to then is referred to forever."""

    def __init__(self, log: DuckDBLog) -> None:
        self._log = log
        self._looked_at = 0.0
        """Files that were stored or asked to be kept before this time have been looked at."""

    async def run(self) -> None:
        """At once, and then every hour."""
        while True:
            try:
                await self.sweep()
            except Exception:
                logger.exception('files that nobody refers to could not be removed; this is tried again in an hour')
            await asyncio.sleep(PAUSE_SECONDS)

    async def sweep(self) -> int:
        """Remove what is old enough and was never referred to; says how many."""
        blobs, until = self._log.blobs, time.time() - KEPT_SECONDS
        old = await asyncio.to_thread(blobs.modified, self._looked_at, until)
        unreferred = old - await self._referred(old) if old else set()
        removed = [await asyncio.to_thread(blobs.remove, sha256, until) for sha256 in unreferred]
        self._looked_at = max(self._looked_at, until)
        if any(removed):
            logger.info('%s files that no event refers to were removed', sum(removed))
        return sum(removed)

    async def _referred(self, hashes: Set[str]) -> set[str]:
        """Those that some event of the log names."""
        found: set[str] = set()
        for start in range(0, self._log.position, SLICE):

            def look(read: Read, start: int = start) -> set[str]:
                return {row[0] for row in read(REFERRED, [start, start + SLICE])}

            found |= hashes & await self._log.database.read(look)
        return found
