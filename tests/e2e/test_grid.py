"""The grid as a spreadsheet: by keyboard, by mouse, from and to other spreadsheets, and many records at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import APIResponse, Page, Request, Route, expect

from tests.e2e.stock import cell, listed, records, values
from tests.process import System, wait_until
from tests.scenario import appended_since, last_position

Window = Callable[..., Page]

IN_ONE_BREATH = """keys => {
    for (const key of keys) {
        const event = new KeyboardEvent("keydown", { ...key, bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(event);
    }
}"""
"""Keys that come before the page had a moment to do anything between them, as on a busy machine."""


def test_cells_are_edited_by_keyboard_alone_and_taken_back(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock))
    before = last_position(system)
    cell(page, f'{stock} 2').click()
    page.keyboard.press('ArrowRight')
    page.keyboard.type('1234.5')
    page.keyboard.press('Enter')
    page.keyboard.type('7')
    page.keyboard.press('Tab')
    page.keyboard.type('99')
    page.keyboard.press('Escape')
    page.keyboard.press('Enter')
    page.keyboard.press('Control+A')
    page.keyboard.type('31')
    page.keyboard.press('Enter')
    expect(cell(page, '1,234.50')).to_be_visible()
    wait_until(lambda: values(system, stock, 'stock') == [10, 20, 31, 40, 50], 'the stock to be saved')
    assert values(system, stock, 'price') == ['1.50', '1234.50', '7.00', '4.50', '5.50']
    assert appended_since(system, before) == {'changed': 3}
    page.keyboard.press('Control+z')
    wait_until(lambda: values(system, stock, 'stock') == [10, 20, 30, 40, 50], 'the undo')
    page.keyboard.press('Control+z')
    wait_until(lambda: values(system, stock, 'price')[2] == '3.50', 'the second undo')
    page.keyboard.press('Control+y')
    wait_until(lambda: values(system, stock, 'price')[2] == '7.00', 'the redo')


def test_what_is_still_on_its_way_to_the_engine_is_taken_back_too(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route('**/api/products/batch', hold)
    cell(page, '10').click()
    page.keyboard.type('99')
    page.evaluate(IN_ONE_BREATH, [{'key': 'Enter'}, {'key': 'z', 'ctrlKey': True}])
    wait_until(lambda: (page.title(), held)[1], 'the change to be sent')
    held[0].continue_()
    expect(page.get_by_text('Undone: 1 record')).to_be_visible()
    assert values(system, stock, 'stock') == [10, 20, 30, 40, 50]


def test_what_was_read_before_a_change_does_not_take_its_place(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock))
    held: list[Route] = []
    late: list[APIResponse] = []
    sent: list[dict[str, Any]] = []
    cell(page, '10').click()

    def hold(route: Route) -> None:
        held.append(route)
        if len(held) == 1:
            late.append(route.fetch())

    page.route('**/api/products?*', hold)

    def note(request: Request) -> None:
        if request.url.endswith('/batch'):
            sent.extend((request.post_data_json or {})['update'])

    page.on('request', note)
    other = system.url('crud', f'/api/products/{records(system, stock)[1]["id"]}')
    system.client.patch(other, json={'price': '9.75'}).raise_for_status()
    wait_until(lambda: (page.title(), late)[1], 'the list to be read again')
    page.keyboard.type('99')
    page.keyboard.press('Enter')
    wait_until(lambda: (page.title(), values(system, stock, 'stock'))[1][0] == 99, 'the change to be saved')
    expect(cell(page, '99')).to_be_visible()
    with page.expect_response('**/api/products?*'):
        held[0].fulfill(response=late[0])
    cell(page, '99').click()
    page.keyboard.type('98')
    page.keyboard.press('Enter')
    wait_until(lambda: (page.title(), len(sent))[1] == 2, 'the second change to be sent')
    assert [one['_version'] for one in sent] == [1, 2]


def test_what_the_engine_refuses_stands_in_the_editor_again(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock), refusals=True)
    cell(page, '3.50').click()
    page.keyboard.type('-1')
    page.keyboard.press('Enter')
    expect(page.get_by_text('Price must be at least 0. Nothing was changed.')).to_be_visible()
    editor = page.get_by_role('textbox', name='Price')
    expect(editor).to_have_value('-1')
    expect(editor).to_be_focused()
    page.keyboard.press('Control+A')
    page.keyboard.type('4')
    page.keyboard.press('Enter')
    wait_until(lambda: values(system, stock, 'price')[2] == '4.00', 'the mended value')


def test_ranges_come_from_and_go_to_spreadsheets(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock), permissions=['clipboard-read', 'clipboard-write'])
    before = last_position(system)
    cell(page, f'{stock} 1').click()
    page.keyboard.press('Shift+ArrowRight')
    page.keyboard.press('Shift+ArrowDown')
    expect(page.locator('[data-status]')).to_contain_text('4 cells in 2 rows')
    page.keyboard.press('Control+c')
    expect(page.get_by_text('Copied 2 rows of 2 columns')).to_be_visible()
    assert page.evaluate('navigator.clipboard.readText()') == f'{stock} 1\t1.50\n{stock} 2\t2.50'

    written = f'"{stock} ""quoted""\nin two lines"\t1,234.00\r\n{stock} 5\t8'
    page.evaluate('text => navigator.clipboard.writeText(text)', written)
    cell(page, f'{stock} 4').click()
    page.keyboard.press('Control+v')
    wait_until(lambda: '1234.00' in values(system, stock, 'price'), 'what was pasted')
    assert f'{stock} "quoted"\nin two lines' in values(system, stock, 'name')
    assert appended_since(system, before) == {'changed': 2}
    page.keyboard.press('Control+z')
    wait_until(lambda: values(system, stock, 'price')[3:] == ['4.50', '5.50'], 'all of it to be taken back at once')


def test_cells_are_copied_where_the_browser_hides_its_clipboard_for_want_of_encryption(
    system: System, window: Window, stock: str
) -> None:
    hide = 'Object.defineProperty(navigator, "clipboard", {value: undefined})'
    page = window(listed(system, stock), before=lambda page: page.add_init_script(hide))
    cell(page, '10').click()
    page.keyboard.press('Control+c')
    expect(page.get_by_text('Copied 1 row of 1 column')).to_be_visible()
    cell(page, '40').click()
    page.keyboard.press('Control+v')
    wait_until(lambda: values(system, stock, 'stock')[3] == 10, 'what was copied')


def test_one_value_fills_a_range_and_the_corner_fills_down(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock), permissions=['clipboard-read', 'clipboard-write'])
    cell(page, '10').click()
    page.keyboard.press('Shift+ArrowDown')
    page.keyboard.press('Shift+ArrowDown')
    page.keyboard.press('Control+d')
    wait_until(lambda: values(system, stock, 'stock') == [10, 10, 10, 40, 50], 'the cells below to be filled')
    cell(page, '40').click()
    box, below = cell(page, '40').bounding_box(), cell(page, '50').bounding_box()
    assert box and below
    page.mouse.move(box['x'] + box['width'] - 3, box['y'] + box['height'] - 3)
    page.mouse.down()
    page.mouse.move(below['x'] + 20, below['y'] + 10, steps=4)
    page.mouse.up()
    page.keyboard.press('Delete')
    wait_until(lambda: values(system, stock, 'stock')[3:] == [None, None], 'the filled cells to be emptied')
    page.keyboard.press('Control+z')
    wait_until(lambda: values(system, stock, 'stock')[3:] == [40, 40], 'what the corner has filled')


@pytest.mark.long
def test_what_is_pasted_below_the_last_row_becomes_records_when_one_agrees(
    system: System, window: Window, stock: str
) -> None:
    page = window(listed(system, stock), permissions=['clipboard-read', 'clipboard-write'])
    rows = f'{stock}-5\t{stock} 5\t5.50\n{stock}-6\t{stock} 6\t6'
    page.evaluate('text => navigator.clipboard.writeText(text)', rows)
    cell(page, f'{stock}-5').click()
    page.keyboard.press('Control+v')
    page.get_by_role('button', name='Add', exact=True).click()
    expect(cell(page, f'{stock} 6')).to_be_visible()
    assert values(system, stock, 'price') == ['1.50', '2.50', '3.50', '4.50', '5.50', '6.00']


def test_selected_records_are_edited_together_after_a_preview_and_taken_back(
    system: System, window: Window, stock: str
) -> None:
    page = window(listed(system, stock))
    before = last_position(system)
    page.get_by_label(f'Select {stock} 2').check()
    page.get_by_label(f'Select {stock} 4').click(modifiers=['Shift'])
    expect(page.get_by_text('3 selected')).to_be_visible()
    page.get_by_role('button', name='Edit').click()
    page.get_by_label('Field to set').select_option('stock')
    page.get_by_label('New Stock').fill('5')
    page.get_by_role('button', name='Preview').click()
    expect(page.get_by_role('row', name=f'{stock} 3 30 5')).to_be_visible()
    assert appended_since(system, before) == {}
    page.get_by_role('button', name='Apply').click()
    expect(page.get_by_text('3 records changed')).to_be_visible()
    assert values(system, stock, 'stock') == [10, 5, 5, 5, 50]
    page.locator('.toast').get_by_role('button', name='Undo').click()
    wait_until(lambda: values(system, stock, 'stock') == [10, 20, 30, 40, 50], 'the undo')


@pytest.mark.long
def test_all_that_is_listed_is_deleted_and_comes_back(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock))
    expect(cell(page, f'{stock} 5')).to_be_visible()
    page.get_by_label('Select all records').check()
    expect(page.get_by_text('5 selected')).to_be_visible()
    page.get_by_role('button', name='Delete').click()
    expect(page.get_by_text('They stay in the history')).to_be_visible()
    page.get_by_role('button', name='Delete 5').click()
    expect(page.get_by_text('Nothing matches')).to_be_visible()
    page.locator('.toast').get_by_role('button', name='Undo').click()
    expect(cell(page, f'{stock} 5')).to_be_visible()


def test_a_reference_is_chosen_by_its_name_and_pasted_by_it(system: System, window: Window) -> None:
    order = {'number': 'GRID-1', 'customer_id': 'dan', 'ordered_on': '2026-01-01'}
    system.client.post(system.url('crud', '/api/orders'), json=order).raise_for_status()
    page = window(system.url('crud', '/orders?filter=' + quote("number = 'GRID-1'")))
    cell(page, 'Dan').click()
    page.keyboard.type('grace')
    page.keyboard.press('Enter')
    expect(cell(page, 'Grace Hopper')).to_be_visible()
    saved = system.url('crud', '/api/orders/GRID-1')
    wait_until(lambda: system.client.get(saved).json()['customer_id'] == 'grace', 'the reference')


@pytest.mark.long
def test_the_grid_is_used_on_a_narrow_screen_without_scrolling_sideways(
    system: System, window: Window, stock: str
) -> None:
    page = window(listed(system, stock), viewport={'width': 375, 'height': 740})
    expect(cell(page, f'{stock} 1')).to_be_visible()
    assert page.evaluate('document.documentElement.scrollWidth') <= 375
    cell(page, f'{stock} 1').dblclick()
    page.keyboard.press('Control+A')
    page.keyboard.type(f'{stock} 1b')
    page.keyboard.press('Enter')
    wait_until(lambda: f'{stock} 1b' in values(system, stock, 'name'), 'the change')
