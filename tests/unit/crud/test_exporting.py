"""Lists as files: what they hold, for whom, and that they come back as they were."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import codec
from app.crud.export_formats import FORMATS
from app.crud.exporting import Exports
from app.errors import Denied, Malformed
from app.permissions import Principal
from tests.rounds import rounds
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import ANN, BOB, OPEN, SELLER, Shop

HOSTILE = ['=1+1', "'=1+1", '+4', '-x', '@a', '\tx', "it's", 'a,"b"\nc', 'ä 日本', "''", '-']
WIDE = f"""
resource: things
fields:
  name: {{type: string, required: true}}
  price: {{type: decimal, scale: 2}}
  amount: integer
  good: boolean
  day: date
  tags: list
  extra: json
  twice: {{type: computed, expression: amount * 2}}
{OPEN}"""


def export(shop: Shop, entity: str, kind: str, query: str = '', by: Principal = ANN) -> bytes:
    """The whole file."""
    parameters = parse_qsl(query, keep_blank_values=True)
    exports, table = Exports(shop.data.views, shop.log), shop.catalog.table(entity)
    made = shop.run(exports.make(table, FORMATS[kind], parameters, by))
    with made.file as file:
        content = file.read()
    assert len(content) == made.size
    assert list(shop.log.database.staging.iterdir()) == []
    return content


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline='')))


@pytest.fixture
def things(open_shop: OpenShop) -> Shop:
    shop = open_shop({'entities/things.yaml': WIDE})
    shop.create('things', id='a', name='A', price='12.50', amount=-3, good=True, day='2026-05-03', tags=['x', 'y, z'])
    shop.create('things', id='b', name='=B', extra={'n': Decimal('1.10'), 'm': [None]})
    return shop


def test_every_format_holds_what_the_list_shows(things: Shop) -> None:
    shown = [codec.decode(codec.encode(record.as_json())) for record in things.page('things', 'sort=name').records]
    for record in shown:
        del record['_version']
    assert codec.decode(export(things, 'things', 'json', 'sort=name')) == shown
    assert [codec.decode(line) for line in export(things, 'things', 'jsonl', 'sort=name').splitlines()] == shown
    cells = rows_of(export(things, 'things', 'csv', 'sort=name'))
    assert cells == [
        {
            'id': 'b', 'name': "'=B", 'price': '', 'amount': '', 'good': '', 'day': '', 'tags': '',
            'extra': '{"m":[null],"n":1.10}', 'twice': '',
        },
        {
            'id': 'a', 'name': 'A', 'price': '12.50', 'amount': '-3', 'good': 'true', 'day': '2026-05-03',
            'tags': '["x","y, z"]', 'extra': '', 'twice': '-6',
        },
    ]  # fmt: skip


def test_parquet_keeps_the_types(things: Shop, tmp_path: Any) -> None:
    (tmp_path / 'file.parquet').write_bytes(
        export(things, 'things', 'parquet', 'sort=-name&fields=price,day,tags,twice')
    )
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT * FROM '{tmp_path}/file.parquet'")
        assert [str(kind) for kind in found.types] == ['DECIMAL(18,2)', 'DATE', 'VARCHAR[]', 'DECIMAL(38,0)']
        assert found.fetchall()[0][0] == Decimal('12.50')


def test_a_sheet_has_typed_cells_and_no_formulas(things: Shop) -> None:
    with zipfile.ZipFile(io.BytesIO(export(things, 'things', 'xlsx', 'sort=-name'))) as book:
        sheet = ElementTree.fromstring(book.read('xl/worksheets/sheet1.xml'))
    name = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
    assert sheet.find(f'.//{name}f') is None
    cells = {cell.get('r'): (cell.get('t'), ''.join(cell.itertext())) for cell in sheet.iter(f'{name}c')}
    assert (cells['B3'], cells['C2'], cells['D2'], cells['E2']) == (
        ('inlineStr', '=B'), (None, '12.50'), (None, '-3'), ('b', '1')
    )  # fmt: skip
    assert cells['A1'] == ('inlineStr', 'id')


def test_exports_are_narrowed_as_lists_are(things: Shop) -> None:
    then = things.log.position
    things.change('things', 'a', name='Later')
    assert [row['id'] for row in rows_of(export(things, 'things', 'csv', 'amount[lt]=0'))] == ['a']
    assert [row['id'] for row in rows_of(export(things, 'things', 'csv', "filter=name = '=B'"))] == ['b']
    assert [row['id'] for row in rows_of(export(things, 'things', 'csv', 'limit=1&offset=1'))] == ['a']
    assert rows_of(export(things, 'things', 'csv', f'fields=name&as_of={then}&sort=name'))[1] == {'name': 'A'}
    for wrong in ('cursor=x', 'nme=1', 'fields=nme', 'filter=nme', 'delimiter=ab'):
        with pytest.raises(Malformed):
            export(things, 'things', 'csv', wrong)
    assert export(things, 'things', 'csv', 'bom=true&delimiter=;&fields=id&sort=name').startswith(b'\xef\xbb\xbfid\n')


def test_everybody_exports_only_what_he_may_read(open_shop: OpenShop) -> None:
    text = """
resource: things
fields: {name: string, cost: {type: integer, permissions: {read: [sales]}}}
permissions: {create: authenticated, read: [owner, sales]}
"""
    shop = open_shop({'entities/things.yaml': text, 'entities/shut.yaml': 'resource: shut\nfields: {a: string}\n'})
    shop.create('things', ANN, name='A', cost=None)
    shop.create('things', BOB, name='B', cost=5)
    [row] = rows_of(export(shop, 'things', 'csv', by=BOB))
    assert (row['name'], 'cost' in row) == ('B', False)
    assert sorted(row['cost'] for row in rows_of(export(shop, 'things', 'csv', by=SELLER))) == ['', '5']
    with pytest.raises(Malformed):
        export(shop, 'things', 'csv', 'fields=cost', by=BOB)
    with pytest.raises(Denied):
        export(shop, 'shut', 'csv')


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            'name': st.one_of(
                st.sampled_from(HOSTILE),
                st.text(st.characters(exclude_categories=['Cs', 'Cc']), min_size=1, max_size=8),
            ),
            'price': st.one_of(st.none(), st.decimals(-1000, 1000, places=2).map(str)),
            'amount': st.one_of(st.none(), st.integers(-(2**60), 2**60)),
            'day': st.one_of(st.none(), st.dates().map(str)),
            'tags': st.one_of(st.none(), st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3)),
            'extra': st.one_of(st.none(), st.just({'a': ['=x', 1, None]})),
        }
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope='module')
def lasting_things(tmp_path_factory: pytest.TempPathFactory) -> Any:
    shop = Shop(tmp_path_factory.mktemp('things'), {'entities/things.yaml': WIDE})
    yield shop
    shop.close()


@settings(max_examples=rounds(40), deadline=None)
@given(records=RECORDS, kind=st.sampled_from(['csv', 'json']))
def test_what_was_exported_comes_back_as_it_was(lasting_things: Shop, records: list[dict[str, Any]], kind: str) -> None:
    shop = lasting_things
    for record_id in shop.ids('things', 'limit=500'):
        shop.delete('things', record_id)
    for record in records:
        shop.create('things', **record)
    before = [record.values for record in shop.page('things', 'sort=id').records]
    file = export(shop, 'things', kind, 'sort=id').decode()
    for record_id in shop.ids('things', 'limit=500'):
        shop.delete('things', record_id)
    shop.bring('things', file, kind=kind)
    after = [record.values for record in shop.page('things', 'sort=id').records]
    assert codec.encode(after) == codec.encode(before)
