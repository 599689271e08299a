"""Files that change records: by key or unique field, without a trace where nothing changes, tried before they are."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import NotLoggedIn
from app.permissions import ANONYMOUS
from tests.unit.crud.shop import ADMIN, ANN, BOB, SELLER, Shop
from tests.unit.crud.test_importing import refused


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """Two customers with addresses."""
    shop.create('customers', id='a', name='A', email='a@b.c', credit=1)
    shop.create('customers', id='b', name='B', email='b@b.c', credit=2)
    return shop


def test_an_update_changes_what_differs_and_writes_nothing_else(stocked: Shop) -> None:
    with stocked.recording() as happened:
        answer = stocked.bring('customers', 'id,name,credit\na,A,1.0\nb,Z,2.00\n', mode='update')
    assert happened == ['changed customers/b']
    assert [answer[name] for name in ('imported', 'created', 'updated', 'unchanged')] == [1, 0, 1, 1]
    assert stocked.get('customers', 'b').values['email'] == 'b@b.c', 'what the file does not name stays'


def test_an_empty_cell_empties_the_field_and_a_needed_one_may_not_be_emptied(stocked: Shop) -> None:
    stocked.bring('customers', 'id,credit\na,\n', mode='update')
    assert stocked.get('customers', 'a').values['credit'] is None
    assert refused(stocked, 'customers', 'id,name\na,\n', mode='update') == [(1, 2, 'name', 'is required')]


def test_an_upsert_creates_what_is_not_there(stocked: Shop) -> None:
    with stocked.recording() as happened:
        answer = stocked.bring('customers', 'email,name\nA@b.c,New\nnew@b.c,C\n,D\n', mode='upsert', matched_by='email')
    assert happened[0] == 'changed customers/a'
    assert [one.split('/')[0] for one in happened[1:]] == ['created customers'] * 2
    assert (answer['created'], answer['updated']) == (2, 1)
    stocked.bring('orders', 'number,status\n1,draft\n')
    with stocked.recording() as happened:
        stocked.bring('orders', 'number,status\n1,paid\n2,paid\n', mode='upsert', by=ADMIN)
    assert happened == ['changed orders/1', 'created orders/2']


def test_the_same_file_a_second_time_changes_nothing(stocked: Shop) -> None:
    file = 'id,name,credit,since,active,extra\na,X,3,2026-01-01,true,"{""n"": 1.10}"\nc,C,1.5,,false,"[1]"\n'
    stocked.bring('customers', file, mode='upsert')
    with stocked.recording() as happened:
        assert stocked.bring('customers', file, mode='upsert')['unchanged'] == 2
    assert happened == []


def test_what_is_not_there_or_meant_twice_is_named(stocked: Shop) -> None:
    assert refused(stocked, 'customers', 'id,name\nx,A\n,B\na,C\na,D\n', mode='update') == [
        (1, 2, 'id', 'there is no such record'),
        (2, 3, 'id', 'there is no such record'),
        (4, 5, 'id', 'is the same as in row 3'),
    ]
    assert refused(stocked, 'customers', 'email,name\nx@b.c,A\nwrong,B\n', mode='update', matched_by='email') == [
        (1, 2, 'email', 'there is no such record'),
        (2, 3, 'email', 'there is no such record'),
    ]
    assert refused(stocked, 'customers', 'email,id\na@b.c,b\n', mode='update', matched_by='email') == [
        (1, 2, 'id', "is 'a' and never changes")
    ]


def test_a_version_in_the_file_must_be_the_newest(stocked: Shop) -> None:
    stocked.change('customers', 'a', name='AA')
    assert refused(stocked, 'customers', 'id,_version,name\na,1,X\nb,1,Y\n', mode='update') == [
        (1, 2, '_version', 'is 2 by now; the row was based on 1')
    ]
    assert stocked.bring('customers', 'id,_version,name\na,2,X\n', mode='update')['updated'] == 1


def test_unique_values_may_be_exchanged_but_not_taken(stocked: Shop) -> None:
    assert refused(stocked, 'customers', 'id,email\na,b@b.c\n', mode='update') == [
        (1, 2, 'email', 'is already used by another record')
    ]
    stocked.bring('customers', 'id,email\na,b@b.c\nb,a@b.c\n', mode='update')
    assert [stocked.get('customers', id_).values['email'] for id_ in 'ab'] == ['b@b.c', 'a@b.c']


def test_references_are_checked_where_they_change(stocked: Shop) -> None:
    stocked.bring('orders', 'number,customer_id\n1,a\n2,\n')
    file = 'number,customer_id\n1,nobody\n2,b\n'
    assert refused(stocked, 'orders', file, mode='update', by=ADMIN) == [
        (1, 2, 'customer_id', 'there is no such record in customers')
    ]
    assert stocked.bring('orders', file.replace('nobody', 'a'), mode='update', by=ADMIN)['updated'] == 1


def test_who_may_not_see_or_change_a_record_cannot_by_a_file(stocked: Shop) -> None:
    stocked.create('orders', number='1', by=ANN)
    file = 'number,status\n1,paid\n'
    assert refused(stocked, 'orders', file, mode='update', by=BOB)[0][3] == 'there is no such record'
    with pytest.raises(NotLoggedIn):
        stocked.bring('orders', file, mode='update', by=ANONYMOUS)
    stocked.bring('orders', file, mode='update', by=SELLER)
    assert stocked.get('orders', '1').owner == ANN.id


def test_a_dry_run_tells_everything_and_does_nothing(stocked: Shop) -> None:
    file = 'id,name,email\na,A,a@b.c\nb,Z,\nc,C,c@b.c\nd,,d@b.c\ne,E,c@b.c\n'
    with stocked.recording() as happened:
        answer = stocked.bring('customers', file, mode='upsert', dry_run='true')
    assert happened == []
    counts = [answer[name] for name in ('create', 'update', 'unchanged', 'failed', 'row_error_count', 'count')]
    assert (counts, answer['rows']) == ([1, 1, 1, 2, 2, 2], [4, 5])
    assert [(one['row'], one['field']) for one in answer['row_errors']] == [(4, 'name'), (5, 'email')]
    shown: list[Any] = [(one['verb'], one['id']) for one in answer['changes']]
    assert shown == [('changed', 'b'), ('created', 'c')]
    before, after = answer['changes'][0]['before'], answer['changes'][0]['after']
    assert (before['name'], after['name'], before['email'], after['email']) == ('B', 'Z', 'b@b.c', None)
    assert (
        stocked.bring('customers', file.replace('e,E,c@', 'e,E,e@').replace('d,,', 'd,D,'), mode='upsert')['created']
        == 3
    )


def test_a_repeated_import_that_changes_records_answers_as_the_first_time(stocked: Shop) -> None:
    file = 'id,name\na,A\nb,Z\n'
    first = stocked.bring('customers', file, mode='update', key='k')
    with stocked.recording() as happened:
        assert stocked.bring('customers', file, mode='update', key='k') == first
    assert (first['updated'], first['unchanged'], happened) == (1, 1, [])
