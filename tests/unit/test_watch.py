"""A changed config folder is taken over when it is good, and otherwise explained."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from app import watch
from app.config import Config, Mistake
from app.errors import Conflict
from app.watch import Watch

GOOD = 'resource: things\nfields:\n  name: string\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / 'entities').mkdir()
    (tmp_path / 'entities' / 'things.yaml').write_text(GOOD)
    return tmp_path


def watching(folder: Path, refuse: Callable[[], Exception] | None = None) -> tuple[Watch, list[Config]]:
    """A watch, and the configs that it hands over."""
    taken: list[Config] = []

    async def activate(config: Config) -> list[Mistake]:
        if refuse:
            raise refuse()
        taken.append(config)
        return []

    return Watch(folder, activate), taken


def test_a_good_config_is_handed_over(folder: Path) -> None:
    watch, taken = watching(folder)
    asyncio.run(watch.reload())
    assert ([*taken[0].entities], watch.mistakes) == (['things'], [])


def test_a_wrong_config_changes_nothing_but_the_mistakes(folder: Path) -> None:
    watch, taken = watching(folder)
    file = folder / 'entities' / 'things.yaml'
    file.write_text(GOOD + 'lable: x\n')
    asyncio.run(watch.reload())
    assert ([str(mistake) for mistake in watch.mistakes], taken) == (
        [f"{file}:4: lable: unknown option 'lable', did you mean 'label'?"],
        [],
    )
    file.write_text(GOOD)
    asyncio.run(watch.reload())
    assert (watch.mistakes, len(taken)) == ([], 1)


def test_a_config_that_does_not_fit_the_data_is_explained(folder: Path) -> None:
    watch, _ = watching(folder, lambda: Conflict('things.name cannot be unique.'))
    asyncio.run(watch.reload())
    assert str(watch.mistakes[0]) == f'{folder}:1: things.name cannot be unique.'


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    watch, _ = watching(folder, lambda: PermissionError('no'))
    asyncio.run(watch.reload())
    assert 'cannot be read: no' in str(watch.mistakes[0])


def test_only_a_change_of_the_files_leads_to_a_reload(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, 'SECONDS', 0)

    async def look() -> list[str]:
        reloaded = asyncio.Event()
        seen: list[str] = []

        async def activate(config: Config) -> list[Mistake]:
            seen.extend(config.documents)
            reloaded.set()
            return []

        running = asyncio.create_task(Watch(folder, activate).run())
        (folder / 'notes.txt').write_text('no config')
        for _ in range(50):
            await asyncio.sleep(0)
        assert not seen
        (folder / 'entities' / 'others.yaml').write_text(GOOD.replace('things', 'others'))
        await reloaded.wait()
        running.cancel()
        return seen

    assert asyncio.run(look()) == ['entities/others.yaml', 'entities/things.yaml']
