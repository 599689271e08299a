"""A data folder has one holder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.lock import FolderInUse, held


def test_a_second_holder_is_told_who_has_the_folder_and_what_to_do(tmp_path: Path) -> None:
    message = rf'DBBasic process {os.getpid()}\. Stop that one first\.'
    with held(tmp_path), pytest.raises(FolderInUse, match=message), held(tmp_path):
        pass


def test_the_folder_is_free_again_afterwards_also_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), held(tmp_path):
        raise RuntimeError
    with held(tmp_path):
        assert (tmp_path / 'dbbasic.lock').read_text() == f'{os.getpid()}\n'


def test_a_refusal_does_not_free_the_folder(tmp_path: Path) -> None:
    with held(tmp_path):
        for _ in range(2):
            with pytest.raises(FolderInUse), held(tmp_path):
                pass
        assert (tmp_path / 'dbbasic.lock').read_text() == f'{os.getpid()}\n'


def test_a_longer_number_of_an_earlier_holder_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / 'dbbasic.lock').write_text('99999999999999999999\n')
    with held(tmp_path):
        assert (tmp_path / 'dbbasic.lock').read_text() == f'{os.getpid()}\n'


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    with held(tmp_path / 'a' / 'data'):
        assert stat.S_IMODE((tmp_path / 'a' / 'data').stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / 'a' / 'data' / 'dbbasic.lock').stat().st_mode) == 0o600
