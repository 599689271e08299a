"""Fixtures that every kind of test may use."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.process import SHIPPED_CONFIG, System


@pytest.fixture(scope='session')
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A running system with the shipped config, shared by all tests that mind nobody else's records."""
    with System(tmp_path_factory.mktemp('system') / 'data') as running:
        yield running


@pytest.fixture
def start_system(tmp_path: Path) -> Iterator[Callable[..., System]]:
    """Starts systems for one test alone; takes what `System` takes, and gives each a data folder of its own."""
    started: list[System] = []

    def start(data: Path | None = None, **options: object) -> System:
        started.append(System(data or tmp_path / f'data{len(started)}', **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for running in started:
        running.kill()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the shipped config that a test may change."""
    return Path(shutil.copytree(SHIPPED_CONFIG, tmp_path / 'config'))


@pytest.fixture(scope='module')
def changing_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of one module's own, on which its scenarios run in order, as a day's work would."""
    with System(tmp_path_factory.mktemp('changing') / 'data') as running:
        yield running
