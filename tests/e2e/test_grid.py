"""The grid as operations people use it: by keyboard, by mouse, with spreadsheets, and beside each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.process import System, wait_until
from tests.scenario import appended_since, last_position

Window = Callable[..., Page]


@pytest.fixture
def stock(system: System, request: pytest.FixtureRequest) -> str:
    """A word that five products of this test alone have in their names."""
    word = re.sub(r'\W|chromium', '', request.node.name)[-30:]
    lines = [f'{word}-{n},{word} {n},{n}.50,{n * 10}' for n in range(1, 6)]
    body = '\n'.join(['sku,name,price,stock', *lines])
    address = system.url('crud', '/api/products/import')
    system.client.post(address, content=body, headers={'Content-Type': 'text/csv'}).raise_for_status()
    return word


def listed(system: System, word: str, query: str = '') -> str:
    """The address of the list of what a test has made, in the order of names."""
    return system.url('crud', f'/products?search={word}&sort=name{query}')


def cell(page: Page, text: str) -> Locator:
    return page.get_by_role('gridcell', name=text, exact=True)


def records(system: System, word: str) -> list[dict[str, Any]]:
    query = {'search': word, 'sort': 'name'}
    found: list[dict[str, Any]] = system.client.get(system.url('crud', '/api/products'), params=query).json()['records']
    return found


def values(system: System, word: str, name: str) -> list[Any]:
    return [record[name] for record in records(system, word)]


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
    wait_until(lambda: values(system, stock, 'stock') == [10, 10, 10, 40, 40], 'the corner to fill')
    page.keyboard.press('Delete')
    wait_until(lambda: values(system, stock, 'stock')[3:] == [None, None], 'the cells to be emptied')


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


def test_a_filter_is_built_shared_by_its_address_and_gone_back_from(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock))
    expect(cell(page, f'{stock} 1')).to_be_visible()
    page.get_by_role('button', name='Filter').click()
    page.get_by_label('Field', exact=True).select_option('price')
    page.get_by_label('Condition', exact=True).select_option('more than')
    page.get_by_label('Value').fill('2')
    page.get_by_role('button', name='Add a condition').click()
    page.get_by_label('Field', exact=True).nth(1).select_option('name')
    page.get_by_label('Condition', exact=True).nth(1).select_option('contains')
    page.get_by_label('Value').nth(1).fill(f'{stock} 4')
    expect(page.get_by_label('Expression')).to_have_value(f"price > 2 AND contains(lower(name), '{stock.lower()} 4')")
    page.get_by_role('button', name='Apply').click()
    expect(cell(page, f'{stock} 1')).to_have_count(0)
    expect(cell(page, f'{stock} 4')).to_be_visible()
    other = window(page.url)
    expect(cell(other, f'{stock} 4')).to_be_visible()
    expect(other.get_by_text('1 record', exact=True)).to_be_visible()
    page.go_back()
    expect(cell(page, f'{stock} 1')).to_be_visible()


def test_an_expression_that_is_wrong_says_where(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock), refusals=True)
    page.get_by_role('button', name='Filter').click()
    page.get_by_label('Expression').fill('prise > 2')
    expect(page.get_by_text('says more than conditions can show')).to_be_visible()
    page.get_by_role('button', name='Apply').click()
    expect(page.get_by_role('alert')).to_contain_text('prise')


def test_columns_are_hidden_moved_pinned_and_summed_and_the_address_says_so(
    system: System, window: Window, stock: str
) -> None:
    page = window(listed(system, stock))
    page.get_by_role('button', name='Columns').click()
    page.get_by_label('SKU', exact=True).uncheck()
    page.get_by_role('button', name='Up Stock').click()
    page.get_by_role('button', name='Pin Name').click()
    page.get_by_label('Total of Stock').select_option('sum')
    page.get_by_role('button', name='Done').click()
    expect(page.get_by_role('columnheader', name='SKU')).to_have_count(0)
    expect(page.get_by_text('Σ 150')).to_be_visible()
    other = window(page.url)
    expect(other.get_by_text('Σ 150')).to_be_visible()
    headers = [text for text in other.get_by_role('columnheader').all_inner_texts() if text.strip()]
    assert headers[:3] == ['Name', 'Stock', 'Price']


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


def test_two_people_in_one_list_see_each_others_changes_and_settle_conflicts(
    system: System, window: Window, stock: str
) -> None:
    one = window(listed(system, stock), refusals=True)
    expect(one.get_by_text('Live', exact=True)).to_be_visible()
    expect(cell(one, '3.50')).to_be_visible()
    cup = records(system, stock)[2]
    system.client.patch(system.url('crud', f'/api/products/{cup["id"]}'), json={'price': '33'}).raise_for_status()
    expect(cell(one, '33.00')).to_be_visible()

    one.route_web_socket(re.compile('/ws/'), lambda socket: socket.close())
    one.route(re.compile('/changes'), lambda route: route.abort())
    one.reload()
    cell(one, '33.00').click()
    system.client.patch(system.url('crud', f'/api/products/{cup["id"]}'), json={'price': '34'}).raise_for_status()
    one.keyboard.type('35')
    one.keyboard.press('Enter')
    dialog = one.get_by_role('dialog', name='Changed by somebody else meanwhile')
    expect(dialog.get_by_role('row', name='Price 33.00 34.00 35')).to_be_visible()
    dialog.get_by_role('button', name='Save what I chose').click()
    wait_until(lambda: values(system, stock, 'price')[2] == '35.00', 'mine')


def test_one_sees_where_others_are_and_what_they_edit(system: System, window: Window, stock: str) -> None:
    one, two = window(listed(system, stock)), window(listed(system, stock))
    cell(one, '3.50').click()
    expect(two.locator('.watched')).to_have_text('3.50')
    expect(two.get_by_role('img', name='admin: looks at Price')).to_be_visible()
    one.keyboard.press('F2')
    expect(two.get_by_role('img', name='admin: edits Price')).to_be_visible()
    one.close()
    expect(two.locator('.watched')).to_have_count(0)
    expect(two.get_by_role('img', name='admin')).to_have_count(0)


def test_a_view_is_saved_shared_chosen_and_deleted(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock, '&density=compact&totals=stock.sum'))
    page.get_by_role('button', name='Views').click()
    page.get_by_label('Name of a new view').fill(stock)
    page.get_by_label('for everybody').check()
    page.get_by_role('button', name='Save this view').click()
    expect(page.get_by_text(f'{stock} saved')).to_be_visible()
    other = window(system.url('crud', '/products'))
    other.get_by_role('button', name='Views').click()
    other.get_by_role('dialog').get_by_role('button', name=stock, exact=True).click()
    expect(other.get_by_text('Σ 150')).to_be_visible()
    expect(cell(other, f'{stock} 1')).to_be_visible()
    expect(other.get_by_role('searchbox')).to_have_value(stock)
    other.get_by_role('button', name=stock).click()
    other.get_by_role('dialog').get_by_role('button', name='Delete', exact=True).click()
    sure = other.get_by_role('dialog', name=f'Delete the view {stock}?')
    sure.get_by_role('button', name='Delete', exact=True).click()
    expect(other.get_by_role('button', name='Views')).to_be_visible()


def test_changes_of_other_fields_do_not_collide(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock), before=without_changes)
    cell(page, '30').click()
    cup = records(system, stock)[2]
    system.client.patch(system.url('crud', f'/api/products/{cup["id"]}'), json={'price': '34'}).raise_for_status()
    page.keyboard.type('31')
    page.keyboard.press('Enter')
    wait_until(lambda: values(system, stock, 'stock')[2] == 31, 'the stock')
    assert values(system, stock, 'price')[2] == '34.00'
    expect(cell(page, '34.00')).to_be_visible()


def without_changes(page: Page) -> None:
    """What others do does not reach the page."""
    page.route_web_socket(re.compile('/ws/'), lambda socket: socket.close())
    page.route(re.compile('/changes'), lambda route: route.abort())


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
