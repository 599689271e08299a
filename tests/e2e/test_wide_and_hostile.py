"""Lists of sixty columns, content that means harm, and networks that are slow or cut."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.process import ADMIN, PASSWORD, SHIPPED_CONFIG, System, wait_until

COLUMNS = 60
HOSTILE = [
    '<img src=x onerror="document.title=1">',
    '"><script>document.title=2</script>',
    "{{constructor.constructor('document.title=3')()}}",
    'javascript:document.title=4',
    '=cmd|calc!A1',
    '\u202egnihsalp\u0301\u0301\u0301',
    'long ' * 2000,
]


@pytest.fixture(scope='module')
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """An entity with sixty columns, all shown, and one record per hostile text, which stands in each of them."""
    names = [f'part_{n}' for n in range(COLUMNS)]
    fields = '\n'.join(f'  {name}: {{type: text}}' for name in names)
    rights = 'permissions: {create: authenticated, read: authenticated, update: authenticated}'
    shown = f'interface: {{list_display: [{", ".join(names)}]}}'
    text = f'resource: wides\nfields:\n  id: primary_key\n{fields}\n{shown}\n{rights}\n'
    folder = tmp_path_factory.mktemp('wide')
    config = Path(shutil.copytree(SHIPPED_CONFIG, folder / 'config'))
    (config / 'entities' / 'wides.yaml').write_text(text)
    with System(folder / 'data', config) as system:
        for number, text in enumerate(HOSTILE):
            body = {'id': f'w{number}'} | dict.fromkeys(names, text)
            system.client.post(system.url('crud', '/api/wides'), json=body).raise_for_status()
        yield system


@pytest.fixture
def page(browser: Browser, wide: System) -> Page:
    """The list, seen by the admin."""
    page = browser.new_context(reduced_motion='reduce').new_page()
    page.goto(wide.url('crud', '/wides'))
    page.get_by_label('Username').fill(ADMIN)
    page.get_by_label('Password').fill(PASSWORD)
    page.get_by_role('button', name='Log in').click()
    return page


@pytest.mark.long
def test_sixty_columns_are_walked_through_and_edited_at_the_far_end(page: Page, wide: System) -> None:
    first = page.locator('.ag-row[row-index="0"] [col-id="part_0"]')
    expect(first).to_contain_text('long long')
    first.click()
    page.keyboard.press('Control+ArrowRight')
    last = page.locator(f'.ag-row[row-index="0"] [col-id="part_{COLUMNS - 1}"]')
    expect(last).to_be_focused()
    page.keyboard.type('the end')
    page.keyboard.press('Enter')
    saved = wide.url('crud', '/api/wides/w6')
    wait_until(lambda: wide.client.get(saved).json()[f'part_{COLUMNS - 1}'] == 'the end', 'the change')
    expect(last).to_have_text('the end')


def test_content_that_means_harm_is_shown_as_it_is(page: Page, wide: System) -> None:
    for text in HOSTILE[:4]:
        expect(page.get_by_role('gridcell', name=text, exact=True).first).to_be_visible()
    expect(page).to_have_title(re.compile('^Wides'))
    for path in ('/wides/w0', '/wides/w1', '/'):
        page.goto(wide.url('crud', path))
        expect(page.get_by_role('heading', level=1)).to_be_visible()
        assert page.title() not in {'1', '2', '3', '4'}
    assert page.evaluate('document.documentElement.scrollWidth <= innerWidth')


@pytest.mark.long
def test_a_slow_network_shows_what_is_typed_at_once_and_a_cut_one_loses_nothing(page: Page, wide: System) -> None:
    slow = threading.Event()
    page.route('**/batch', lambda route: (slow.wait(20), route.continue_()))
    cell = page.locator('.ag-row[row-index="4"] [col-id="part_1"]')
    cell.click()
    page.keyboard.type('typed')
    page.keyboard.press('Enter')
    expect(cell).to_have_text('typed')
    slow.set()
    wait_until(lambda: wide.client.get(wide.url('crud', '/api/wides/w2')).json()['part_1'] == 'typed', 'the change')

    page.unroute('**/batch')
    page.route('**/batch', lambda route: route.abort())
    cell.click()
    page.keyboard.type('lost?')
    page.keyboard.press('Enter')
    expect(page.get_by_role('alert')).to_be_visible()
    editor = page.get_by_role('textbox', name='Part 1')
    expect(editor).to_have_value('lost?')
    page.unroute('**/batch')
    editor.press('Enter')
    wait_until(lambda: wide.client.get(wide.url('crud', '/api/wides/w2')).json()['part_1'] == 'lost?', 'the second try')


@pytest.mark.long
def test_what_happens_while_the_server_is_away_is_seen_when_it_is_back(page: Page, wide: System) -> None:
    expect(page.get_by_text('Live', exact=True)).to_be_visible()
    wide.kill()
    expect(page.get_by_text('Offline', exact=True)).to_be_visible()
    wide.restart()
    body = {'part_0': 'after the cut'}
    wide.client.patch(wide.url('crud', '/api/wides/w1'), json=body).raise_for_status()
    expect(page.get_by_role('gridcell', name='after the cut', exact=True)).to_be_visible()
    expect(page.get_by_text('Live', exact=True)).to_be_visible()
