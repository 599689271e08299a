"""What a list shows is an address; it is saved, shared, and looked at by several people at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stock import cell, listed, records, values
from tests.process import System, wait_until

Window = Callable[..., Page]


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


@pytest.mark.long
def test_an_expression_that_is_wrong_says_where(system: System, window: Window, stock: str) -> None:
    page = window(listed(system, stock), refusals=True)
    page.get_by_role('button', name='Filter').click()
    page.get_by_label('Expression').fill('prise > 2')
    expect(page.get_by_text('says more than conditions can show')).to_be_visible()
    page.get_by_role('button', name='Apply').click()
    expect(page.get_by_role('alert')).to_contain_text('prise')


@pytest.mark.long
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
    expect(two.get_by_title('admin: looks at Price')).to_be_visible()
    one.keyboard.press('F2')
    expect(two.get_by_title('admin: edits Price')).to_be_visible()
    one.close()
    expect(two.locator('.watched')).to_have_count(0)
    expect(two.get_by_title('admin: ')).to_have_count(0)


@pytest.mark.long
def test_one_sees_who_else_has_a_record_open_and_which_field_they_are_in(
    system: System, window: Window, stock: str
) -> None:
    address = system.url('crud', f'/products/{records(system, stock)[0]["id"]}')
    one, two = window(address), window(address)
    expect(two.get_by_title('admin: looks at this record')).to_be_visible()
    one.get_by_label('Name').focus()
    expect(two.get_by_title('admin: edits Name')).to_be_visible()
    expect(two.locator('.q-field.watched')).to_have_count(1)
    one.close()
    expect(two.get_by_title('admin: ')).to_have_count(0)


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


@pytest.mark.long
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
