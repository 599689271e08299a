"""Files of long rows: what is in memory of them at once is limited by their size, not only by their number."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.crud.importing.rows import Row
from app.crud.importing.source import Source
from tests.unit.crud.shop import Shop


def lines(count: int) -> str:
    """A file of so many customers."""
    return 'id,name,email\n' + ''.join(f'c{n},N{n},m{n}@b.c\n' for n in range(count))


def objects(count: int) -> str:
    """The same as JSON, line by line."""
    return ''.join(f'{{"id": "c{n}", "name": "N{n}", "email": "m{n}@b.c"}}\n' for n in range(count))


@pytest.mark.parametrize(('kind', 'file'), [('csv', lines), ('json', objects), ('jsonl', objects)])
@pytest.mark.parametrize(('limit', 'most', 'entries'), [('source.AT_ONCE', 1, 0), ('work.LARGEST', 2, 2)])
def test_long_rows_make_chunks_and_parts_of_fewer(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    file: Callable[[int], str],
    limit: str,
    most: int,
    entries: int,
) -> None:
    monkeypatch.setattr('app.crud.importing.work.CHUNK', 2)
    monkeypatch.setattr(f'app.crud.importing.{limit}', 20)
    read, taken = Source.next, list[int]()

    def counted(source: Source, most: int) -> list[Row]:
        rows = read(source, most)
        taken.append(len(rows))
        return rows

    monkeypatch.setattr(Source, 'next', counted)
    text = file(7).replace('\n', '').replace('}{', '},{') if kind == 'json' else file(7)
    with shop.recording() as happened:
        assert shop.bring('customers', f'[{text}]' if kind == 'json' else text, kind=kind)['imported'] == 7
    assert (max(taken), sum(taken), len(happened)) == (most, 7, 7 + entries)
    assert sorted(shop.ids('customers')) == [f'c{n}' for n in range(7)]
