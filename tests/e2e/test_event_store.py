"""The event store through a browser: filter, look back, control, prove, back up, ask."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.process import System

Window = Callable[..., Page]


def change_price(system: System, price: str) -> None:
    """One event of a product."""
    system.client.patch(system.url('crud', '/api/products/pot'), json={'price': price}).raise_for_status()


def test_the_log_is_filtered_live_and_the_address_says_how(system: System, window: Window) -> None:
    page = window(system.url('events', '/?entity=products&type=changed'))
    expect(page.get_by_text('Live', exact=True)).to_be_visible()
    body = {'name': 'Not a product', 'email': 'not@example.com'}
    system.client.post(system.url('crud', '/api/customers'), json=body).raise_for_status()
    change_price(system, '85.10')
    expect(page.locator('[data-log] tbody tr').first).to_contain_text('85.10')
    assert 'Not a product' not in page.locator('[data-log]').inner_text()
    page.get_by_label('Type').fill('created')
    expect(page.locator('[data-log] tbody')).not_to_contain_text('changed')
    expect(page).to_have_url(system.url('events', '/?entity=products&type=created'))


def test_an_event_opens_to_before_and_after_and_to_all_that_its_author_did(system: System, window: Window) -> None:
    change_price(system, '86.20')
    page = window(system.url('events', '/?stream=products%2Fpot&type=changed'))
    page.get_by_text('price: 85').or_(page.get_by_text('→ 86.20')).first.click()
    expect(page.get_by_role('insertion').filter(has_text='86.20')).to_be_visible()
    page.locator('.detail').get_by_role('link').nth(1).click()
    expect(page).to_have_url(re.compile('actor='))
    expect(page.locator('[data-log] tbody tr').first).to_be_visible()


@pytest.mark.long
def test_pausing_holds_events_back_and_going_on_shows_them(system: System, window: Window) -> None:
    page = window(system.url('events', '/?entity=products'))
    expect(page.get_by_text('Live', exact=True)).to_be_visible()
    page.get_by_role('button', name='Pause').click()
    change_price(system, '87.30')
    expect(page.get_by_role('button', name='Go on (1)')).to_be_visible()
    assert '87.30' not in page.locator('[data-log]').inner_text()
    page.get_by_role('button', name='Go on').click()
    expect(page.locator('[data-log] tbody tr').first).to_contain_text('87.30')


@pytest.mark.long
def test_streams_are_found_as_one_types(system: System, window: Window) -> None:
    page = window(system.url('events', '/streams'))
    page.get_by_label('Part of the name').type('A-1001~')
    expect(page.get_by_text('2 found')).to_be_visible()
    page.get_by_role('link', name='order_items/A-1001~2').click()
    expect(page.get_by_role('heading', name='order_items/A-1001~2')).to_be_visible()


@pytest.mark.long
def test_a_projection_is_paused_resumed_and_rebuilt_by_its_buttons(system: System, window: Window) -> None:
    page = window(system.url('events', '/projections'))
    line = page.locator('tr', has=page.get_by_role('link', name='credit_by_status'))
    line.get_by_role('button', name='Pause').click()
    expect(line.get_by_text('paused')).to_be_visible()
    line.get_by_role('button', name='Resume').click()
    expect(line.get_by_text('running')).to_be_visible()
    line.get_by_role('button', name='Rebuild').click()
    expect(line.get_by_text('running')).to_be_visible()
    line.get_by_role('link').click()
    expect(page.get_by_role('cell', name='active', exact=True)).to_be_visible()
    expect(page.get_by_text('as of event')).to_be_visible()


@pytest.mark.long
def test_verifying_says_that_history_is_whole(system: System, window: Window) -> None:
    page = window(system.url('events', '/verify'))
    page.get_by_role('button', name='Verify').click()
    expect(page.get_by_text('are whole, computed anew')).to_be_visible()
    expect(page.get_by_text('Check after the start')).to_be_visible()


@pytest.mark.long
def test_a_backup_is_made_fetched_and_deleted(system: System, window: Window) -> None:
    page = window(system.url('events', '/backups'))
    page.get_by_role('button', name='Make a backup').click()
    expect(page.get_by_text('The backup is made, and proven by restoring it.')).to_be_visible(timeout=60_000)
    line = page.locator('[data-backups] tbody tr').first
    with page.expect_download() as downloading:
        line.get_by_role('link', name='Download').click()
    with zipfile.ZipFile(downloading.value.path()) as archive:
        manifest = json.loads(archive.read('manifest.json'))
        assert {'events.duckdb', 'auth.duckdb', 'config/app.yaml'} <= set(archive.namelist())
    assert manifest['parts']['auth.duckdb']['users'] >= 1
    line.get_by_role('button', name='Restore').click()
    go = page.get_by_role('button', name='Restore and restart')
    expect(go).to_be_disabled()
    page.get_by_role('button', name='Cancel').last.click()
    line.get_by_role('button', name='Delete').click()
    expect(page.get_by_text('No backups yet')).to_be_visible()


def test_one_select_is_run_by_keyboard_and_saved_as_a_file(system: System, window: Window) -> None:
    page = window(system.url('events', '/sql'))
    box = page.get_by_label('One SELECT statement')
    box.fill("SELECT name, price FROM products WHERE name LIKE 'Cast%'")
    box.press('Control+Enter')
    expect(page.get_by_role('cell', name='Cast-iron teapot')).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role('button', name='CSV').click()
    assert downloading.value.path().read_text().startswith('name,price\nCast-iron teapot,')


@pytest.mark.long
def test_sql_that_would_write_is_refused_in_words(system: System, window: Window) -> None:
    def expecting_a_refusal(page: Page) -> None:
        page.route('**/sql', lambda route: route.continue_())

    page = window(system.url('events', '/sql'), before=expecting_a_refusal)
    box = page.get_by_label('One SELECT statement')
    box.fill('WITH gone AS (DELETE FROM events RETURNING *) SELECT * FROM gone')
    page.get_by_role('button', name='Run').click()
    expect(page.get_by_text('must only read; found a statement that writes')).to_be_visible()
