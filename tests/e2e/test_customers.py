"""The story of the first day: customers in a grid that is live in every window."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from tests.process import ADMIN, PASSWORD, System
from tests.scenario import appended_since, last_position

Window = Callable[..., Page]


def cell(page: Page, text: str) -> Locator:
    return page.get_by_role('gridcell', name=text, exact=True)


def test_a_record_made_in_one_window_shows_in_the_other_and_comes_back_after_undo(
    system: System, window: Window
) -> None:
    one, two = window(system.url('crud', '/customers')), window(system.url('crud', '/customers'))
    for page in (one, two):
        expect(cell(page, 'Dan')).to_be_visible()
        expect(page.get_by_text('Live', exact=True)).to_be_visible()
    before = last_position(system)

    one.get_by_role('button', name='New').click()
    one.get_by_label('Name *').fill('Zed <b>bold</b>')
    one.get_by_label('Email *').fill('dan@example.com')
    one.get_by_role('button', name='Save').click()
    expect(one.get_by_text('already used by another record')).to_be_visible()
    one.get_by_label('Email *').fill('zed@example.com')
    one.get_by_role('button', name='Save').click()
    expect(cell(two, 'Zed <b>bold</b>')).to_be_visible()

    one.get_by_label('Select Zed <b>bold</b>').check()
    looks: list[Route] = []
    one.route('**/batch', lambda route: looks.append(route), times=1)  # noqa: PLW0108 - a builtin cannot be a handler
    with one.expect_request('**/batch'):
        one.get_by_role('button', name='Delete').click()
    expect(one.get_by_role('button', name='Delete 1')).to_be_disabled()
    looks[0].continue_()
    one.get_by_role('button', name='Delete 1').click()
    expect(cell(two, 'Zed <b>bold</b>')).to_have_count(0)
    one.locator('.toast').get_by_role('button', name='Undo').click()
    expect(cell(two, 'Zed <b>bold</b>')).to_be_visible()
    assert appended_since(system, before) == {'created': 1, 'deleted': 1, 'restored': 1}


def test_a_record_is_opened_edited_and_left_by_keyboard_alone(system: System, window: Window) -> None:
    page = window(system.url('crud', '/customers?search=grace'))
    cell(page, 'Grace Hopper').click()
    page.keyboard.press('Control+Enter')
    phone = page.get_by_label('Phone')
    expect(phone).to_be_visible()
    phone.focus()
    page.keyboard.type('+1 555 010-4711')
    page.keyboard.press('Control+Enter')
    expect(cell(page, '+1 555 010-4711')).to_be_visible()
    saved = system.client.get(system.url('crud', '/api/customers/grace')).json()
    assert (saved['phone'], saved['_version']) == ('+1 555 010-4711', 2)


def test_search_filter_sort_and_scroll(system: System, window: Window) -> None:
    rows = '\n'.join(f'P-{n:03},Page {n:03},{n}.50,false' for n in range(60))
    address = system.url('crud', '/api/products/import')
    kind = {'Content-Type': 'text/csv'}
    system.client.post(address, content=f'sku,name,price,available\n{rows}', headers=kind).raise_for_status()
    page = window(system.url('crud', '/products'))
    page.get_by_role('searchbox').fill('page')
    expect(page.get_by_text('60 records', exact=True)).to_be_visible()
    page.get_by_role('columnheader', name='Name').click()
    expect(cell(page, 'Page 000')).to_be_visible()
    cell(page, 'Page 000').click()
    page.keyboard.press('Control+End')
    expect(cell(page, 'Page 059')).to_be_visible()
    page.get_by_label('Available', exact=True).select_option('true')
    expect(page.get_by_text('Nothing matches')).to_be_visible()
    page.get_by_role('button', name='Show all records').click()
    expect(page.get_by_text('Nothing matches')).to_be_hidden()


def test_customers_of_orders_are_sorted_by_their_names_as_they_are_shown(system: System, window: Window) -> None:
    page = window(system.url('crud', '/orders'))
    header = page.get_by_role('columnheader', name='Customer')
    header.click()
    expect(page).to_have_url(re.compile(r'sort=customer_id\.name'))
    expect(header).to_have_attribute('aria-sort', 'ascending')
    shown = page.locator('.ag-center-cols-container [col-id=customer_id]')
    expect(shown.first).to_have_text('Ada Lovelace')
    names = sorted(shown.all_text_contents())
    header.click()
    expect(shown.last).to_have_text(names[0])
    assert shown.all_text_contents() == names[::-1]
    page.reload()
    expect(header).to_have_attribute('aria-sort', 'descending')


def test_without_any_websocket_the_page_loads_over_http_polls_and_says_so(system: System, window: Window) -> None:
    page = window(system.url('crud', '/customers'), before=refuse_websockets)
    expect(cell(page, 'Ada Lovelace')).to_be_visible()
    expect(page.get_by_text('Polling', exact=True)).to_be_visible()
    system.client.patch(system.url('crud', '/api/customers/ada'), json={'phone': '+44 20 7946 4711'})
    expect(cell(page, '+44 20 7946 4711')).to_be_visible()
    page.get_by_role('button', name='New').click()
    expect(page.get_by_text('The form needs a live connection')).to_be_visible()


def refuse_websockets(page: Page) -> None:
    """No WebSocket opens, NiceGUI's neither, and its long polling is cut too."""

    def close(socket: WebSocketRoute) -> None:
        socket.close()

    def abort(route: Route) -> None:
        route.abort()

    page.route_web_socket(re.compile('.*'), close)
    page.route(re.compile(r'.*/_nicegui_ws/.*'), abort)


def test_who_is_not_logged_in_is_sent_to_the_login_and_back(system: System, page: Page) -> None:
    page.goto(system.url('crud', '/orders'))
    expect(page).to_have_url(re.compile(re.escape(system.url('auth', '/login')) + r'\?next='))
    page.goto(system.url('crud', '/customers/dan?from=mail#tab-2'))
    for password in ('not this one', PASSWORD):
        page.get_by_label('Username').fill(ADMIN)
        page.get_by_label('Password').fill(password)
        page.get_by_role('button', name='Log in').click()
    expect(page).to_have_url(system.url('crud', '/customers/dan?from=mail#tab-2'))


@pytest.mark.long
def test_text_from_users_is_never_markup(system: System, window: Window) -> None:
    hostile = '<img src=x onerror="document.title=1">'
    body = {'name': hostile, 'email': 'evil@example.com', 'notes': hostile}
    system.client.post(system.url('crud', '/api/customers'), json=body).raise_for_status()
    page = window(system.url('crud', '/customers'))
    expect(cell(page, hostile)).to_be_visible()
    expect(page).to_have_title('Customers · DBBasic')
    page.get_by_label(f'Open {hostile}').click()
    expect(page.get_by_label('Name *')).to_have_value(hostile)
    expect(page).to_have_title(f'{hostile} · DBBasic')
