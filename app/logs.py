"""Log lines as JSON in `data/logs/`, rotated; warnings also on the terminal."""

from __future__ import annotations

import logging
import logging.handlers
from datetime import UTC, datetime
from pathlib import Path

from app import codec

LARGEST_FILE = 10_000_000
KEPT_FILES = 5


def start_logging(data: Path) -> None:
    """Send everything from INFO up to `data/logs/dbbasic.log`."""
    folder = data / 'logs'
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / 'dbbasic.log', maxBytes=LARGEST_FILE, backupCount=KEPT_FILES, encoding='utf-8', delay=True
    )
    file.setFormatter(_JsonLines())
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(_OneLine('%(levelname)s %(name)s: %(message)s'))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.setLevel(logging.INFO)
    root.addHandler(file)
    root.addHandler(terminal)
    for noisy in ('uvicorn', 'httpx', 'httpcore', 'watchfiles', 'asyncio'):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger('uvicorn.error').addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """uvicorn takes a WebSocket that is refused with a problem document, as it may be, for one that was forgotten."""
    return 'without completing handshake' not in record.getMessage()


class _JsonLines(logging.Formatter):
    """One JSON object a line, with the stack where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            'time': datetime.fromtimestamp(record.created, UTC).isoformat(timespec='milliseconds'),
            'level': record.levelname.lower(),
            'logger': record.name,
            'message': record.getMessage(),
            **getattr(record, 'details', {}),
        }
        if record.exc_info:
            line['stack'] = self.formatException(record.exc_info)
        return codec.encode(line).decode()


class _OneLine(logging.Formatter):
    """The message alone; the stack is in the file."""

    def formatException(self, _: object) -> str:
        return ''

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None
        return super().format(record).strip()
