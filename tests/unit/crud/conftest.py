"""A shop for each test, and shops with a config of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.unit.crud.deals import documents
from tests.unit.crud.shop import DOCUMENTS, Shop

OpenShop = Callable[[Mapping[str, str]], Shop]


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[OpenShop]:
    """Opens shops over one folder, one after the other; the last one is closed in the end."""
    opened: list[Shop] = []

    def open_(documents: Mapping[str, str]) -> Shop:
        while opened:
            opened.pop().close()
        opened.append(Shop(tmp_path / 'data', documents))
        return opened[-1]

    yield open_
    while opened:
        opened.pop().close()


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    """Customers, orders, lines and staff, without a record."""
    return open_shop(DOCUMENTS)


@pytest.fixture(scope='module')
def lasting_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One for all the examples of a module's property tests."""
    shop = Shop(tmp_path_factory.mktemp('shop'), DOCUMENTS)
    yield shop
    shop.close()


@pytest.fixture
def deals(tmp_path: Path) -> Iterator[Shop]:
    """Deals, and what refers to them by each of the rules for deletions."""
    shop = Shop(tmp_path / 'deals', documents())
    yield shop
    shop.close()
