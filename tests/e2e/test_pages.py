"""Every page, on every size and in both lights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.process import System

Window = Callable[..., Page]
RARE = pytest.mark.long
PAGES = [
    ('portal', '/', 'Overview'),
    ('crud', '/', 'Data'),
    ('crud', '/orders', 'Orders'),
    pytest.param('crud', '/explain', 'Who may do what', marks=RARE),
    ('events', '/', 'Events'),
    pytest.param('events', '/streams', 'Streams', marks=RARE),
    pytest.param('events', '/streams/customers/dan', 'customers/dan', marks=RARE),
    ('events', '/projections', 'Projections'),
    pytest.param('events', '/projections/activity_per_day', 'activity_per_day', marks=RARE),
    pytest.param('events', '/verify', 'Proof', marks=RARE),
    pytest.param('events', '/backups', 'Backups', marks=RARE),
    pytest.param('events', '/sql', 'SQL', marks=RARE),
    ('auth', '/', 'Account'),
    ('auth', '/users', 'Users'),
    pytest.param('auth', '/audit', 'Audit', marks=RARE),
]


@pytest.mark.parametrize(('service', 'path', 'title'), PAGES, ids=str)
def test_a_page_fits_a_phone_in_the_dark(system: System, window: Window, service: str, path: str, title: str) -> None:
    page = window(system.url(service, path), viewport={'width': 375, 'height': 740}, color_scheme='dark')
    expect(page.get_by_role('heading', name=title, exact=True)).to_be_visible()
    assert page.evaluate('document.documentElement.scrollWidth') <= 375
    assert page.evaluate("document.body.classList.contains('body--dark')")


def test_the_portal_shows_what_is_up_and_what_happens(system: System, window: Window) -> None:
    page = window(system.url('portal'))
    expect(page.get_by_text('4 of 4')).to_be_visible()
    body = {'name': 'Seen live', 'email': 'seen@example.com'}
    record = system.client.post(system.url('crud', '/api/customers'), json=body).json()
    expect(page.get_by_role('link', name=f'customers/{record["id"]}')).to_be_visible()


def test_the_log_arrives_live_and_leads_to_before_and_after(system: System, window: Window) -> None:
    page = window(system.url('events'))
    expect(page.get_by_text('Live', exact=True)).to_be_visible()
    system.client.patch(system.url('crud', '/api/products/tea'), json={'price': '13.40'}).raise_for_status()
    page.get_by_role('link', name='products/tea').first.click()
    expect(page.get_by_role('deletion').filter(has_text='12.90')).to_be_visible()
    expect(page.get_by_role('insertion').filter(has_text='13.40')).to_be_visible()


def test_the_palette_leads_anywhere_by_keyboard(system: System, window: Window) -> None:
    page = window(system.url('portal'))
    expect(page.get_by_text('4 of 4')).to_be_visible()
    page.keyboard.press('Control+k')
    page.keyboard.type('products')
    page.keyboard.press('Enter')
    expect(page).to_have_url(system.url('crud', '/products'))


@pytest.mark.long
def test_the_api_is_documented_on_its_port(system: System, window: Window) -> None:
    page = window(system.url('crud', '/docs'))
    expect(page.get_by_text('List customers')).to_be_visible()


@pytest.mark.long
def test_the_api_is_tried_out_with_a_token(system: System, browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.goto(system.url('crud', '/docs'))
    page.get_by_role('button', name='Authorize').click()
    page.get_by_label('auth-bearer-value').fill(system.headers['Authorization'].removeprefix('Bearer '))
    page.get_by_role('button', name='Apply credentials').click()
    page.get_by_role('button', name='Close').click()
    listing = page.locator('#operations-customers-get-customers')
    listing.get_by_text('List customers').click()
    listing.get_by_role('button', name='Execute').click()
    expect(listing.locator('.live-responses-table tbody .response-col_status').first).to_contain_text('200')
    page.context.close()


@pytest.mark.long
def test_a_page_that_does_not_exist_says_so_and_leads_home(system: System, browser: Browser, logged_in: Path) -> None:
    page = browser.new_context(storage_state=logged_in).new_page()
    answer = page.goto(system.url('portal', '/nothing/here'))
    assert answer is not None
    assert answer.status == 404
    page.get_by_role('link', name='Home').click()
    expect(page.get_by_role('heading', name='Overview')).to_be_visible()
    page.context.close()


def test_light_and_dark_are_kept_across_ports(system: System, window: Window) -> None:
    page = window(system.url('portal'), color_scheme='light')
    page.get_by_role('button', name='Light or dark').click()
    page.goto(system.url('crud', '/customers'))
    expect(page.get_by_role('gridcell', name='Dan', exact=True)).to_be_visible()
    assert page.evaluate("document.body.classList.contains('body--dark')")


def test_logging_out_ends_the_session_on_every_port(system: System, page: Page) -> None:
    from tests.process import ADMIN, PASSWORD

    page.goto(system.url('auth', '/login'))
    page.get_by_label('Username').fill(ADMIN)
    page.get_by_label('Password').fill(PASSWORD)
    page.get_by_role('button', name='Log in').click()
    page.goto(system.url('auth'))
    page.get_by_role('button', name='Log out', exact=True).click()
    page.goto(system.url('crud', '/customers'))
    expect(page.get_by_role('button', name='Log in')).to_be_visible()


@pytest.mark.long
def test_it_is_explained_who_may_do_what(system: System, window: Window) -> None:
    page = window(system.url('crud', '/explain?entity=customers&record=dan&action=delete&user=admin'))
    expect(page.get_by_text('admin is an admin.')).to_be_visible()
    page.get_by_label('Action').select_option('read')
    page.get_by_role('button', name='Explain').click()
    expect(page.get_by_text('The rule for read is: authenticated.')).to_be_visible()
