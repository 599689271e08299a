"""The home of the data port: what there is, what has happened, and what leads on where nothing is yet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.process import ADMIN, PASSWORD, System, wait_until

Window = Callable[..., Page]
Start = Callable[..., System]
THINGS = """resource: things
description: Nothing but <b>things</b>
fields: {name: {type: string, required: true}, size: integer}
permissions: {create: authenticated, read: authenticated, update: authenticated, delete: authenticated}
"""


def log_in(browser: Browser, system: System) -> Page:
    page = browser.new_context(reduced_motion='reduce').new_page()
    page.goto(system.url('crud'))
    page.get_by_label('Username').fill(ADMIN)
    page.get_by_label('Password').fill(PASSWORD)
    page.get_by_role('button', name='Log in').click()
    expect(page).to_have_url(system.url('crud'))
    return page


def test_counts_and_changes_are_live(system: System, window: Window) -> None:
    page = window(system.url('crud'))
    count = page.get_by_role('region', name='Products').locator('[data-count]')
    before = system.client.get(system.url('crud', '/api/products')).json()['total']
    expect(count).to_have_text(str(before))
    body = {'sku': 'HOME-1', 'name': '<img src=x onerror=alert(1)>', 'price': '1'}
    made = system.client.post(system.url('crud', '/api/products'), json=body).json()
    expect(count).to_have_text(str(before + 1))
    line = page.locator('[data-recent] a').first
    expect(line).to_contain_text('<img src=x onerror=alert(1)>')
    expect(line).to_contain_text('admin')
    expect(line).to_have_attribute('href', f'/products/{made["id"]}')
    system.client.delete(system.url('crud', f'/api/products/{made["id"]}')).raise_for_status()
    expect(count).to_have_text(str(before))
    expect(line).to_contain_text('deleted')


def test_a_tile_leads_to_its_list(system: System, window: Window) -> None:
    page = window(system.url('crud'))
    page.get_by_role('region', name='Orders').get_by_role('link', name='Orders').click()
    expect(page).to_have_url(system.url('crud', '/orders'))


@pytest.mark.long
def test_an_entity_without_records_leads_on(start_system: Start, browser: Browser, config: Path) -> None:
    for document in config.glob('entities/*.yaml'):
        document.unlink()
    (config / 'demo.yaml').unlink()
    (config / 'entities/things.yaml').write_text(THINGS)
    system = start_system(config=config)
    page = log_in(browser, system)
    tile = page.get_by_role('region', name='Things')
    expect(tile.get_by_role('link', name='New')).to_have_attribute('href', system.url('crud', '/things/new'))
    expect(tile.get_by_text('Nothing but <b>things</b>')).to_be_visible()
    tile.get_by_text('From a program').click()
    expect(tile.get_by_text("""--json '{"name":"…"}' """)).to_be_visible()
    expect(page.get_by_text('Nothing has happened yet.')).to_be_visible()
    expect(tile.get_by_role('button', name='Export: Things')).to_be_hidden()
    system.client.post(system.url('crud', '/api/things'), json={'name': 'First'}).raise_for_status()
    expect(tile.get_by_role('link', name='New')).to_be_hidden()
    expect(tile.get_by_role('button', name='Export: Things')).to_be_visible()
    page.context.close()


@pytest.mark.long
def test_without_an_entity_it_is_told_how_to_begin(start_system: Start, browser: Browser, config: Path) -> None:
    for document in [*config.glob('entities/*.yaml'), *config.glob('projections/*.yaml'), config / 'demo.yaml']:
        document.unlink()
    system = start_system(config=config)
    page = log_in(browser, system)
    expect(page.get_by_role('heading', name='No data yet')).to_be_visible()
    expect(page.get_by_text('resource: invoices')).to_be_visible()
    (config / 'entities/invoices.yaml').write_text(page.locator('pre.code').inner_text())
    address = system.url('crud', '/api/invoices')
    wait_until(lambda: system.client.get(address).status_code == 200, 'the entity to be there')
    page.reload()
    expect(page.get_by_role('region', name='Invoices')).to_be_visible()
    page.context.close()
