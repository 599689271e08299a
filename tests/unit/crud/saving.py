"""Short words for what tests ask of saved views."""

from __future__ import annotations

from typing import Any

from app.permissions import Principal
from tests.unit.crud.shop import ANN, Shop, author

STATE = {
    'columns': [{'name': 'name', 'width': 180, 'pin': 'left'}, {'name': 'email', 'hidden': True}],
    'filter': "credit > 1000 AND name <> 'x'",
    'search': 'ltd',
    'sort': '-credit,name',
    'parameters': {'since[gte]': '2026-01-01'},
    'density': 'compact',
    'totals': {'credit': 'sum'},
}


def save(shop: Shop, by: Principal = ANN, entity: str = 'customers', key: str = '', **sent: Any) -> dict[str, Any]:
    return shop.run(shop.data.saved_views.create(entity, sent, author(by, key, sent)))


def change(shop: Shop, view: dict[str, Any], by: Principal = ANN, version: int | None = None, **sent: Any) -> Any:
    return shop.run(shop.data.saved_views.change('customers', view['id'], sent, author(by), version))


def delete(shop: Shop, view: dict[str, Any], by: Principal = ANN, version: int | None = None) -> None:
    shop.run(shop.data.saved_views.delete('customers', view['id'], author(by), version))


def restore(shop: Shop, view: dict[str, Any], by: Principal = ANN) -> dict[str, Any]:
    return shop.run(shop.data.saved_views.restore('customers', view['id'], author(by)))


def listed(shop: Shop, by: Principal = ANN, entity: str = 'customers') -> list[dict[str, Any]]:
    return shop.run(shop.data.saved_views.visible(entity, by))


def names(shop: Shop, by: Principal = ANN, entity: str = 'customers') -> list[str]:
    return [view['name'] for view in listed(shop, by, entity)]
