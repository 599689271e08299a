"""Files as programs of all kinds write them: encodings, delimiters, quotes, columns under other names."""

from __future__ import annotations

import codecs
from typing import Any

import pytest

from app.errors import Invalid, Malformed, TooLarge
from tests.unit.crud.shop import Shop

EMPTY: dict[str, Any] = {}


@pytest.mark.parametrize(
    ('file', 'query'),
    [
        ('name,credit\nÖl,2.50\n'.encode(), EMPTY),
        (codecs.BOM_UTF8 + 'name,credit\nÖl,2.50\n'.encode(), EMPTY),
        ('name,credit\nÖl,2.50\n'.encode('utf-16'), EMPTY),
        (codecs.BOM_UTF16_BE + 'name;credit\nÖl;2.50\n'.encode('utf-16-be'), EMPTY),
        ('name,credit\nÖl,2.50\n'.encode('cp1252'), {'encoding': 'windows-1252'}),
        ('name;credit\nÖl;2.50\n'.encode(), EMPTY),
        ('name\tcredit\nÖl\t2.50\n'.encode(), EMPTY),
        ('name|credit\nÖl|2.50\n'.encode(), EMPTY),
        ('name:credit\nÖl:2.50\n'.encode(), {'delimiter': ':'}),
        ("'name','credit'\n'Öl','2.50'\n".encode(), EMPTY),
        ('sep=;\r\nname;credit\r\nÖl;2.50\r\n'.encode(), EMPTY),
        ('\n\nname,credit\rÖl,2.50\r'.encode(), EMPTY),
        ('Name, CREDIT \nÖl,2.50\n'.encode(), EMPTY),
        ('Kunde,credit,x\nÖl,2.50,y\n'.encode(), {'mapping': '{"Kunde": "name", "x": ""}'}),
        ('Kunde;credit\nÖl;2.50\n'.encode(), {'mapping': '{"Kunde": "Name"}'}),
    ],
)
def test_the_same_table_is_read_however_it_is_written(shop: Shop, file: bytes, query: dict[str, Any]) -> None:
    assert shop.bring('customers', file, **query)['imported'] == 1
    values = shop.page('customers').records[0].values
    assert (values['name'], values['credit']) == ('Öl', '2.50')


@pytest.mark.parametrize(
    ('kind', 'file'),
    [
        ('json', ' [ {"Name": "A", "credit": 1.5} , {"name": "B"} ] '),
        ('json', '{"made": {"by": [1]}, "records": [{"name": "A", "credit": 1.50}, {"name": "B"}], "more": 1.5e3}'),
        ('jsonl', '{"name": "A", "credit": 1.5}\n\n{"NAME": "B"}'),
        ('jsonl', '\ufeff{"name": "A", "credit": "1.5"}\r\n{"name": "B"}\r\n'),
    ],
)
def test_objects_come_as_a_list_or_line_by_line(shop: Shop, kind: str, file: str) -> None:
    assert shop.bring('customers', file, kind=kind)['imported'] == 2
    found = {record.values['name']: record.values['credit'] for record in shop.page('customers').records}
    assert found == {'A': '1.50', 'B': '5.00'}


@pytest.mark.parametrize(
    ('file', 'query', 'errors'),
    [
        ('nme,credit\nA,1\n', EMPTY, {'nme': "is not a field, did you mean 'name'?"}),
        ('name,e-mail\nA,1\n', EMPTY, {'e-mail': "is not a field, did you mean 'email'?"}),
        ('name,shoe\nA,1\n', EMPTY, {'shoe': 'is not a field'}),
        ('name,Name\nA,B\n', EMPTY, {'Name': "is the field name, as 'name' is already"}),
        ('a,b\nA,1\n', {'mapping': '{"a": "nam"}'}, {'mapping.a': "is not a field, did you mean 'name'?"}),
        ('name\nA\n', {'mapping': '{"b": ""}'}, {'mapping.b': 'is no column of the file'}),
    ],
)
def test_columns_that_are_no_fields_are_named_with_what_was_probably_meant(
    lasting_shop: Shop, file: str, query: dict[str, Any], errors: dict[str, str]
) -> None:
    with lasting_shop.recording() as happened, pytest.raises(Invalid) as caught:
        lasting_shop.bring('customers', file, **query)
    assert (caught.value.errors, happened) == (errors, [])


DEEP = '[' * 50_000
HOSTILE: list[tuple[str, bytes, dict[str, Any], str]] = [
    (
        'csv',
        b'name\nA\nB\xfc\n',
        EMPTY,
        r"not UTF-8: line 3, column 2, after 'B', .*0xFC, byte 9 of the file.*encoding=windows-1252",
    ),
    ('csv', 'name\nÖ'.encode('utf-16')[:-1], EMPTY, 'not UTF-16: line 2'),
    ('csv', 'name\n'.encode('utf-16-le'), EMPTY, 'zero bytes: it is UTF-16 without a mark'),
    ('csv', 'name\n'.encode('utf-32'), EMPTY, 'UTF-32; save it as UTF-8'),
    ('csv', b'name\n\x81\n', {'encoding': 'windows-1252'}, 'not Windows-1252: line 2'),
    ('csv', b'name\nA\n', {'encoding': 'ebcdic'}, "encoding: 'ebcdic' is none of utf-8"),
    ('csv', b'\x1f\x8b\x08\x00abc', EMPTY, 'packed by gzip'),
    ('csv', b'PK\x03\x04abc', EMPTY, r'zip archive or an Excel workbook \(.xlsx\)'),
    ('json', b'PK\x03\x04abc', EMPTY, 'zip archive'),
    ('csv', b'name,email,name\nA,B,C\n', EMPTY, "name each column once; 'name' stands twice"),
    ('csv', b'name,,email\nA,B,C\n', EMPTY, 'name each column once; column 2 has no name'),
    ('csv', b','.join(b'c%d' % n for n in range(10_000)), EMPTY, 'names 10,000 columns; at most 1,000'),
    ('csv', b'name,credit\nA,1\nB,"2\nC,3\n' + b'D,4\n' * 60_000, EMPTY, 'in line 32[0-9]+; the row begins in line 3'),
    ('csv', b'name\n' + b'"x\n",' * 400_000, EMPTY, 'A row may have at most 1,000,000 characters; that of line 2'),
    ('csv', b'name\nA\n' + b'x' * 1_100_000, EMPTY, 'A row may have at most 1,000,000 characters; that of line 3'),
    ('jsonl', b'{"name": "' + b'x' * 1_100_000, EMPTY, 'A row may have at most 1,000,000 characters; line 1'),
    ('json', b'[{"name": "' + b'x' * 1_400_000, EMPTY, 'Not valid JSON: Unterminated string .* at line 1, column 11'),
    ('json', b'[{"name": 1},\n {"name": nil}]', EMPTY, 'Not valid JSON: Expecting value at line 2, column 11'),
    ('json', b'[{"name": 1}]]', EMPTY, 'Not valid JSON: Extra data at line 1, column 14'),
    ('json', b'[1 2]', EMPTY, "Not valid JSON: Expecting ',' delimiter"),
    ('json', b'{"records": [1], "records": [2]}', EMPTY, "'records' stands twice"),
    ('json', b'{"records": 5}', EMPTY, 'The body must be a list of objects'),
    ('json', b'5', EMPTY, 'The body must be a list of objects'),
    ('json', b'', EMPTY, 'Not valid JSON: Expecting value at line 1, column 1'),
    ('json', f'[{{"name": {DEEP}'.encode(), EMPTY, 'nested too deeply'),
    ('json', b'[{"credit": 123456789012345678901234567890}]', EMPTY, 'does not fit into 64 bits'),
    ('json', b'[{"credit": 1e999999}]', EMPTY, 'out of range'),
    ('json', b'[{"name": "\\ud800"}]', EMPTY, 'Not valid JSON'),
    ('csv', b'name\nA\n', {'mapping': '{'}, 'mapping: Not valid JSON'),
    ('csv', b'name\nA\n', {'mapping': '{"name": 5}'}, 'mapping: must be an object'),
    ('csv', b'name\nA\n', {'mode': 'delete'}, "mode: 'delete' is none of create, update, upsert"),
    ('csv', b'name\nA\n', {'mode': 'upsert', 'matched_by': 'name'}, 'by: must be a unique field'),
    ('csv', b'name\nA\n', {'dry_run': 'yes'}, 'dry_run: must be true or false'),
    ('csv', b'name\nA\n', {'nulls': 'x'}, "There is no parameter 'nulls'"),
]


@pytest.mark.parametrize(('kind', 'file', 'query', 'message'), HOSTILE, ids=[one[3] for one in HOSTILE])
def test_what_cannot_be_read_is_told_with_its_place_and_leaves_nothing(
    lasting_shop: Shop, kind: str, file: bytes, query: dict[str, Any], message: str
) -> None:
    with lasting_shop.recording() as happened, pytest.raises((Malformed, TooLarge), match=message):
        lasting_shop.bring('customers', file, kind=kind, **query)
    assert happened == []


@pytest.mark.parametrize(
    ('kind', 'file', 'errors'),
    [
        ('csv', b'name,credit\nA\x00,1\n', [(1, 2, 'name', 'must not hold a zero character')]),
        ('csv', b'name,credit\nA,1e999\n', [(1, 2, 'credit', 'must have at most 10 digits before the point')]),
        ('csv', b'name,credit\nA,' + b'9' * 100_000, [(1, 2, 'credit', 'must be a number like 12.50')]),
        ('jsonl', b'{"name": "A"}\n{"name": \n', [(2, 2, '', 'cannot be read: Not valid JSON: Expecting value at ')]),
        ('jsonl', b'\n5\n', [(1, 2, '', 'is not an object')]),
        ('jsonl', b'{"name": "A", "nme": 1}\n', [(1, 1, 'nme', "is not a field, did you mean 'name'?")]),
    ],
)
def test_wrong_cells_are_named_by_row_line_and_column(
    lasting_shop: Shop, kind: str, file: bytes, errors: list[Any]
) -> None:
    with lasting_shop.recording() as happened, pytest.raises(Invalid) as caught:
        lasting_shop.bring('customers', file, kind=kind)
    told = caught.value.extra['row_errors']
    assert [(one['row'], one['line'], one['field']) for one in told] == [error[:3] for error in errors]
    assert all(one['message'].startswith(error[3]) for one, error in zip(told, errors, strict=True))
    assert happened == []
