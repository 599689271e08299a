"""All rows of a file become records, or none does and every bad row is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import codec
from app.errors import Invalid, Malformed, NotLoggedIn
from app.events.log import IdReused
from app.permissions import ANONYMOUS
from tests.unit.crud.shop import BOB, Shop


def refused(shop: Shop, entity: str, file: str, **options: Any) -> list[tuple[int, int, str, str]]:
    """Row, line, field and message of everything that is wrong with a file, which leaves no trace."""
    with shop.recording() as happened, pytest.raises(Invalid, match='Nothing was imported') as caught:
        shop.bring(entity, file, **options)
    assert happened == []
    extra: dict[str, Any] = caught.value.extra
    errors = [(error['row'], error['line'], error['field'], error['message']) for error in extra['row_errors']]
    assert extra['rows'] == sorted({row for row, *_ in errors})
    assert extra['row_error_count'] == len(errors)
    return errors


def test_each_row_becomes_one_record_by_one_event(shop: Shop) -> None:
    file = 'id,name,credit,since\na,"Tea, ""green""",1.5,2026-01-01\nb,"two\nlines",,\n'
    with shop.recording() as happened:
        answer = shop.bring('customers', file)
    assert happened == ['created customers/a', 'created customers/b']
    metas = [codec.parse(event.meta) for event in shop.events()[-2:]]
    assert {meta['batch'] for meta in metas} == {answer['batch']}
    assert (answer['imported'], answer['position']) == (2, shop.events()[-1].position)
    assert shop.get('customers', 'a').values['name'] == 'Tea, "green"'
    assert [shop.get('customers', 'b').values[name] for name in ('name', 'credit')] == ['two\nlines', None]


@pytest.mark.parametrize(
    ('file', 'options', 'values'),
    [
        ('\ufeffname;credit\nÖ;1\n', {'delimiter': ';'}, ['Ö', '1.00']),
        ('name,credit\nA,NULL\n', {'null': 'NULL'}, ['A', None]),
        (' name ,credit\r\nA,2\r\n\r\n', {}, ['A', '2.00']),
        ('name\nA', {}, ['A', '5.00']),
        ('[{"name": "A", "credit": 1.50}]', {'kind': 'json'}, ['A', '1.50']),
        ('{"records": [{"name": "A", "credit": null}]}', {'kind': 'json'}, ['A', None]),
    ],
)
def test_files_are_read_as_programs_write_them(
    shop: Shop, file: str, options: dict[str, Any], values: list[Any]
) -> None:
    assert shop.bring('customers', file, **options)['imported'] == 1
    record = shop.page('customers').records[0]
    assert [record.values['name'], record.values['credit']] == values


def test_a_ragged_file_is_refused_whole_naming_exactly_the_bad_rows(shop: Shop) -> None:
    file = 'name,credit\nA,1\nB\n\n"C\nc",2\nD,3,4\nE,x\n,6\n'
    assert refused(shop, 'customers', file) == [
        (2, 3, '', 'has 1 cells instead of 2; quote texts that hold a comma'),
        (4, 7, '', 'has 3 cells instead of 2; quote texts that hold a comma'),
        (5, 8, 'credit', 'must be a number like 12.50'),
        (6, 9, 'name', 'is required'),
    ]
    assert shop.ids('customers') == []


def test_what_stands_twice_in_the_file_is_named_with_the_first(shop: Shop) -> None:
    file = 'id,name,email\na,A,x@y.z\nb,B,X@Y.Z\na,C,\n'
    assert refused(shop, 'customers', file) == [
        (2, 3, 'email', 'is the same as in row 1'),
        (3, 4, 'id', 'is the same as in row 1'),
    ]
    shop.bring('orders', 'number\nA\n')
    assert refused(shop, 'lines', 'order_id,line\nA,1\nA,01\n') == [(2, 3, 'order_id, line', 'is the same as in row 1')]


def test_what_clashes_with_the_records_that_are_there_is_named(shop: Shop) -> None:
    shop.create('customers', id='a', name='A', email='x@y.z')
    shop.create('orders', number='1')
    assert refused(shop, 'customers', 'id,name,email\na,A,\nb,B,X@y.z\nc,C,c@y.z\n') == [
        (1, 2, 'id', 'exists already'),
        (2, 3, 'email', 'is already used by another record'),
    ]
    assert refused(shop, 'orders', 'number,customer_id\n1,a\n2,nobody\n3,a\n') == [
        (1, 2, 'number', 'exists already'),
        (2, 3, 'customer_id', 'there is no such record in customers'),
    ]


def test_rows_may_refer_to_each_other(shop: Shop) -> None:
    shop.bring('staff', 'id,boss_id\nclerk,boss\nboss,boss\n')
    assert shop.get('staff', 'clerk').values['boss_id'] == 'boss'
    assert refused(shop, 'staff', 'id,boss_id\nx,y\n') == [(1, 2, 'boss_id', 'there is no such record in staff')]


@pytest.mark.parametrize(
    ('rows', 'errors'),
    [
        ([{'name': 'A'}, 5, []], [(2, 2, '', 'is not an object'), (3, 3, '', 'is not an object')]),
        ([{'nme': 'A'}], [(1, 1, 'nme', "is not a field, did you mean 'name'?")]),
        ([{'name': 'A', 'id': {'a': 1}}], [(1, 1, 'id', 'must be a text')]),
    ],
)
def test_rows_of_json_are_checked_like_any_other(lasting_shop: Shop, rows: list[Any], errors: list[Any]) -> None:
    assert refused(lasting_shop, 'customers', json.dumps(rows), kind='json') == errors


@pytest.mark.parametrize(
    ('file', 'options', 'message'),
    [
        ('name,name\nA,B\n', {}, 'The first line must name each column once'),
        ('name,\nA,B\n', {}, 'The first line must name each column once'),
        ('name\n"A\n', {}, 'not valid CSV: unexpected end of data in line 2'),
        ('name\n"A"b\n', {}, 'not valid CSV: .* in line 2'),
        ('name\n' + 'x' * 200_000, {}, 'not valid CSV: field larger than field limit'),
        ('name\nA\n', {'delimiter': ''}, 'delimiter: must be one character'),
        ('name\nA\n', {'delimiter': '"'}, 'delimiter: must be one character'),
        ('{"rows": []}', {'kind': 'json'}, 'The body must be a list of objects'),
        ('[{"name": "A", "name": "B"}]', {'kind': 'json'}, "'name' stands twice"),
        ('[', {'kind': 'json'}, 'Not valid JSON'),
    ],
)
def test_what_is_no_such_file_is_refused(lasting_shop: Shop, file: str, options: dict[str, Any], message: str) -> None:
    with lasting_shop.recording() as happened, pytest.raises(Malformed, match=message):
        lasting_shop.bring('customers', file, **options)
    assert happened == []


@pytest.mark.parametrize(('file', 'kind'), [('', 'csv'), ('name\n', 'csv'), ('[]', 'json')])
def test_a_file_without_rows_brings_nothing(lasting_shop: Shop, file: str, kind: str) -> None:
    with lasting_shop.recording() as happened:
        assert lasting_shop.bring('customers', file, kind=kind)['imported'] == 0
    assert happened == []


def test_only_so_many_errors_are_shown_but_all_rows_are_named(lasting_shop: Shop) -> None:
    with pytest.raises(Invalid) as caught:
        lasting_shop.bring('customers', 'name,credit\n' + ',x\n' * 600)
    extra: dict[str, Any] = caught.value.extra
    assert (len(extra['rows']), len(extra['row_errors']), extra['row_error_count']) == (600, 1000, 1200)


def test_who_may_not_create_may_not_import(lasting_shop: Shop) -> None:
    with pytest.raises(NotLoggedIn):
        lasting_shop.bring('customers', 'name\nA\n', by=ANONYMOUS)


def test_a_repeated_import_answers_as_the_first_time(shop: Shop) -> None:
    file = 'name,email\nA,a@b.c\nB,b@b.c\n'
    first = shop.bring('customers', file, key='k')
    shop.create('customers', name='C')
    with shop.recording() as happened:
        assert shop.bring('customers', file, key='k') == first
        with pytest.raises(IdReused, match='used before for another request'):
            shop.bring('customers', 'name\nZ\n', key='k')
    assert happened == []
    assert shop.bring('customers', 'name\nZ\n', key='k', by=BOB)['imported'] == 1
