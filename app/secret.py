"""Secrets that the system makes for itself and keeps in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret(path: Path) -> str:
    """The text in `path`, made up at the first time; only the owner can read the file."""
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'w') as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()
