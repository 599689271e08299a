"""Files in a form: chosen, refused where they are not what they seem, saved, shown in the grid, and removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.attaching import start
from tests.process import ADMIN, PASSWORD, System, wait_until
from tests.samples import GIF, PNG


@pytest.fixture
def things(tmp_path: Path) -> Iterator[System]:
    """A system whose things have files."""
    with start(tmp_path) as system:
        yield system


def shown(system: System) -> list[dict[str, object]]:
    """All things."""
    records: list[dict[str, object]] = system.client.get(system.url('crud', '/api/things')).json()['records']
    return records


@pytest.mark.long
def test_a_file_is_sent_by_the_form_shown_in_the_grid_and_removed_again(
    things: System, page: Page, tmp_path: Path
) -> None:
    contents = {'Zoë <b>.png': PNG, 'fake.png': b'no image', 'other.gif': GIF}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    page.goto(things.url('crud', '/things'))
    page.get_by_label('Username').fill(ADMIN)
    page.get_by_label('Password').fill(PASSWORD)
    page.get_by_role('button', name='Log in').click()
    expect(page.get_by_text('Nothing here yet')).to_be_visible()
    page.locator('[data-new]').click()
    form = page.locator('.q-dialog')
    photo = form.get_by_label('Photo')
    photo.set_input_files(tmp_path / 'fake.png')
    expect(form.get_by_text('photo is not the image/png that it is said to be')).to_be_visible()
    photo.set_input_files(tmp_path / 'Zoë <b>.png')
    expect(form.get_by_text('Zoë <b>.png')).to_be_visible()
    form.get_by_role('button', name='Save').click()
    link = page.get_by_role('link', name='Zoë <b>.png')
    with page.expect_download() as download:
        link.click()
    assert download.value.path().read_bytes() == PNG
    page.locator('.open-record').click()
    form = page.locator('.record-main')
    expect(form.get_by_role('link', name='Zoë <b>.png')).to_be_visible()
    form.get_by_role('button', name='Remove Zoë <b>.png', exact=True).click()
    form.get_by_label('Paper').set_input_files(tmp_path / 'other.gif')
    expect(form.get_by_text('other.gif')).to_be_visible()
    page.get_by_role('button', name='Save').click()
    wait_until(lambda: shown(things)[0]['photo'] is None and shown(things)[0]['paper'], 'the change')
    page.go_back()
    expect(page.get_by_role('link', name='other.gif')).to_be_visible()
    expect(link).to_have_count(0)
