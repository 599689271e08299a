"""Products that one test alone has made, and the list of them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

from tests.process import System


def listed(system: System, word: str, query: str = '') -> str:
    """The address of the list of what a test has made, in the order of names."""
    return system.url('crud', f'/products?search={word}&sort=name{query}')


def cell(page: Page, text: str) -> Locator:
    """A cell that holds exactly this."""
    return page.get_by_role('gridcell', name=text, exact=True)


def records(system: System, word: str) -> list[dict[str, Any]]:
    """The products of a test, by name."""
    query = {'search': word, 'sort': 'name'}
    found: list[dict[str, Any]] = system.client.get(system.url('crud', '/api/products'), params=query).json()['records']
    return found


def values(system: System, word: str, name: str) -> list[Any]:
    """One field of all of them."""
    return [record[name] for record in records(system, word)]
