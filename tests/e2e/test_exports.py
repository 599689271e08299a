"""Exporting lists as files: what is shown, and everything by keyboard only."""

from __future__ import annotations

import csv
import json

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.keyboard import press_tab_until
from tests.process import System


def test_an_export_holds_what_the_filtered_list_shows(system: System, home: Page) -> None:
    home.evaluate("""() => import('/assets/js/export_dialog.js').then((module) => module.openExport({
        entity: 'customers', title: 'Customers', columns: ['name', 'status'], total: 2,
        parameters: [['filter', "status = 'active' AND credit_limit > 1000"], ['sort', '-name'], ['limit', '1']],
    }))""")
    dialog = home.get_by_role('dialog', name='Export Customers')
    expect(dialog.get_by_text('2 rows')).to_be_visible()
    expect(dialog.get_by_text("status = 'active' AND credit_limit > 1000")).to_be_visible()
    with home.expect_download() as download:
        dialog.get_by_role('link', name='Download').click()
    expect(dialog).to_be_hidden()
    rows = list(csv.reader(download.value.path().read_text('utf-8-sig').splitlines()))
    query = {'filter': "status = 'active' AND credit_limit > 1000", 'sort': '-name'}
    listed = system.client.get(system.url('crud', '/api/customers'), params=query).json()['records']
    assert listed
    assert rows == [['name', 'status'], *([record['name'], record['status']] for record in listed)]
    assert download.value.suggested_filename.startswith('customers-')


@pytest.mark.long
def test_an_export_of_everything_by_keyboard_only(system: System, home: Page) -> None:
    opener = home.get_by_role('button', name='Export: Products')
    press_tab_until(home, opener)
    home.keyboard.press('Enter')
    dialog = home.get_by_role('dialog', name='Export Products')
    press_tab_until(home, dialog.get_by_role('radio', name='CSV'))
    home.keyboard.press('ArrowDown')
    home.keyboard.press('ArrowDown')
    expect(dialog.get_by_role('radio', name='JSON', exact=False).first).to_be_checked()
    press_tab_until(home, dialog.get_by_role('radio', name='The columns shown'))
    home.keyboard.press('ArrowDown')
    press_tab_until(home, dialog.get_by_role('link', name='Download'))
    with home.expect_download() as download:
        home.keyboard.press('Enter')
    records = json.loads(download.value.path().read_text('utf-8'))
    total = system.client.get(system.url('crud', '/api/products')).json()['total']
    assert (len(records), 'attributes' in records[0]) == (total, True)
