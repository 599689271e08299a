"""Whatever a table holds: written in any way that programs write CSV, it comes back as it was."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.crud.importing.csv_file import FORMULA
from app.crud.importing.source import Reading, Source
from app.crud.importing.upload import Upload
from tests.unit.crud.shop import Shop

ENCODINGS = {'utf-8': '', 'utf-8-sig': '', 'utf-16': '', 'cp1252': 'windows-1252'}
LETTERS = st.characters(codec='cp1252', exclude_characters='\x00') | st.sampled_from(',;\t|"\'\r\n ')
TEXTS = st.text(LETTERS, max_size=12).filter(lambda text: not FORMULA.match(text))
"""Without those that look as if an export had put an apostrophe before a formula, which is taken away again."""
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=8)
WAYS = [(csv.QUOTE_MINIMAL, '"'), (csv.QUOTE_ALL, '"'), (csv.QUOTE_ALL, "'")]
"""Quoting only where it is needed does not tell by the first line that the quote is another one than usual."""
DIALECTS = st.builds(
    lambda delimiter, way, end: {
        'delimiter': delimiter,
        'quoting': way[0],
        'quotechar': way[1],
        'lineterminator': '\r\n' if way[0] == csv.QUOTE_MINIMAL else end,  # else Python leaves others unquoted
    },
    st.sampled_from(',;\t|'),
    st.sampled_from(WAYS),
    st.sampled_from(['\n', '\r\n', '\r']),
)
HEADER = ('name', 'email', 'extra')
LASTING = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(shop: Shop, content: bytes, size: int, **reading: Any) -> list[dict[str, Any]]:
    """The values of the rows of a file, asked for in pieces."""
    with closing(Upload.of(content)) as upload:
        source = Source(upload, Reading(**reading), shop.catalog.table('customers').entity)
        with closing(source):
            source.begin()
            rows = source.next(size)
            while not source.ended:
                rows += source.next(size)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert not any(row.error for row in rows)
    return [row.values for row in rows]


@LASTING
@given(ROWS, DIALECTS, st.sampled_from(sorted(ENCODINGS)), st.integers(1, 3))
def test_any_csv_comes_back(
    lasting_shop: Shop, rows: list[tuple[str, str, str]], dialect: dict[str, Any], encoding: str, size: int
) -> None:
    file = io.StringIO(newline='')
    writer = csv.writer(file, **dialect)
    writer.writerow(HEADER)
    writer.writerows(rows)
    found = read(lasting_shop, file.getvalue().encode(encoding), size, encoding=ENCODINGS[encoding])
    assert found == [{name: cell or None for name, cell in zip(HEADER, row, strict=True)} for row in rows]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.text(st.characters(exclude_categories=['Cs'])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from('abc'), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.sampled_from(HEADER), VALUES, min_size=1), max_size=6)


@LASTING
@given(OBJECTS, st.sampled_from([None, 1]), st.booleans(), st.integers(1, 3))
def test_any_json_comes_back(
    lasting_shop: Shop, rows: list[dict[str, Any]], indent: int | None, plain: bool, size: int
) -> None:
    body: Any = rows if plain else {'before': [1.5], 'records': rows, 'after': {'records': 1}}
    content = json.dumps(body, indent=indent).encode()
    assert read(lasting_shop, content, size, kind='json') == rows
    lines = '\n'.join(json.dumps(row) for row in rows).encode()
    assert read(lasting_shop, lines, size, kind='jsonl') == rows


@pytest.mark.parametrize('block', [1, 2, 5, 64])
def test_it_does_not_matter_where_the_text_is_cut(
    lasting_shop: Shop, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr('app.crud.importing.scanner.BLOCK', block)
    rows = [
        {'name': 'A\u00e9\U0001f600', 'extra': {'a': [1, -2, 3000000000, True, None, 'x" ]}\\']}},
        {'email': 'a@b.c'},
    ]
    for indent in (None, 3):
        assert read(lasting_shop, json.dumps(rows, indent=indent).encode(), 2, kind='json') == rows
