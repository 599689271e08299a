"""The page of a record: edited by keyboard, saved, rescued, merged, and followed live."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.process import System
from tests.scenario import appended_since, last_position

Window = Callable[..., Page]
HOSTILE = '<img src=x onerror="window.hacked = true">{{ 7 * 7 }}'


def given(system: System, record_id: str, **values: Any) -> str:
    """A new customer; returns the address of its page."""
    known = {'id': record_id, 'name': f'Name of {record_id}', 'email': f'{record_id}@example.com'}
    system.client.post(system.url('crud', '/api/customers'), json=known | values).raise_for_status()
    return system.url('crud', f'/customers/{record_id}')


def saved(system: System, record_id: str) -> dict[str, Any]:
    """The customer as the API has it."""
    found: dict[str, Any] = system.client.get(system.url('crud', f'/api/customers/{record_id}')).json()
    return found


def change(system: System, record_id: str, **values: Any) -> None:
    """Somebody else changes the customer."""
    system.client.patch(system.url('crud', f'/api/customers/{record_id}'), json=values).raise_for_status()


def ready(page: Page) -> Page:
    """The page, once its form can be used and its connection is open."""
    expect(page.get_by_text('Live', exact=True)).to_be_visible()
    page.wait_for_function('window.socket?.connected && window.did_handshake')
    return page


def unsaved(page: Page, count: int) -> Locator:
    return page.get_by_text(f'{count} unsaved change{"s" if count > 1 else ""}', exact=True)


def test_a_record_is_edited_and_saved_by_keyboard_alone(system: System, window: Window) -> None:
    page = ready(window(given(system, 'keys', phone='+1 555 010-0001')))
    before = last_position(system)
    page.get_by_label('Name *').focus()
    page.keyboard.press('End')
    page.keyboard.type(' the First')
    page.keyboard.press('Tab')
    page.keyboard.press('Control+A')
    page.keyboard.type('+1 555 010-0002')
    expect(unsaved(page, 2)).to_be_visible()
    page.keyboard.press('Control+S')
    expect(page.get_by_text('Saved', exact=True)).to_be_visible()
    expect(page.get_by_text('2 versions')).to_be_visible()
    assert appended_since(system, before) == {'changed': 1}
    assert (saved(system, 'keys')['name'], saved(system, 'keys')['phone']) == (
        'Name of keys the First',
        '+1 555 010-0002',
    )
    page.keyboard.type('3')
    page.keyboard.press('Control+Enter')
    expect(page).to_have_url(system.url('crud', '/customers'))
    assert saved(system, 'keys')['phone'] == '+1 555 010-00023'


def test_a_new_record_begins_in_its_first_field_and_goes_on_as_a_page(system: System, window: Window) -> None:
    page = ready_new(window(system.url('crud', '/customers/new')))
    expect(page.get_by_label('Name *')).to_be_focused()
    page.keyboard.type('Ne')
    expect(unsaved(page, 1)).to_be_visible()
    page.reload()
    expect(page.get_by_text('What you typed on')).not_to_contain_text('has changed since')
    page.get_by_role('button', name='Restore draft').click()
    expect(page.get_by_label('Name *')).to_have_value('Ne')
    page.get_by_label('Name *').fill('New one')
    page.keyboard.press('Control+S')
    expect(page.get_by_text('is required')).to_be_visible()
    expect(page.get_by_label('Email *')).to_be_focused()
    page.keyboard.type('new-one@example.com')
    page.keyboard.press('Control+S')
    expect(page.get_by_role('heading', name='New one', level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r'/customers/[0-9a-f-]{36}$'))


def ready_new(page: Page) -> Page:
    """The page of a new record, which follows nobody."""
    page.wait_for_function('window.socket?.connected && window.did_handshake')
    return page


@pytest.mark.long
def test_a_mistake_on_another_tab_is_shown_there(system: System, window: Window) -> None:
    page = ready(window(given(system, 'tabs')))
    trade = page.get_by_role('tab', name='Trade')
    trade.click()
    expect(page).to_have_url(re.compile('#trade$'))
    page.get_by_label('Credit limit').fill('-5')
    page.get_by_role('tab', name='Contact').click()
    expect(page.get_by_label('Credit limit')).to_be_hidden()
    page.keyboard.press('Control+S')
    expect(page.get_by_label('Credit limit')).to_be_focused()
    expect(page.get_by_text('must be at least 0')).to_be_visible()
    expect(trade).to_have_class(re.compile('wrong'))
    page.get_by_label('Credit limit').fill('5')
    expect(trade).not_to_have_class(re.compile('wrong'))
    page.keyboard.press('Control+S')
    expect(page.get_by_text('Saved', exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_label('Name *')).to_be_visible()


def test_two_who_change_the_same_field_choose_side_by_side(system: System, window: Window) -> None:
    address = given(system, 'both', phone='+1 555 010-0001')
    one, two = ready(window(address)), ready(window(address))
    one.get_by_label('Name *').fill('Mine')
    expect(unsaved(one, 1)).to_be_visible()
    two.get_by_label('Name *').fill('Theirs')
    two.get_by_label('Phone').fill('+1 555 010-0002')
    two.keyboard.press('Control+S')
    expect(one.get_by_text('others have changed this too')).to_be_visible()
    expect(one.get_by_label('Phone')).to_have_value('+1 555 010-0002')
    one.get_by_label('Website').fill('https://example.com/mine')
    expect(unsaved(one, 2)).to_be_visible()
    one.keyboard.press('Control+S')
    merge = one.get_by_role('dialog', name='Changed by someone else')
    expect(merge.get_by_role('radio', name='mine of Website')).to_be_checked()
    expect(merge.get_by_role('radio', name='theirs of Name')).not_to_be_checked()
    expect(merge.get_by_role('button', name='Save the chosen')).to_be_disabled()
    merge.get_by_role('radio', name='mine of Name').check()
    merge.get_by_role('button', name='Save the chosen').click()
    expect(one.get_by_text('Saved', exact=True)).to_be_visible()
    expect(two.get_by_label('Name *')).to_have_value('Mine')
    now = saved(system, 'both')
    assert (now['name'], now['phone'], now['website']) == ('Mine', '+1 555 010-0002', 'https://example.com/mine')
    assert now['_version'] == 3


def test_changes_of_others_appear_at_once_where_nobody_has_typed(system: System, window: Window) -> None:
    page = ready(window(given(system, 'live', status='active')))
    page.get_by_label('Name *').fill('Being typed')
    change(system, 'live', phone='+1 555 010-0042', status='pending')
    expect(page.get_by_label('Phone')).to_have_value('+1 555 010-0042')
    expect(page.locator('.field-phone.moved')).to_be_visible()
    expect(page.get_by_label('Name *')).to_have_value('Being typed')
    page.keyboard.press('Control+S')
    expect(page.get_by_text('Saved', exact=True)).to_be_visible()
    assert (saved(system, 'live')['name'], saved(system, 'live')['status']) == ('Being typed', 'pending')


def test_what_refers_to_it_is_listed_and_added_to_in_place(system: System, window: Window) -> None:
    page = ready(window(given(system, 'orderer')))
    orders = page.get_by_role('region', name='Orders')
    expect(orders.get_by_text('None yet')).to_be_visible()
    orders.get_by_role('button', name='Add').click()
    form = page.get_by_role('dialog')
    expect(form.get_by_label('Customer')).to_have_value('Name of orderer')
    expect(form.get_by_label('Customer')).to_have_attribute('readonly', '')
    form.get_by_label('Number').fill('Z-77')
    form.get_by_label('Ordered on').fill('2026-11-01')
    form.get_by_role('button', name='Save').click()
    expect(orders.get_by_role('link', name='Z-77')).to_be_visible()
    order = system.client.get(system.url('crud', '/api/orders/Z-77')).json()
    assert order['customer_id'] == 'orderer'
    expect(orders.get_by_role('link', name='Show all')).to_have_attribute('href', re.compile('filter=customer_id'))
    orders.get_by_role('link', name='Z-77').click()
    expect(page.get_by_role('heading', name='Z-77', level=1)).to_be_visible()


def test_what_refers_to_it_appears_and_goes_as_others_write(system: System, window: Window) -> None:
    page = ready(window(given(system, 'followed')))
    orders = page.get_by_role('region', name='Orders')
    expect(orders.get_by_text('None yet')).to_be_visible()
    order = {'number': 'Z-78', 'customer_id': 'followed', 'ordered_on': '2026-11-01'}
    system.client.post(system.url('crud', '/api/orders'), json=order).raise_for_status()
    expect(orders.get_by_role('link', name='Z-78')).to_be_visible()
    address = system.url('crud', '/api/orders/Z-78')
    system.client.patch(address, json={'customer_id': 'dan'}).raise_for_status()
    expect(orders.get_by_text('None yet')).to_be_visible()
    life = ready(window(system.url('crud', '/orders/Z-78'))).locator('[data-timeline]')
    expect(life.get_by_text('Name of followed').first).to_be_visible()
    expect(life.get_by_role('insertion').get_by_text('Dan', exact=True)).to_be_visible()
    system.client.delete(address).raise_for_status()


@pytest.mark.long
def test_texts_of_others_stay_texts_wherever_they_are_shown(system: System, window: Window) -> None:
    page = ready(window(given(system, 'hostile', name=HOSTILE, notes=HOSTILE)))
    change(system, 'hostile', notes=f'{HOSTILE} again')
    expect(page.get_by_label('Notes')).to_have_value(f'{HOSTILE} again')
    expect(page.get_by_role('heading', level=1)).to_have_text(HOSTILE)
    page.get_by_role('button', name='View version 1').click()
    expect(page.locator('[data-then]').get_by_text(HOSTILE).first).to_be_visible()
    assert page.evaluate('window.hacked') is None
    assert page.locator('#content img').count() == 0


@pytest.mark.long
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_a_narrow_screen_needs_no_sideways_scrolling(system: System, window: Window, scheme: str) -> None:
    address = given(system, f'narrow-{scheme}', name='Long' * 20, website=f'https://example.com/{"x" * 300}')
    page = ready(window(address, viewport={'width': 375, 'height': 800}, color_scheme=scheme))
    expect(page.get_by_text('1 version')).to_be_visible()
    assert page.evaluate('document.documentElement.scrollWidth') <= 375
    expect(page.get_by_role('button', name='Save')).to_be_in_viewport()


@pytest.mark.long
def test_leaving_with_something_unsaved_asks_first(system: System, window: Window) -> None:
    page = ready(window(given(system, 'leaving')))
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on('dialog', leave)
    page.get_by_label('Name *').press_sequentially(' and more')
    expect(unsaved(page, 1)).to_be_visible()
    page.get_by_role('link', name='Customers', exact=True).first.click()
    expect(page).to_have_url(system.url('crud', '/customers'))
    assert asked == ['beforeunload']
