"""A browser that is logged in as the admin."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.process import ADMIN, PASSWORD, System

CHROMIUM = os.environ.get('DBBASIC_CHROMIUM', '/usr/bin/chromium')
FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-quic',
]

expect.set_options(timeout=15_000)


@pytest.fixture(scope='session')
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's browser."""
    return {**browser_type_launch_args, 'executable_path': CHROMIUM, 'args': FLAGS}


@pytest.fixture(scope='session')
def logged_in(browser: Browser, system: System, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookies of someone who has logged in by hand."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(system.url('crud', '/customers'))
    page.get_by_label('Username').fill(ADMIN)
    page.get_by_label('Password').fill(PASSWORD)
    page.get_by_role('button', name='Log in').click()
    expect(page).to_have_url(system.url('crud', '/customers'))
    state = tmp_path_factory.mktemp('browser') / 'state.json'
    context.storage_state(path=state)
    context.close()
    return state


@pytest.fixture
def stock(system: System, request: pytest.FixtureRequest) -> str:
    """A word that five products of this test alone have in their names."""
    word = re.sub(r'\W|chromium', '', request.node.name)[-30:]
    lines = [f'{word}-{n},{word} {n},{n}.50,{n * 10}' for n in range(1, 6)]
    body = '\n'.join(['sku,name,price,stock', *lines])
    address = system.url('crud', '/api/products/import')
    system.client.post(address, content=body, headers={'Content-Type': 'text/csv'}).raise_for_status()
    return word


@pytest.fixture
def window(browser: Browser, logged_in: Path) -> Iterator[Callable[..., Page]]:
    """Opens windows of their own, at an address; whatever the browser's console complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window(
        address: str, *, before: Callable[[Page], None] | None = None, refusals: bool = False, **options: Any
    ) -> Page:
        contexts.append(browser.new_context(storage_state=logged_in, reduced_motion='reduce', **options))
        page = contexts[-1].new_page()
        page.on('console', lambda message: _note(message, complaints, before is not None, refusals))
        page.on('pageerror', lambda error: complaints.append(str(error)))
        if before:
            before(page)
        page.goto(address)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def home(system: System, window: Callable[..., Page]) -> Page:
    """The page that all entities are on."""
    return window(system.url('crud'))


def _note(message: ConsoleMessage, complaints: list[str], network_is_broken: bool, refusals: bool) -> None:
    """Chromium itself reports what no script can keep from it: connections that fail, and requests that are refused."""
    expected = network_is_broken and re.search('WebSocket|status of 4(00|22)|ERR_FAILED', message.text)
    expected = expected or (refusals and re.search('WebSocket|status of 4(00|04|09|12|22)|ERR_FAILED', message.text))
    if message.type == 'error' and not expected:
        complaints.append(message.text)
