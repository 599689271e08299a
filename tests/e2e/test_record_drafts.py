"""What was typed into a record and not saved is offered again, whatever has become of the record meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_record_page import change, given, ready, saved, unsaved
from tests.process import System

Window = Callable[..., Page]


def test_what_was_typed_outlives_the_page_and_the_record_moving_on(system: System, window: Window) -> None:
    page = ready(window(given(system, 'draft', phone='+1 555 010-0001')))
    page.get_by_label('Name *').fill('Typed and lost')
    expect(unsaved(page, 1)).to_be_visible()
    page.close()
    change(system, 'draft', phone='+1 555 010-0099')
    again = ready(reopened(page))
    expect(again.get_by_text('What you typed on')).to_contain_text('The record has changed since')
    expect(again.get_by_label('Name *')).to_have_value('Name of draft')
    again.get_by_role('button', name='Restore draft').click()
    expect(again.get_by_label('Name *')).to_have_value('Typed and lost')
    expect(again.get_by_label('Phone')).to_have_value('+1 555 010-0099')
    again.keyboard.press('Control+S')
    expect(again.get_by_text('Saved', exact=True)).to_be_visible()
    assert (saved(system, 'draft')['name'], saved(system, 'draft')['phone']) == ('Typed and lost', '+1 555 010-0099')
    again.reload()
    expect(again.get_by_label('Name *')).to_have_value('Typed and lost')
    expect(again.get_by_text('What you typed on')).to_have_count(0)


@pytest.mark.long
def test_a_draft_of_what_others_have_changed_meanwhile_is_merged(system: System, window: Window) -> None:
    page = ready(window(given(system, 'stale')))
    page.get_by_label('Name *').fill('Mine')
    expect(unsaved(page, 1)).to_be_visible()
    page.close()
    change(system, 'stale', name='Theirs')
    again = ready(reopened(page))
    again.get_by_role('button', name='Restore draft').click()
    expect(unsaved(again, 1)).to_be_visible()
    again.keyboard.press('Control+S')
    merge = again.get_by_role('dialog', name='Changed by someone else')
    expect(merge.get_by_text('Name of stale')).to_be_visible()
    merge.get_by_role('button', name='All of theirs').click()
    merge.get_by_role('button', name='Save the chosen').click()
    expect(again.get_by_label('Name *')).to_have_value('Theirs')
    assert saved(system, 'stale')['_version'] == 2


def reopened(page: Page) -> Page:
    """The same address in a new tab of the same browser."""
    again = page.context.new_page()
    again.goto(page.url)
    return again
