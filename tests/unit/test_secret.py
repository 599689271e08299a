"""A secret is made once, stays the same, and is nobody else's business."""

from __future__ import annotations

from pathlib import Path

from app.secret import secret


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / 'secret'
    made = secret(path)
    assert len(made) >= 32
    assert secret(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret(tmp_path / 'another') != made
