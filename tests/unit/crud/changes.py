"""Short words for what tests of schema changes ask."""

from __future__ import annotations

from typing import Any

from app.config import check
from app.crud.author import Author
from tests.unit.crud.shop import ADMIN, OPEN, Shop


def things(*fields: str, more: str = '') -> dict[str, str]:
    """A config with one entity of these fields."""
    return {
        'entities/things.yaml': '\n'.join(['resource: things', 'fields:', *(f'  {one}' for one in fields), OPEN, more])
    }


def plan(shop: Shop, documents: dict[str, str], **fill: Any) -> dict[str, Any]:
    """What the plan for a config says of its one entity."""
    filling = {f'things.{name}': value for name, value in fill.items()}
    made = shop.run(shop.catalog.plan(check(documents), shop.log, filling)).as_json()
    [entity] = made['entities']
    return {'possible': made['possible'], **entity}


def apply(shop: Shop, documents: dict[str, str], **fill: Any) -> None:
    """Put a config into force."""
    filling = {f'things.{name}': value for name, value in fill.items()}
    by = Author(principal=ADMIN, source='config')
    shop.run(shop.catalog.activate(check(documents), shop.log, by, filling))


def values(shop: Shop, name: str) -> list[Any]:
    """The values of one field, oldest record first."""
    return [record.values[name] for record in reversed(shop.page('things').records)]


def whole(shop: Shop) -> bool:
    """Whether the read tables are what the log says."""
    return shop.run(shop.log.database.read(shop.catalog.differences)) == []
