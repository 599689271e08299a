"""A table that is built anew from the log takes values of types that its fields had before, wherever pages end."""

from __future__ import annotations

import pytest

from app.crud import fitting, table
from app.events import Append
from app.events.log import Database
from tests.unit.crud.changes import apply, things, values, whole
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import Shop

TYPES = {'integer': 7, 'date': '2026-01-01', 'boolean': True, '{type: decimal, scale: 2}': '1.50', 'list': ['a']}


def drop(shop: Shop) -> None:
    """Lose the table."""

    def lose(database: Database) -> None:
        database.execute('DROP TABLE records.things')

    shop.run(shop.log.append(Append(events=[], alongside=lose)))


@pytest.mark.parametrize('kind', TYPES)
@pytest.mark.parametrize(('page', 'many'), [(1, 0), (1, 1000), (2, 1), (20_000, 1000)])
def test_values_of_earlier_types_do_not_keep_a_table_from_being_built(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, kind: str, page: int, many: int
) -> None:
    monkeypatch.setattr(fitting, 'PAGE', page)
    monkeypatch.setattr(table, 'MANY', many)
    shop = open_shop(things('name: string', 'size: string', 'more: string'))
    shop.bring('things', 'name,size,more\nA,[x,1\nB,[y,2\n')
    apply(shop, things('name: string', f'size: {kind}', 'more: string'), size=TYPES[kind])
    apply(shop, things('name: string', f'size: {kind}', 'more: json'))
    assert values(shop, 'size') == [TYPES[kind]] * 2
    assert whole(shop)
    drop(shop)
    apply(shop, things(f'size: {kind}'))
    assert values(shop, 'size') == [TYPES[kind]] * 2
    assert whole(shop)
