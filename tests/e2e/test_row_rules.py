"""A list whose rule looks at the record, open while others change what the rule looks at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.process import System

PASSWORD = 'seven green bottles'
DEALS = """
resource: deals
fields: {id: primary_key, title: string, region: string, buyer: {type: foreign_key, references: customers}}
permissions:
  {create: admin, read: {expression: "region = 'north' AND buyer.status = 'active'"}, update: admin, delete: admin}
"""


def test_a_row_goes_and_comes_with_what_one_may_read(
    start_system: Callable[..., System], config: Path, browser: Browser
) -> None:
    (config / 'entities/deals.yaml').write_text(DEALS)
    system = start_system(config=config)
    deal = {'id': 'a', 'title': 'First', 'region': 'north', 'buyer': 'ada'}
    system.client.post(system.url('crud', '/api/deals'), json=deal).raise_for_status()
    tim = {'username': 'tim', 'email': 'tim@example.org', 'password': PASSWORD}
    system.client.post(system.url('auth', '/api/users'), json=tim).raise_for_status()
    page = browser.new_page()
    page.goto(system.url('crud', '/deals'))
    page.get_by_label('Username').fill('tim')
    page.get_by_label('Password').fill(PASSWORD)
    page.get_by_role('button', name='Log in').click()
    expect(page.get_by_role('gridcell', name='First', exact=True)).to_be_visible()
    expect(page.get_by_text('Live', exact=True)).to_be_visible()
    away = {'title': 'Second', 'region': 'south'}
    system.client.patch(system.url('crud', '/api/deals/a'), json=away).raise_for_status()
    expect(page.get_by_role('gridcell', name='First', exact=True)).to_have_count(0)
    system.client.patch(system.url('crud', '/api/deals/a'), json={'region': 'north'}).raise_for_status()
    expect(page.get_by_role('gridcell', name='Second', exact=True)).to_be_visible()
    for status, shown in (('inactive', 0), ('active', 1)):
        system.client.patch(system.url('crud', '/api/customers/ada'), json={'status': status}).raise_for_status()
        expect(page.get_by_role('gridcell', name='Second', exact=True)).to_have_count(shown)
    page.goto(system.url('crud', '/deals/a'))
    expect(page.get_by_text('Second').first).to_be_visible()
    system.client.patch(system.url('crud', '/api/deals/a'), json={'region': 'south'}).raise_for_status()
    expect(page.get_by_text('Second')).to_have_count(0)
    system.client.patch(system.url('crud', '/api/deals/a'), json={'region': 'north'}).raise_for_status()
    page.goto(system.url('crud', '/deals/a'))
    expect(page.get_by_text('Second').first).to_be_visible()
    system.client.patch(system.url('crud', '/api/customers/ada'), json={'status': 'inactive'}).raise_for_status()
    expect(page.get_by_text('Second')).to_have_count(0)
    page.context.close()
