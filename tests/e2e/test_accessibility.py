"""What axe-core finds on the pages of the data port, light and dark: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.process import System

Window = Callable[..., Page]
AXE = Axe()


def complaints(page: Page) -> list[str]:
    """What is wrong, and where."""
    found = AXE.run(page).response['violations']
    return [f'{one["id"]}: {node["html"][:200]}' for one in found for node in one['nodes']]


@pytest.fixture(params=['light', pytest.param('dark', marks=pytest.mark.long)])
def open_page(request: pytest.FixtureRequest, window: Window, system: System) -> Callable[[str], Page]:
    """Opens a page of the data port in one of the two looks."""

    def open_one(path: str) -> Page:
        cookie = {'name': 'dbbasic_theme', 'value': request.param, 'url': system.url('crud')}
        return window(system.url('crud', path), before=lambda page: page.context.add_cookies([cookie]))

    return open_one


@pytest.mark.parametrize('path', ['/', '/customers?as_of=1', '/customers/dan', '/customers/dan?as_of=100', '/explain'])
def test_pages_are_without_barriers(open_page: Callable[[str], Page], path: str) -> None:
    page = open_page(path)
    expect(page.get_by_role('heading', level=1)).to_be_visible()
    page.wait_for_load_state('networkidle')
    assert complaints(page) == []


def test_the_grid_and_its_dialogs_are_without_barriers(open_page: Callable[[str], Page]) -> None:
    page = open_page('/customers?search=dan&totals=credit_limit.sum')
    cell = page.get_by_role('gridcell', name='Dan', exact=True)
    expect(cell).to_be_visible()
    assert complaints(page) == []
    for name in ('Filter', 'Columns', 'Views', 'Import', 'Export'):
        page.get_by_role('button', name=name, exact=True).click()
        expect(page.get_by_role('dialog')).to_be_visible()
        assert complaints(page) == [], name
        page.keyboard.press('Escape')
    page.get_by_label('Select Dan').check()
    page.get_by_role('button', name='Edit').click()
    assert complaints(page) == []
    page.keyboard.press('Escape')
    for column in ('name', 'status'):
        page.locator(f'.ag-row[row-index="0"] [col-id="{column}"]').dblclick()
        assert complaints(page) == [], column
        page.keyboard.press('Escape')
