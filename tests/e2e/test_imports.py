"""Importing files: by mouse, by keyboard only, with wrong files, and called off."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.keyboard import press_tab_until
from tests.process import System, wait_until

Window = Callable[..., Page]
HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture
def clean(system: System) -> Iterator[None]:
    """Leaves no customers behind that a test has made; others count them."""
    before = customers(system)
    yield
    new = sorted(customers(system) - before)
    for start in range(0, len(new), 1000):
        body = {'delete': new[start : start + 1000]}
        system.client.post(system.url('crud', '/api/customers/batch'), json=body).raise_for_status()


def customers(system: System) -> set[str]:
    text = system.client.get(system.url('crud', '/api/customers/export.jsonl?fields=id')).text
    return {json.loads(line)['id'] for line in text.splitlines()}


def file(tmp_path: Path, content: str, name: str = 'people.csv') -> Path:
    path = tmp_path / name
    path.write_text(content, 'utf-8')
    return path


def begin(page: Page, path: Path) -> Locator:
    """The dialog with a file in it."""
    page.get_by_role('button', name='Import: Customers').click()
    dialog = page.get_by_role('dialog', name='Import into Customers')
    dialog.get_by_label('File').set_input_files(path)
    expect(dialog.get_by_role('button', name='Check')).to_be_visible()
    return dialog


@pytest.mark.usefixtures('clean')
def test_a_file_with_other_names_changes_and_creates_and_is_taken_back(
    system: System, home: Page, tmp_path: Path
) -> None:
    before = customers(system)
    content = 'Full name;E-mail;Remark\nDaniel;dan@example.com;x\nZora;zora@example.org;y\n'
    dialog = begin(home, file(tmp_path, content))
    expect(dialog.get_by_label('Delimiter')).to_have_value(';')
    expect(dialog.get_by_label('Field for E-mail')).to_have_value('email')
    expect(dialog.get_by_text('No column yet for Name')).to_be_visible()
    dialog.get_by_label('Field for Full name').select_option('name')
    expect(dialog.get_by_text('No column yet for Name')).to_be_hidden()
    dialog.get_by_label('What to do').select_option('upsert')
    expect(dialog.get_by_label('Recognise records by')).to_have_value('email')
    dialog.get_by_role('button', name='Check').click()
    expect(dialog.get_by_text('1 changed')).to_be_visible()
    expect(dialog.get_by_role('deletion').filter(has_text='Dan')).to_be_visible()
    expect(dialog.get_by_role('insertion').filter(has_text='Daniel')).to_be_visible()
    assert customers(system) == before
    dialog.get_by_role('button', name='Import 2 records').click()
    expect(home.get_by_text('2 records imported into Customers')).to_be_visible()
    assert system.client.get(system.url('crud', '/api/customers/dan')).json()['name'] == 'Daniel'
    assert len(customers(system)) == len(before) + 1
    home.get_by_role('button', name='Undo').click()
    expect(home.get_by_text('The import was taken back: 2 records')).to_be_visible()
    assert system.client.get(system.url('crud', '/api/customers/dan')).json()['name'] == 'Dan'
    assert customers(system) == before


@pytest.mark.usefixtures('clean')
def test_an_import_by_keyboard_only(system: System, home: Page, tmp_path: Path) -> None:
    opener = home.get_by_role('button', name='Import: Customers')
    press_tab_until(home, opener)
    home.keyboard.press('Enter')
    dialog = home.get_by_role('dialog', name='Import into Customers')
    expect(dialog.get_by_label('File')).to_be_focused()
    with home.expect_file_chooser() as chooser:
        home.keyboard.press('Space')
    chooser.value.set_files(file(tmp_path, '{"name": "Keys", "email": "keys@example.org"}\n', 'people.jsonl'))
    press_tab_until(home, dialog.get_by_role('button', name='Check'))
    home.keyboard.press('Enter')
    go = dialog.get_by_role('button', name='Import 1 record')
    expect(go).to_be_visible()
    press_tab_until(home, go)
    home.keyboard.press('Enter')
    expect(home.get_by_text('1 record imported into Customers')).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    found = system.client.get(system.url('crud', '/api/customers?email=keys@example.org')).json()
    assert [record['name'] for record in found['records']] == ['Keys']


def test_a_wrong_file_shows_its_rows_and_loses_nothing(system: System, home: Page, tmp_path: Path) -> None:
    before = customers(system)
    content = f'Customer,email\nA,good@example.org\n{HOSTILE},nothing\nB,good@example.org\n=1+1,dan@example.com\n'
    dialog = begin(home, file(tmp_path, content))
    dialog.get_by_label('Field for Customer').select_option('name')
    dialog.get_by_role('button', name='Check').click()
    expect(dialog.get_by_role('alert')).to_contain_text('3 rows cannot be taken')
    expect(dialog.get_by_role('row').filter(has_text='must be an email address')).to_contain_text('2')
    with home.expect_download() as download:
        dialog.get_by_role('button', name='Download this list').click()
    rows = list(csv.reader(download.value.path().read_text('utf-8').splitlines()))
    assert rows[0] == ['row', 'line', 'field', 'message']
    assert [row[:3] for row in rows[1:]] == [['2', '3', 'email'], ['3', '4', 'email'], ['4', '5', 'email']]
    assert customers(system) == before
    dialog.get_by_role('button', name='Back').click()
    expect(dialog.get_by_label('Field for Customer')).to_have_value('name')
    expect(dialog.get_by_role('alert')).to_be_hidden()


@pytest.mark.long
def test_what_stands_in_a_file_is_never_markup(home: Page, tmp_path: Path) -> None:
    content = f'{HOSTILE},name,email\n{HOSTILE},"{HOSTILE.replace(chr(34), chr(34) * 2)}",h@example.org\n'
    dialog = begin(home, file(tmp_path, content, '<b>x<b>.csv'))
    expect(dialog.get_by_role('cell', name=HOSTILE, exact=True).first).to_be_visible()
    expect(dialog.get_by_text('<b>x<b>.csv')).to_be_visible()
    dialog.get_by_role('button', name='Check').click()
    expect(dialog.get_by_role('insertion').filter(has_text=HOSTILE)).to_be_visible()
    assert dialog.locator('img').count() == 0
    expect(home).to_have_title('Data · DBBasic')


@pytest.mark.long
def test_a_file_in_another_encoding_is_read_with_its_letters(home: Page, tmp_path: Path) -> None:
    path = tmp_path / 'old.csv'
    path.write_bytes('name,email\nZoë,zoe@example.org\n'.encode('cp1252'))
    dialog = begin(home, path)
    expect(dialog.get_by_label('Encoding')).to_have_value('windows-1252')
    expect(dialog.get_by_role('cell', name='Zoë')).to_be_visible()
    dialog.get_by_role('button', name='Check').click()
    expect(dialog.get_by_role('insertion').filter(has_text='Zoë')).to_be_visible()


@pytest.mark.usefixtures('clean')
def test_a_cancelled_import_leaves_nothing(system: System, home: Page, tmp_path: Path) -> None:
    before = customers(system)
    dialog = importing(home, tmp_path, 40_000)
    expect(dialog.get_by_role('status')).to_contain_text('of 40,000 rows')
    dialog.get_by_role('button', name='Cancel').click()
    expect(dialog.get_by_role('alert')).to_contain_text('was cancelled', timeout=60_000)
    assert customers(system) == before
    expect(dialog.get_by_label('Field for email')).to_have_value('email')


@pytest.mark.usefixtures('clean')
@pytest.mark.parametrize('arrives', [False, True])
def test_an_import_that_is_cancelled_while_its_file_is_sent_leaves_nothing(
    system: System, home: Page, tmp_path: Path, *, arrives: bool
) -> None:
    before = customers(system)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    home.route(lambda address: '/import?' in address and 'dry_run' not in address, hold)
    dialog = importing(home, tmp_path, 20_000)
    wait_until(lambda: (home.title(), held)[1], 'the file to be sent')
    if arrives:
        request, names = held[0].request, ('content-type', 'idempotency-key')
        headers = {name: request.headers[name] for name in names}
        system.client.post(request.url, content=(tmp_path / 'people.csv').read_bytes(), headers=headers)
    dialog.get_by_role('button', name='Cancel').click()
    told = 'was cancelled' if arrives else 'Stopped before all of the file was sent'
    expect(dialog.get_by_role('alert')).to_contain_text(told, timeout=60_000)
    assert customers(system) == before


def importing(home: Page, tmp_path: Path, count: int) -> Locator:
    """The dialog while it imports so many customers."""
    rows = ''.join(f'Halted {number},halt{number}@example.org\n' for number in range(count))
    dialog = begin(home, file(tmp_path, f'name,email\n{rows}'))
    dialog.get_by_role('button', name='Check').click()
    dialog.get_by_role('button', name=f'Import {count:,} records').click(timeout=60_000)
    return dialog


@pytest.mark.long
@pytest.mark.usefixtures('clean')
def test_an_import_goes_on_when_its_dialog_is_closed(system: System, home: Page, tmp_path: Path) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    dialog = begin(home, file(tmp_path, 'name,email\nOn,on@example.org\n'))
    dialog.get_by_role('button', name='Check').click()
    go = dialog.get_by_role('button', name='Import 1 record')
    expect(go).to_be_visible()
    home.route('**/api/imports/*', hold)
    go.click()
    expect(dialog.get_by_role('progressbar')).to_be_visible()
    home.keyboard.press('Escape')
    expect(dialog).to_be_hidden()
    expect(home.get_by_text('The import into Customers goes on')).to_be_visible()
    wait_until(lambda: home.evaluate('1') and held, 'the page to ask how far it is')
    for route in held:
        route.continue_()
    home.unroute('**/api/imports/*')
    expect(home.get_by_text('1 record imported into Customers')).to_be_visible()
    assert len(system.client.get(system.url('crud', '/api/customers?search=on@example.org')).json()['records']) == 1


@pytest.mark.long
def test_the_steps_of_an_import_fit_a_phone(system: System, window: Window, tmp_path: Path) -> None:
    page = window(system.url('crud'), viewport={'width': 375, 'height': 740}, color_scheme='dark')
    dialog = begin(page, file(tmp_path, f'name,email,{"x" * 80}\n{"long " * 60},a@example.org,{"y" * 300}\n'))
    assert fits(page, dialog)
    dialog.get_by_role('button', name='Check').click()
    expect(dialog.get_by_role('alert')).to_contain_text('cannot be taken')
    assert fits(page, dialog)


def fits(page: Page, dialog: Locator) -> bool:
    wide = page.evaluate('document.documentElement.scrollWidth') <= 375
    return bool(wide and dialog.evaluate('one => one.scrollWidth <= one.clientWidth'))
