"""How long applying would take is tried with some records; the trial leaves nothing behind."""

from __future__ import annotations

import time

import pytest

from app.config import check
from app.crud import estimating
from app.crud.estimating import applying_seconds
from tests.unit.crud.changes import apply, things, whole
from tests.unit.crud.conftest import OpenShop

NOW = things('name: string', 'size: string')
RECORDS = 4_000


@pytest.mark.parametrize(
    'later',
    [
        things('name: string', 'size: integer'),
        things('name: string', 'size: json'),
        things('name: {type: string, unique: true}', 'size: string'),
    ],
    ids=['converted', 'built anew', 'claimed'],
)
def test_the_estimate_is_near_to_what_applying_takes(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, later: dict[str, str]
) -> None:
    monkeypatch.setattr(estimating, 'TRIED', RECORDS // 4)
    shop = open_shop(NOW)
    shop.bring('things', 'name,size\n' + ''.join(f'N{number},{number}\n' for number in range(RECORDS)))
    plan = shop.run(shop.catalog.plan(check(later), shop.log))
    tables = shop.query('SELECT count(*) FROM duckdb_tables()')
    with shop.recording() as happened:
        estimate = applying_seconds(shop.log.database, plan)
    assert (happened, shop.query('SELECT count(*) FROM duckdb_tables()')) == ([], tables)
    began = time.monotonic()
    apply(shop, later)
    took = time.monotonic() - began
    assert plan.seconds < estimate
    assert took / 8 < estimate < took * 8
    assert whole(shop)


def test_what_changes_no_record_takes_next_to_nothing(open_shop: OpenShop) -> None:
    shop = open_shop(NOW)
    plan = shop.run(shop.catalog.plan(check(things('name: string')), shop.log))
    assert applying_seconds(shop.log.database, plan) < 1
