"""Lists, times and texts with Markdown are shown as people read them, and edited without being rewritten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.process import ADMIN, PASSWORD, System

SHIFTS = """
resource: shifts
fields:
  id: primary_key
  name: string
  notes: markdown
  opens: time
  days: {type: multiselect, options: [mon, tue, wed]}
  tags: list
  length: {type: duration, placeholder: 8h}
  wage: {type: decimal, currency: EUR, unit: / h}
interface: {list_display: [name, notes, opens, days, tags, length, wage], filters: [days, tags, length]}
permissions: {create: authenticated, read: authenticated, update: authenticated}
"""
EARLY = {
    'id': 'early', 'name': 'Early', 'notes': '# Key\n*Ring* [the bell](https://example.com)', 'opens': '06:30',
    'days': ['mon', 'wed'], 'tags': ['a, b', 'c'], 'length': '8h 30m', 'wage': '1234.5',
}  # fmt: skip


@pytest.fixture
def shifts(start_system: Callable[..., System], config: Path) -> System:
    """A system with one shift."""
    (config / 'entities' / 'shifts.yaml').write_text(SHIFTS)
    system = start_system(config=config)
    system.client.post(system.url('crud', '/api/shifts'), json=EARLY).raise_for_status()
    return system


@pytest.fixture
def page(browser: Browser, shifts: System) -> Iterator[Page]:
    """The grid of shifts; whatever the browser complains of fails the test."""
    context = browser.new_context(reduced_motion='reduce')
    page, complaints = context.new_page(), list[str]()
    page.on('pageerror', lambda error: complaints.append(str(error)))
    page.goto(shifts.url('crud', '/shifts'))
    page.get_by_label('Username').fill(ADMIN)
    page.get_by_label('Password').fill(PASSWORD)
    page.get_by_role('button', name='Log in').click()
    yield page
    context.close()
    assert not complaints, complaints


@pytest.mark.long
def test_values_are_shown_as_people_read_them_and_filtered(page: Page) -> None:
    for text in ('Key Ring the bell', '06:30', 'a, b, c', '8:30:00', 'EUR 1,234.50 / h'):
        expect(page.get_by_role('gridcell', name=text, exact=True)).to_be_visible()
    expect(page.locator('.pill', has_text='wed')).to_be_visible()
    for label, missing, there in (('Tags', 'b', 'c'), ('Length from', '9h', '8:30')):
        page.get_by_label(label).fill(missing)
        expect(page.get_by_text('Nothing matches')).to_be_visible()
        page.get_by_label(label).fill(there)
        expect(page.get_by_role('gridcell', name='Early', exact=True)).to_be_visible()
    page.get_by_label('Days').select_option('tue')
    expect(page.get_by_text('Nothing matches')).to_be_visible()


@pytest.mark.long
def test_a_form_sends_what_was_changed_and_nothing_else(page: Page, shifts: System) -> None:
    page.get_by_label('Open Early').click()
    form = page.locator('.record-main')
    expect(form.get_by_label('Length')).to_have_value('8:30:00')
    form.get_by_role('button', name='Preview').click()
    expect(form.get_by_role('heading', name='Key', exact=True)).to_be_visible()
    form.get_by_label('Opens').fill('07:15')
    tags = form.get_by_label('Tags')
    tags.fill('typed')
    tags.press('Enter')
    tags.press_sequentially('left behind')
    page.get_by_role('button', name='Save').click()
    page.go_back()
    expect(page.get_by_role('gridcell', name='07:15')).to_be_visible()
    address = shifts.url('crud', '/api/shifts/early')
    saved, said = (shifts.client.get(address + part).json() for part in ('', '/history'))
    assert saved['tags'] == ['a, b', 'c', 'typed', 'left behind']
    assert set(said['versions'][0]['changes']) == {'opens', 'tags'}
