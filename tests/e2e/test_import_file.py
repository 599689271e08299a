"""What a file to import is, as seen by the browser from its beginning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.process import System

Window = Callable[..., Page]
LOOK = """([name, bytes]) => import('/assets/js/import_file.js').then(({ lookInto }) =>
    lookInto(new File([new Uint8Array(bytes)], name), (column) => ['name', 'email'].includes(column)))"""
FILES: dict[str, tuple[str, str, str, dict[str, list[str]]]] = {
    'plain': ('a.csv', 'name,email\nAda,a@x\n', 'utf-8', {'name': ['Ada'], 'email': ['a@x']}),
    'quoted': ('a.csv', 'name,email\r\n"Ada, ""A""\nL",a@x\r\n', 'utf-8', {'name': ['Ada, "A"\nL'], 'email': ['a@x']}),
    'semicolons': ('a.csv', 'name;email\nA,B;a@x', 'utf-8', {'name': ['A,B'], 'email': ['a@x']}),
    'tabs': ('a.tsv', 'name\temail\nA\ta@x', 'utf-8', {'name': ['A'], 'email': ['a@x']}),
    'told by Excel': ('a.csv', 'sep=|\r\nname|email\r\nA|a@x', 'utf-8', {'name': ['A'], 'email': ['a@x']}),
    'single quotes': ('a.csv', "'name','email'\n'A,B','a@x'", 'utf-8', {'name': ['A,B'], 'email': ['a@x']}),
    'known columns decide': ('a.csv', 'x,y,z;name\n1;2', 'utf-8', {'x,y,z': ['1'], 'name': ['2']}),
    'marked': ('a.csv', '\ufeffname,email\nÄ,a@x', 'utf-8', {'name': ['Ä'], 'email': ['a@x']}),
    'sixteen bits': ('a.csv', '\ufeffname,email\nÄ,a@x', 'utf-16-le', {'name': ['Ä'], 'email': ['a@x']}),
    'old Windows': ('a.csv', 'name,email\nÄ,a@x', 'cp1252', {'name': ['Ä'], 'email': ['a@x']}),
    'fewer cells': ('a.csv', 'name,email\nA\n', 'utf-8', {'name': ['A'], 'email': ['']}),
    'a list': ('a.json', '[{"name": "A}\\"{", "n": {"a": [1]}}, {"email": 2}]', 'utf-8', {
        'name': ['A}"{', ''], 'n': ['{"a":[1]}', ''], 'email': ['', '2']
    }),
    'records': ('a.json', '{"records": [{"name": "A"}]}', 'utf-8', {'name': ['A']}),
    'lines': ('a.ndjson', '{"name": "A"}\n{"name": null}\n', 'utf-8', {'name': ['A', 'null']}),
    'no ending': ('export', '{"name": "A"}\n', 'utf-8', {'name': ['A']}),
    'nothing': ('a.csv', '', 'utf-8', {}),
    'broken': ('a.json', '[{"name": ', 'utf-8', {}),
}  # fmt: skip


@pytest.fixture
def look(system: System, window: Window) -> Callable[[str, bytes], dict[str, Any]]:
    page = window(system.url('crud'))
    return lambda name, content: dict(page.evaluate(LOOK, [name, list(content)]))


def test_kind_encoding_delimiter_and_columns_are_seen(look: Callable[[str, bytes], dict[str, Any]]) -> None:
    for case, (name, content, encoding, columns) in FILES.items():
        found = look(name, content.encode(encoding))
        assert {one['name']: one['samples'] for one in found['columns']} == columns, case
        seen = {'cp1252': 'windows-1252', 'utf-16-le': 'utf-16'}.get(encoding, encoding)
        assert found['encoding'] == seen, case
    kinds = {case: look(name, content.encode(encoding))['kind'] for case, (name, content, encoding, _) in FILES.items()}
    assert {case: kind for case, kind in kinds.items() if kind != 'csv'} == {
        'a list': 'json', 'records': 'json', 'broken': 'json', 'lines': 'jsonl', 'no ending': 'jsonl'
    }  # fmt: skip


@pytest.mark.long
def test_a_file_may_be_dropped_and_beside_its_place_nothing_happens(system: System, window: Window) -> None:
    page = window(system.url('crud'))
    page.get_by_role('button', name='Import: Customers').click()
    dialog = page.get_by_role('dialog', name='Import into Customers')
    dropped = page.evaluate_handle("""() => {
        const files = new DataTransfer();
        files.items.add(new File(['name,email\\nDropped,d@example.org\\n'], 'dropped.csv'));
        return files;
    }""")
    heading = dialog.get_by_role('heading')
    assert not heading.evaluate(
        '(one, files) => one.dispatchEvent('
        "new DragEvent('drop', {dataTransfer: files, bubbles: true, cancelable: true}))",
        dropped,
    ), 'the browser must not open it instead of the page'
    expect(dialog.get_by_label('File')).to_be_visible()
    dialog.locator('.drop').dispatch_event('drop', {'dataTransfer': dropped})
    expect(dialog.get_by_label('Field for name')).to_have_value('name')
    expect(dialog.get_by_text('dropped.csv')).to_be_visible()
