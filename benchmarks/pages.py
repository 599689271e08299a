"""The pages: the grid over very many records in a browser, its share of the server, and what a page costs to render."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.data import fill
from benchmarks.measuring import processor_seconds, say, settle, spread
from tests.__main__ import find_chromium
from tests.process import ADMIN, PASSWORD, System

OPENED = 5
JUMPS = 20
RENDERS = 100
GRID = '/customers'
PAGES = {'home': '/', 'grid': GRID, 'a record': '/customers/dan', 'the form of a new record': '/customers/new'}
LISTS = {
    'a page in the middle': 'limit=100&offset={middle}',
    'filtered, in the middle': "limit=100&filter=status = 'active'&offset={sixth}",
    'sorted by name, in the middle': 'limit=100&sort=name&offset={middle}',
    'sorted by limit and name, in the middle': 'limit=100&sort=-credit_limit,name&offset={middle}',
    'filtered and sorted, in the middle': "limit=100&filter=status = 'active'&sort=name&offset={sixth}",
    'count, sum and average': 'count=*&sum=credit_limit&avg=credit_limit&filter=credit_limit > {middle} / 1000000',
}
"""Asked for another place each time, since an answer is kept until something changes."""
FILLED = """number => {
  const cell = document.querySelector(`.ag-row[row-index="${number}"] [col-id="name"]`);
  return cell && cell.textContent.startsWith("Customer");
}"""
JUMP = """number => {
  const box = document.querySelector(".ag-body-viewport");
  const rows = Number(document.querySelector("[role=grid]").getAttribute("aria-rowcount"));
  box.scrollTop = box.scrollHeight * number / rows;
}"""


def run(folder: Path, records: int) -> None:
    """Fill a system through its API, open its pages, jump about, print."""
    with System(folder / 'data') as system:
        renders(system)
        fill(system, records)
        settle(system.process.pid)
        lists(system, records)
        with browser_of(system) as opened:
            grids(system, opened, records)


def renders(system: System) -> None:
    """The processor time of the server for each page."""
    client = httpx.Client(headers=system.headers | {'Accept': 'text/html'}, timeout=60, trust_env=False)
    for name, path in PAGES.items():
        address = system.url('crud', path)
        for _ in range(5):
            client.get(address).raise_for_status()
        before = processor_seconds(system.process.pid)
        for _ in range(RENDERS):
            client.get(address).raise_for_status()
        each = (processor_seconds(system.process.pid) - before) / RENDERS
        say(f'rendering {name}: {each * 1000:.1f} ms of a processor', '≤ 40 ms')


def lists(system: System, records: int) -> None:
    """What the grid asks for, far from the beginning."""
    client = httpx.Client(base_url=system.url('crud'), headers=system.headers, timeout=60, trust_env=False)
    for name, query in LISTS.items():
        places = [{'middle': records // 2 + 7 * n, 'sixth': records // 6 + 7 * n} for n in range(OPENED)]
        times = [milliseconds_of(_ask, client, f'/api/customers?{query.format(**place)}') for place in places]
        say(f'{name}, of {records:,}: {spread(times)} ms')


def grids(system: System, browser: Browser, records: int) -> None:
    """From the address to the first rows, and from row to row."""
    opened = []
    for _ in range(OPENED):
        page = browser.contexts[0].new_page()
        opened.append(milliseconds_of(_open, page, system.url('crud', GRID)))
        if len(opened) < OPENED:
            page.close()
    say(f'first rows of {records:,} in a browser: {spread(opened)} ms', '≤ 1000 ms')
    places = random.Random(1).sample(range(records), JUMPS)
    jumps = [milliseconds_of(_jump, page, place) for place in places]
    say(f'jump to any row: {spread(jumps)} ms', '≤ 500 ms')


def milliseconds_of(work: Callable[..., object], *arguments: object) -> float:
    """How long it takes."""
    began = time.monotonic()
    work(*arguments)
    return (time.monotonic() - began) * 1000


@contextmanager
def browser_of(system: System) -> Iterator[Browser]:
    """A browser in which the admin has logged in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=['--no-sandbox'])
        page = browser.new_context().new_page()
        page.goto(system.url('crud', GRID))
        page.get_by_label('Username').fill(ADMIN)
        page.get_by_label('Password').fill(PASSWORD)
        page.get_by_role('button', name='Log in').click()
        page.wait_for_function(FILLED, arg=0)
        page.close()
        yield browser
        browser.close()


def _ask(client: httpx.Client, address: str) -> None:
    client.get(address).raise_for_status()


def _open(page: Page, address: str) -> None:
    page.goto(address, wait_until='commit')
    page.wait_for_function(FILLED, arg=0)


def _jump(page: Page, place: int) -> None:
    page.evaluate(JUMP, place)
    page.wait_for_function(FILLED, arg=place)
