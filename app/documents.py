"""Writing the documents of the config folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.config import PLACES
from app.errors import Unavailable

NAME = re.compile(r'[A-Za-z0-9_][A-Za-z0-9_\-]{0,80}\.(yaml|yml|json)')


def is_document(path: str) -> bool:
    """Whether a path within the folder is that of a document."""
    place, _, name = path.rpartition('/')
    return path == 'app.yaml' or (place in PLACES and NAME.fullmatch(name) is not None)


@contextmanager
def written(folder: Path | None, documents: Mapping[str, str | None]) -> Iterator[Callable[[], None]]:
    """Write documents beside their places (those without a text go); calling what this gives puts them there."""
    if folder is None:
        raise Unavailable('There is no config folder.')
    staged = []
    try:
        for name, text in documents.items():
            path = folder / name
            beside = path.with_name(f'{path.name}.new')
            if text is not None:
                path.parent.mkdir(exist_ok=True)
                beside.write_text(text, 'utf-8')
            staged.append((beside, path))
        yield lambda: _put(staged)
    except OSError as error:
        raise Unavailable(f'{error.filename} cannot be written: {error.strerror}.') from error
    finally:
        for beside, _ in staged:
            beside.unlink(missing_ok=True)


def _put(staged: list[tuple[Path, Path]]) -> None:
    for beside, path in staged:
        if beside.exists():
            beside.replace(path)
        else:
            path.unlink(missing_ok=True)
