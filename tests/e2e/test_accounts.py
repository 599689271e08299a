"""Accounts, as an admin and somebody who gets one go through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect

from tests.process import System

Window = Callable[..., Page]
FIRST, CHOSEN = 'seven green bottles', 'eight green bottles'
MARKUP = '<img src=x onerror=alert(1)>'


@pytest.fixture
def other_browser(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """Browsers that nobody is logged in with; what their console complains of fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one() -> BrowserContext:
        context = browser.new_context(reduced_motion='reduce')
        context.on('console', lambda message: note(message, complaints))
        context.on('weberror', lambda error: complaints.append(str(error.error)))
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()
    assert not complaints, complaints


REFUSED = ('status of 401', 'status of 403', 'response code: 401', 'HTTP Authentication failed')
"""In the words of Chromium."""


def note(message: ConsoleMessage, complaints: list[str]) -> None:
    """Chromium itself reports each refusal, and a session may end while its page asks for something."""
    if message.type == 'error' and not any(words in message.text for words in REFUSED):
        complaints.append(message.text)


def make(system: System, name: str, **given: object) -> str:
    """An account by the API; returns its id."""
    sent = {'username': name, 'email': f'{name}@example.org', 'password': FIRST} | given
    made = system.client.post(system.url('auth', '/api/users'), json=sent)
    assert made.status_code == 201, made.text
    return str(made.json()['id'])


def log_in(system: System, context: BrowserContext, name: str, password: str, path: str = '/') -> Page:
    """By keyboard alone, as the focus is where one begins."""
    page = context.new_page()
    page.goto(system.url('auth', path))
    expect(page.get_by_label('Username')).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press('Tab')
    page.keyboard.type(password)
    page.keyboard.press('Enter')
    expect(page).to_have_url(system.url('auth', path))
    return page


def test_an_admin_makes_a_user_gives_a_role_and_hands_out_a_link_which_sets_the_password(
    system: System, window: Window, other_browser: Callable[[], BrowserContext]
) -> None:
    admin, context = window(system.url('auth', '/users')), other_browser()
    link = account_with_link(admin)
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_label('New password')).to_be_focused()
    page.keyboard.type(CHOSEN)
    page.keyboard.press('Enter')
    expect(page).to_have_url(system.url('auth', '/login'))
    page = log_in(system, context, 'story@example.org', CHOSEN)
    expect(page.get_by_role('heading', name='Story.Teller')).to_be_visible()
    expect(page.get_by_role('link', name='Users')).to_be_hidden()
    refused = page.goto(system.url('auth', '/users'))
    assert refused and refused.status == 403
    expect(page.get_by_text('This needs the role admin.')).to_be_visible()
    expect(page.get_by_role('button', name='New user')).to_be_hidden()
    admin.goto(system.url('auth', '/audit'))
    told = admin.get_by_role('row').filter(has_text='Story.Teller')
    for type in ('created', 'roles_changed', 'reset_link_made', 'password_reset', 'login'):
        expect(told.filter(has=admin.get_by_text(type, exact=True)).first).to_be_visible()


def account_with_link(admin: Page) -> str:
    """Make an account, give it a role and hand out a link to a new password, all by keyboard."""
    admin.get_by_role('button', name='New user').press('Enter')
    dialog = admin.get_by_role('dialog', name='New user')
    expect(dialog.get_by_label('Username')).to_be_focused()
    for text in ('Story.Teller', 'story@example.org', FIRST):
        admin.keyboard.type(text)
        admin.keyboard.press('Tab')
    expect(dialog.get_by_role('checkbox', name='user')).to_be_checked()
    dialog.get_by_label('Another role').fill('night-shift')
    admin.keyboard.press('Enter')
    mine = admin.get_by_role('row').filter(has_text='Story.Teller')
    expect(mine).to_contain_text('night-shift user')
    mine.get_by_role('button', name='Edit').press('Enter')
    dialog = admin.get_by_role('dialog', name='Edit Story.Teller')
    dialog.get_by_role('checkbox', name='auditor').check()
    dialog.get_by_role('button', name='Save').press('Enter')
    expect(mine).to_contain_text('auditor night-shift user')
    mine.get_by_role('button', name='Reset link').press('Enter')
    dialog = admin.get_by_role('dialog', name='A new password for Story.Teller')
    link = dialog.get_by_role('code').inner_text()
    admin.keyboard.press('Escape')
    expect(dialog).to_be_hidden()
    return link


@pytest.mark.long
def test_somebody_makes_a_key_uses_it_and_revokes_it(
    system: System, other_browser: Callable[[], BrowserContext]
) -> None:
    make(system, 'keymaker')
    page = log_in(system, other_browser(), 'keymaker', FIRST)
    page.get_by_label('What for').fill('nightly')
    page.keyboard.press('Tab')
    page.keyboard.type('customers:read, products:read')
    page.keyboard.press('Enter')
    expect(page.get_by_text('Copy the key now')).to_be_visible()
    header = {'Authorization': f'Bearer {page.locator("[data-secret] code").inner_text()}'}
    keys = page.locator('[data-keys]').get_by_role('row').filter(has_text='nightly')
    expect(keys).to_contain_text('customers:read products:read')
    expect(keys.get_by_text('never')).to_be_visible()
    with httpx.Client(headers=header, trust_env=False) as client:
        assert client.get(system.url('crud', '/api/customers')).status_code == 200
        assert client.get(system.url('crud', '/api/orders')).status_code == 403
        page.reload()
        expect(keys).to_be_visible()
        expect(keys.get_by_text('never')).to_be_hidden()
        expect(page.get_by_text('Copy the key now')).to_be_hidden()
        keys.get_by_role('button', name='Revoke').press('Enter')
        expect(keys).to_be_hidden()
        assert client.get(system.url('crud', '/api/customers')).status_code == 401


@pytest.mark.long
def test_another_session_is_ended_and_profile_and_password_are_changed_by_keyboard(
    system: System, other_browser: Callable[[], BrowserContext]
) -> None:
    make(system, 'twofold')
    here = log_in(system, other_browser(), 'twofold', FIRST)
    there = log_in(system, other_browser(), 'twofold', FIRST)
    here.reload()
    listed = here.locator('[data-sessions] tbody').get_by_role('row')
    expect(listed).to_have_count(2)
    expect(listed.filter(has_text='this one').get_by_role('button')).to_have_count(0)
    here.get_by_role('button', name='End').press('Enter')
    expect(listed).to_have_count(1)
    expect(there.get_by_role('button', name='Log in')).to_be_visible()
    expect(here.get_by_label('Time zone')).to_have_value('UTC')
    here.get_by_label('Time zone').fill('Europe/Berlin')
    here.keyboard.press('Enter')
    expect(here.get_by_text('Saved.')).to_be_visible()
    here.get_by_label('Current password').fill(FIRST)
    here.keyboard.press('Tab')
    here.keyboard.type(CHOSEN)
    here.keyboard.press('Enter')
    expect(here.get_by_text('The password is changed.')).to_be_visible()
    here.reload()
    expect(here.get_by_label('Time zone')).to_have_value('Europe/Berlin')


@pytest.mark.long
def test_an_account_is_disabled_found_and_deleted(system: System, window: Window) -> None:
    make(system, 'leaver')
    page = window(system.url('auth', '/users'))
    page.get_by_role('searchbox').fill('leaver@')
    expect(page.get_by_text('1 user', exact=True)).to_be_visible()
    found = page.locator('[data-users] tbody').get_by_role('row')
    found.get_by_role('button', name='Disable').press('Enter')
    expect(found.get_by_text('disabled', exact=True)).to_be_visible()
    found.get_by_role('button', name='Delete').press('Enter')
    page.get_by_role('dialog', name='Delete leaver?').get_by_role('button', name='Delete').press('Enter')
    expect(page.get_by_text('0 users')).to_be_visible()


@pytest.mark.long
def test_what_users_write_is_never_markup(system: System, window: Window) -> None:
    sent = {'username': 'admin', 'password': 'correct horse battery staple'}
    headers = {'User-Agent': f'{MARKUP} Firefox/1'}
    answer = httpx.post(system.url('auth', '/api/login'), json=sent, headers=headers, trust_env=False, timeout=30)
    token = {'Authorization': f'Bearer {answer.json()["token"]}'}
    key = {'name': MARKUP, 'scopes': ['customers:read']}
    made = httpx.post(system.url('auth', '/api/keys'), json=key, headers=token, trust_env=False)
    assert made.status_code == 201
    for path in ('/', '/audit'):
        page = window(system.url('auth', path))
        expect(page.get_by_text(MARKUP).first).to_be_visible()
        assert page.locator('img[src="x"]').count() == 0
    system.client.delete(system.url('auth', f'/api/keys/{made.json()["key"]["id"]}'))


@pytest.mark.long
def test_an_answer_that_comes_late_does_not_mix_with_a_newer_one(system: System, window: Window) -> None:
    for name in ('early', 'later'):
        make(system, f'{name}bird')
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = window(system.url('auth', '/users'))
    page.route('**/api/users?search=earlybird*', hold)
    search = page.get_by_role('searchbox')
    with page.expect_request('**/api/users?search=earlybird*'):
        search.fill('earlybird')
    search.fill('laterbird')
    found = page.locator('[data-users] tbody').get_by_role('row')
    expect(found).to_have_count(1)
    with page.expect_response('**/api/users?search=earlybird*'):
        held[0].continue_()
    page.evaluate('new Promise((shown) => requestAnimationFrame(() => setTimeout(shown)))')
    expect(found).to_have_count(1)
    expect(found).to_contain_text('laterbird')
