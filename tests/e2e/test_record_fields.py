"""The fields on a record's page: shown, needed and fixed as the config says, with files, for those who may see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_record_page import HOSTILE, ready
from tests.process import ADMIN, PASSWORD, System
from tests.samples import PNG

DEALS = """
resource: deals
key: code
fields:
  code: {type: string, required: true}
  stage: {type: select, options: [open, won, lost], default: open}
  reason: {type: string, visible_if: "stage = 'lost'", required_if: "stage = 'lost'"}
  amount: {type: decimal, readonly_if: "stage = 'won'"}
  fee: {type: computed, expression: amount * 0.1}
  length: duration
  discount: {type: integer, visible_if: "buyer.name = 'Ada Lovelace'"}
  tags: list
  details: json
  buyer_id: {type: foreign_key, references: customers}
  photo: image
layout:
  tabs:
    - {label: Deal, sections: [{columns: [[code, stage], [amount, fee]]}]}
    - {label: Why, sections: [{label: Lost, fields: [reason]}]}
permissions: {create: [sales], read: authenticated, update: [sales], delete: [sales]}
"""
DROPPED = """(bytes) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], 'dot.png', { type: 'image/png' }));
  return transfer;
}"""


@pytest.fixture
def deals(start_system: Callable[..., System], config: Path) -> System:
    """A system with one deal."""
    (config / 'entities' / 'deals.yaml').write_text(DEALS)
    system = start_system(config=config)
    deal = {'code': 'a/b ~1', 'amount': '120', 'tags': ['x'], 'details': {'a': 1}, 'length': '1h', 'buyer_id': 'ada'}
    system.client.post(system.url('crud', '/api/deals'), json=deal).raise_for_status()
    return system


@pytest.fixture
def page(browser: Browser, deals: System) -> Iterator[Page]:
    """A page, closed before its system ends; whatever the browser complains of fails the test."""

    context = browser.new_context(reduced_motion='reduce')
    page, complaints = context.new_page(), list[str]()
    page.on('pageerror', lambda error: complaints.append(str(error)))
    page.on('console', lambda one: complaints.append(f'{one.text} {one.location}') if one.type == 'error' else None)
    yield page
    context.close()
    assert not complaints, complaints


def opened(page: Page, system: System, path: str, user: str = ADMIN) -> Page:
    """The page at `path`, for somebody who logs in by hand."""
    page.goto(system.url('crud', path))
    page.get_by_label('Username').fill(user)
    page.get_by_label('Password').fill(PASSWORD)
    page.get_by_role('button', name='Log in').click()
    return ready(page)


@pytest.mark.long
def test_fields_follow_what_is_typed_before_it_is_saved(page: Page, deals: System) -> None:
    opened(page, deals, '/deals/a%2Fb%20%7E1')
    expect(page.get_by_role('heading', name='a/b ~1', level=1)).to_be_visible()
    expect(page.get_by_label('Code *')).to_have_attribute('readonly', '')
    page.get_by_label('Amount').fill('300')
    expect(page.get_by_label('Fee')).to_have_value('30.000')
    page.get_by_role('tab', name='Why').click()
    expect(page.get_by_label('Photo')).to_be_visible()
    expect(page.get_by_label('Discount')).to_be_visible()
    expect(page.get_by_label('Reason')).to_be_hidden()
    expect(page.get_by_role('heading', name='Lost')).to_be_hidden()
    page.get_by_role('tab', name='Deal').click()
    page.get_by_label('Stage').click()
    page.get_by_role('option', name='lost').click()
    page.keyboard.press('Control+S')
    expect(page.get_by_label('Reason *')).to_be_focused()
    expect(page.get_by_text('is required, since')).to_be_visible()
    expect(page.get_by_role('heading', name='Lost')).to_be_visible()
    page.keyboard.type('Too dear')
    page.keyboard.press('Control+S')
    expect(page.get_by_text('Saved', exact=True)).to_be_visible()
    record = deals.client.get(deals.url('crud', '/api/deals/a%2Fb%20%7E1')).json()
    assert (record['reason'], record['amount'], record['stage']) == ('Too dear', '300.00', 'lost')
    assert (record['tags'], record['details'], record['length']) == (['x'], {'a': 1}, 3600)


@pytest.mark.long
def test_what_is_fixed_is_so_once_it_is_saved(page: Page, deals: System) -> None:
    address = deals.url('crud', '/api/deals/a%2Fb%20%7E1')
    opened(page, deals, '/deals/a%2Fb%20%7E1')
    page.get_by_label('Amount').fill('500')
    deals.client.patch(address, json={'stage': 'won', 'buyer_id': 'dan', 'tags': ['y']}).raise_for_status()
    expect(page.get_by_label('Amount')).to_have_attribute('readonly', '')
    page.get_by_role('tab', name='Why').click()
    expect(page.get_by_label('Buyer')).to_have_value('Dan')
    expect(page.locator('.field-tags').get_by_text('y', exact=True)).to_be_visible()


@pytest.mark.long
def test_what_was_typed_outlives_the_end_of_the_server(browser: Browser, deals: System) -> None:
    page = opened(browser.new_context().new_page(), deals, '/deals/a%2Fb%20%7E1')
    page.get_by_label('Amount').fill('700')
    expect(page.get_by_text('1 unsaved change')).to_be_visible()
    deals.kill()
    page.get_by_label('Amount').fill('777')
    page.keyboard.press('Control+S')
    expect(page.get_by_text('What you typed is kept in this browser')).to_be_visible()
    deals.restart()
    page.goto(page.url)
    page.get_by_role('button', name='Restore draft').click()
    expect(page.get_by_label('Amount')).to_have_value('777')
    page.keyboard.press('Control+S')
    expect(page.get_by_text('Saved', exact=True)).to_be_visible()
    assert deals.client.get(deals.url('crud', '/api/deals/a%2Fb%20%7E1')).json()['amount'] == '777.00'
    page.context.close()


@pytest.mark.long
def test_an_image_is_dropped_seen_and_kept_in_the_past(page: Page, deals: System) -> None:
    opened(page, deals, '/deals/a%2Fb%20%7E1')
    page.get_by_role('tab', name='Why').click()
    dropped = page.evaluate_handle(DROPPED, list(PNG))
    page.locator('.field-photo .q-field__native').dispatch_event('dragover', {'dataTransfer': dropped})
    page.locator('.field-photo .q-file__dnd').dispatch_event('drop', {'dataTransfer': dropped})
    thumb = page.get_by_role('img', name='dot.png')
    expect(thumb).to_be_visible()
    assert (thumb.get_attribute('src') or '').startswith('blob:')
    page.keyboard.press('Control+S')
    expect(page.get_by_text('Saved', exact=True)).to_be_visible()
    page.reload()
    expect(thumb).to_be_visible()
    page.get_by_role('button', name='Remove dot.png', exact=True).click()
    page.keyboard.press('Control+S')
    expect(page.get_by_text('3 versions')).to_be_visible()
    page.get_by_role('button', name='View version 2').click()
    expect(thumb).to_be_visible()
    page.wait_for_function('document.querySelector("[data-then] img").naturalWidth === 1')


@pytest.mark.long
def test_no_text_is_read_as_markup_in_any_kind_of_field(page: Page, deals: System) -> None:
    buyer = {'id': 'evil', 'name': HOSTILE, 'email': 'evil@example.com'}
    deals.client.post(deals.url('crud', '/api/customers'), json=buyer).raise_for_status()
    deal = {'code': HOSTILE, 'reason': HOSTILE, 'tags': [HOSTILE], 'details': {HOSTILE: HOSTILE}, 'buyer_id': 'evil'}
    deals.client.post(deals.url('crud', '/api/deals'), json=deal).raise_for_status()
    opened(page, deals, f'/deals/{quote(HOSTILE, safe="")}')
    expect(page.get_by_role('heading', level=1)).to_have_text(HOSTILE)
    page.get_by_role('tab', name='Why').click()
    expect(page.get_by_label('Buyer')).to_have_value(HOSTILE)
    address = deals.url('crud', f'/api/deals/{quote(HOSTILE, safe="")}')
    deals.client.patch(address, json={'tags': [HOSTILE, HOSTILE], 'details': [HOSTILE]}).raise_for_status()
    expect(page.locator('[data-version="2"] ins').first).to_contain_text('<img src=x')
    page.get_by_role('button', name='View version 1').click()
    expect(page.locator('[data-then]').get_by_role('link', name=HOSTILE)).to_be_visible()
    assert page.evaluate('window.hacked') is None
    assert page.locator('#content img').count() == 0


@pytest.mark.long
def test_those_who_may_only_read_get_a_page_to_read(page: Page, deals: System) -> None:
    user = {'username': 'reader', 'email': 'reader@example.com', 'password': PASSWORD}
    deals.client.post(deals.url('auth', '/api/users'), json=user).raise_for_status()
    opened(page, deals, '/deals/a%2Fb%20%7E1', 'reader')
    expect(page.get_by_text('Read only')).to_be_visible()
    expect(page.locator('[data-then]').get_by_text('120.00', exact=True)).to_be_visible()
    for name in ('Save', 'Delete', 'Revert'):
        expect(page.get_by_role('button', name=name)).to_have_count(0)
    address = deals.url('crud', '/api/deals/a%2Fb%20%7E1')
    deals.client.patch(address, json={'amount': '121'}).raise_for_status()
    expect(page.locator('[data-then]').get_by_text('121.00', exact=True)).to_be_visible()
    page.get_by_role('tab', name='Why').click()
    expect(page.get_by_role('link', name='Ada Lovelace')).to_be_visible()
