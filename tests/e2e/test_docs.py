"""The documentation of the data port shows what whoever looks at it may use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.process import System

Window = Callable[..., Page]


def test_who_is_logged_in_finds_what_he_may_use_and_how_to_listen(system: System, window: Window) -> None:
    page = window(system.url('crud', '/docs'))
    expect(page.get_by_text('List customers')).to_be_visible()
    expect(page.get_by_role('heading', name='Changes as they happen')).to_be_visible()


@pytest.mark.long
def test_a_token_that_is_put_in_shows_what_it_opens_and_sends_headers(system: System, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(system.url('crud', '/docs'))
    expect(page.get_by_role('heading', name='DBBasic Data')).to_be_visible()
    expect(page.get_by_text('List customers')).to_have_count(0)
    page.get_by_role('button', name='Authorize').click()
    page.get_by_role('textbox').fill(system.headers['Authorization'].removeprefix('Bearer '))
    page.locator('.modal-ux').get_by_role('button', name='Apply credentials').click()
    expect(page.get_by_text('List customers')).to_have_count(1)
    page.locator('.modal-ux').get_by_role('button', name='Close').last.click()
    page.get_by_text('Get a record').first.click()
    place = page.locator('.opblock.is-open')
    place.get_by_placeholder('id').fill('dan')
    place.get_by_role('button', name='Execute').click()
    expect(place.locator('.live-responses-table')).to_contain_text('dan@example.com')
    page.reload()
    expect(page.get_by_text('List customers')).to_have_count(1)
    page.context.close()
