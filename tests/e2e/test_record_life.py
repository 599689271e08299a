"""The life of a record on its page: looked back at, reverted, deleted, restored, and shared as an address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_record_page import change, given, ready, saved
from tests.process import System, wait_until
from tests.scenario import appended_since, last_position

Window = Callable[..., Page]


def test_the_slider_shows_the_whole_record_as_it_was_and_goes_back_to_it(system: System, window: Window) -> None:
    address = given(system, 'slider', phone='+1 555 010-0001')
    change(system, 'slider', phone='+1 555 010-0002', name='Second name')
    change(system, 'slider', phone='+1 555 010-0003')
    page = ready(window(address))
    past = page.locator('[data-then]')
    page.get_by_role('slider').focus()
    page.keyboard.press('ArrowLeft')
    page.keyboard.press('ArrowLeft')
    expect(past.get_by_text('+1 555 010-0001')).to_be_visible()
    expect(past.get_by_text('Name of slider')).to_be_visible()
    expect(page.get_by_text('As it was on')).to_contain_text('version 1, by admin')
    expect(page.get_by_label('Name *')).to_be_hidden()
    expect(page.get_by_role('button', name='Save')).to_be_hidden()
    page.keyboard.press('ArrowRight')
    expect(past.get_by_text('Second name')).to_be_visible()
    before = last_position(system)
    page.get_by_role('status').get_by_role('button', name='Revert to this').click()
    expect(page.get_by_label('Phone')).to_have_value('+1 555 010-0002')
    expect(page.get_by_text('4 versions')).to_be_visible()
    assert appended_since(system, before) == {'changed': 1}
    page.get_by_role('button', name='Undo').click()
    expect(page.get_by_label('Phone')).to_have_value('+1 555 010-0003')


@pytest.mark.long
def test_every_version_has_an_address_and_the_back_button_works(system: System, window: Window) -> None:
    address = given(system, 'address', phone='+1 555 010-0001')
    change(system, 'address', phone='+1 555 010-0002')
    page = ready(window(address))
    page.get_by_role('button', name='View version 1').click()
    expect(page.locator('[data-then]').get_by_text('+1 555 010-0001')).to_be_visible()
    shared = page.url
    assert '?as_of=' in shared
    page.go_back()
    expect(page.get_by_label('Phone')).to_have_value('+1 555 010-0002')
    page.go_forward()
    expect(page.locator('[data-then]').get_by_text('+1 555 010-0001')).to_be_visible()
    other = window(shared)
    expect(other.locator('[data-then]').get_by_text('+1 555 010-0001')).to_be_visible()
    expect(other.get_by_role('button', name='Save')).to_have_count(0)
    expect(other.locator('.record-form')).to_have_count(0)
    other.get_by_role('link', name='Back to now').click()
    expect(other.get_by_label('Phone')).to_have_value('+1 555 010-0002')


@pytest.mark.long
def test_a_moment_of_the_past_is_told_and_cannot_be_changed(system: System, window: Window) -> None:
    address = given(system, 'moment', name='As it began')
    first = system.client.get(system.url('crud', '/api/customers/moment/history')).json()['versions'][0]
    change(system, 'moment', name='As it went on')
    page = window(f'{address}?as_of={first["recorded_at"]}')
    expect(page.get_by_text('Nothing can be changed here')).to_be_visible()
    expect(page.locator('[data-then]').get_by_text('As it began')).to_be_visible()
    page.keyboard.press('Control+S')
    page.goto(f'{address}?as_of=2020-01-01T00:00:00Z')
    expect(page.get_by_text('it did not exist yet')).to_be_visible()
    assert saved(system, 'moment')['_version'] == 2


@pytest.mark.long
def test_a_deleted_record_is_shown_as_it_last_was_and_restored(system: System, window: Window) -> None:
    address = given(system, 'gone', phone='+1 555 010-0009')
    page, other = ready(window(address)), ready(window(address))
    page.get_by_role('button', name='Delete').click()
    expect(page.get_by_text('gone deleted')).to_be_visible()
    expect(other.get_by_text('Deleted by admin')).to_be_visible()
    expect(other.locator('[data-then]').get_by_text('+1 555 010-0009')).to_be_visible()
    page.get_by_role('button', name='Undo').click()
    wait_until(lambda: saved(system, 'gone').get('phone') == '+1 555 010-0009', 'the record to be back')
    expect(page.get_by_label('Phone')).to_have_value('+1 555 010-0009')
    expect(other.get_by_label('Phone')).to_have_value('+1 555 010-0009')
    system.client.delete(system.url('crud', '/api/customers/gone')).raise_for_status()
    expect(page.get_by_text('Deleted by admin')).to_be_visible()
    page.reload()
    expect(page.get_by_text('This is how it last was')).to_be_visible()
    expect(page.get_by_role('heading', name='Name of gone', level=1)).to_be_visible()
    expect(page.locator('[data-then]').get_by_text('+1 555 010-0009')).to_be_visible()
    before = last_position(system)
    page.get_by_role('button', name='Restore').click()
    expect(page.get_by_label('Phone')).to_have_value('+1 555 010-0009')
    assert appended_since(system, before) == {'restored': 1}


def test_the_timeline_tells_what_became_of_what_and_who_is_to_blame(system: System, window: Window) -> None:
    address = given(system, 'blame', phone='+1 555 010-0001')
    change(system, 'blame', phone='+1 555 010-0002')
    page = ready(window(address))
    newest = page.locator('[data-version="2"]')
    expect(newest.locator('del')).to_have_text('+1 555 010-0001')
    expect(newest.locator('ins')).to_have_text('+1 555 010-0002')
    page.get_by_label('Phone').focus()
    expect(page.locator('[data-blame]')).to_contain_text('Phone: last changed by admin')
    expect(page.locator('[data-blame]')).to_contain_text('(version 2)')


@pytest.mark.long
def test_what_never_was_is_not_found(system: System, window: Window) -> None:
    for path in (
        '/customers/nobody',
        '/customers/nobody?as_of=1',
        '/customers/ada/more',
        '/nothing/ada',
        '/customers%2Fada',
    ):
        page = window(system.url('crud', path), refusals=True)
        expect(page.get_by_text('Not found').first).to_be_visible()
    page = window(system.url('crud', '/customers/ada?as_of=yesterday'), refusals=True)
    expect(page.get_by_text('Malformed request').first).to_be_visible()
