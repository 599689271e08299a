"""Files over HTTP: named, streamed, and without trace on the server."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from tests.process import System, wait_until

COUNT = 20_000


@pytest.fixture(scope='module')
def filled(changing_system: System) -> System:
    """Many customers."""
    lines = '\n'.join(f'Exported {number},exported{number}@example.com,{"x" * 100}' for number in range(COUNT))
    address, kind = changing_system.url('crud', '/api/customers/import'), {'Content-Type': 'text/csv'}
    body = f'name,email,notes\n{lines}'
    changing_system.client.post(address, content=body, headers=kind).raise_for_status()
    return changing_system


@pytest.mark.parametrize(
    ('kind', 'media_type'),
    [
        ('csv', 'text/csv; charset=utf-8'),
        ('json', 'application/json'),
        ('jsonl', 'application/x-ndjson'),
        ('parquet', 'application/vnd.apache.parquet'),
        ('xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
    ],
)
def test_a_list_is_downloaded_as_a_file(filled: System, kind: str, media_type: str) -> None:
    answer = filled.client.get(filled.url('crud', f'/api/customers/export.{kind}?search=exported12&fields=name'))
    assert answer.status_code == 200, answer.text
    assert answer.headers['content-type'] == media_type
    disposition = answer.headers['content-disposition']
    assert disposition.startswith('attachment; filename="customers-20')
    assert disposition.endswith(f'.{kind}"')
    assert int(answer.headers['content-length']) == len(answer.content)
    if kind == 'csv':
        assert len(answer.text.splitlines()) == 1 + 1 + 10 + 100 + 1000


def test_what_is_wrong_is_said_before_the_first_byte(filled: System) -> None:
    for path, status in (
        ('export.doc', 404), ('export.csv?filter=nme', 400), ('export.csv?cursor=x', 400), ('export.csv?sort=nme', 400)
    ):  # fmt: skip
        answer = filled.client.get(filled.url('crud', f'/api/customers/{path}'))
        assert (answer.status_code, answer.headers['content-type']) == (status, 'application/problem+json')
    assert httpx.get(filled.url('crud', '/api/customers/export.csv'), trust_env=False).status_code == 401


def test_a_client_that_goes_away_leaves_nothing_behind(filled: System) -> None:
    before = _open_files(filled)
    with filled.client.stream('GET', filled.url('crud', '/api/customers/export.csv')) as answer:
        next(answer.iter_bytes(1000))
        assert filled.client.post(filled.url('crud', '/api/customers'), json={'name': 'N', 'email': 'n@x.org'})
    wait_until(lambda: _open_files(filled) <= before, 'the file to be closed')
    assert list((filled.data / 'staging').iterdir()) == []


def _open_files(system: System) -> int:
    links = Path(f'/proc/{system.process.pid}/fd').iterdir()
    return sum('export-' in _target(link) for link in links)


def _target(link: object) -> str:
    try:
        return os.readlink(str(link))
    except OSError:
        return ''
