"""A list as it was: chosen by a control, said clearly, shareable as an address, and read-only."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.process import System

Window = Callable[..., Page]


def test_the_past_is_an_address_that_cannot_be_changed(system: System, window: Window) -> None:
    events = system.client.get(system.url('events', '/streams/products/cup')).json()['events']
    before = events[-1]['recorded_at']
    name = 'Porcelain cup with a new name'
    system.client.patch(system.url('crud', '/api/products/cup'), json={'name': name}).raise_for_status()
    page = window(system.url('crud', '/products'))
    page.get_by_placeholder('Search').fill('Porcelain cup')  # others may have made pages of products
    expect(page.get_by_role('gridcell', name=name, exact=True)).to_be_visible()
    page.goto(system.url('crud', f'/products?as_of={quote(before)}'))
    expect(page.get_by_text('As it was at')).to_be_visible()
    page.get_by_placeholder('Search').fill('Porcelain cup')
    cell = page.get_by_role('gridcell', name='Porcelain cup', exact=True)
    expect(cell).to_be_visible()
    expect(page.get_by_role('button', name='New')).to_have_count(0)
    cell.click()
    expect(page.get_by_role('dialog')).to_have_count(0)
    page.get_by_role('link', name='Back to now').click()
    page.get_by_placeholder('Search').fill('Porcelain cup')
    expect(page.get_by_role('gridcell', name=name, exact=True)).to_be_visible()


@pytest.mark.long
def test_before_everything_there_was_nothing(system: System, window: Window) -> None:
    page = window(system.url('crud', '/customers?search=dan'))
    expect(page.get_by_role('gridcell', name='Dan', exact=True)).to_be_visible()
    page.get_by_role('button', name='Time travel').click()
    page.get_by_label('As of').fill('2020-01-01T00:00:00')
    page.get_by_label('As of').press('Enter')
    expect(page.get_by_text('Nothing matches')).to_be_visible()
