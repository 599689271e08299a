"""Values that must be unique together are told by row and columns, whoever else has them."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import Invalid
from tests.unit.crud.changes import things, whole
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import Shop

SEATS = things('room: string', 'seat: integer', 'badge: {type: string, unique: true}', more='unique: [[room, seat]]')


@pytest.fixture
def seats(open_shop: OpenShop) -> Shop:
    """Things with a seat each."""
    return open_shop(SEATS)


def refused(shop: Shop, file: str, **query: Any) -> list[tuple[int, str, str]]:
    """Row, columns and message of what is wrong with a file, which leaves no trace."""
    with shop.recording() as happened, pytest.raises(Invalid) as caught:
        shop.bring('things', file, **query)
    assert happened == []
    return [(error['row'], error['field'], error['message']) for error in caught.value.extra['row_errors']]


def test_two_rows_that_want_the_same_are_told_with_the_columns(seats: Shop) -> None:
    assert refused(seats, 'room,seat\nA,1\nA,2\nB,1\nA,01\n,1\n,1\n') == [(4, 'room, seat', 'is the same as in row 1')]
    assert seats.bring('things', 'room,seat\nA,1\nA,2\nB,1\n,1\n,1\nA,\nA,\n')['imported'] == 7
    assert whole(seats)


def test_what_another_record_has_is_told_with_the_columns(seats: Shop) -> None:
    seats.create('things', id='a', room='A', seat=1, badge='x')
    taken = 'is already used by another record'
    assert refused(seats, 'room,seat,badge\nA,2,y\nA,1,z\nB,1,x\n') == [(2, 'room, seat', taken), (3, 'badge', taken)]
    assert refused(seats, 'id,seat\nnew,\na,1\n', mode='update') == [(1, 'id', 'there is no such record')]


def test_rows_that_exchange_or_keep_theirs_are_taken(seats: Shop) -> None:
    seats.bring('things', 'id,room,seat\na,A,1\nb,A,2\nc,A,3\n')
    assert refused(seats, 'id,seat\na,3\n', mode='update') == [(1, 'room, seat', 'is already used by another record')]
    done = seats.bring('things', 'id,seat\na,2\nb,1\nc,3\n', mode='update')
    assert (done['updated'], done['unchanged']) == (2, 1)
    assert {record.id: record.values['seat'] for record in seats.page('things').records} == {'a': 2, 'b': 1, 'c': 3}
    assert whole(seats)
