"""A power cut between the parts of a long import leaves nothing of it behind."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.history import check_history, history
from tests.process import ADMIN, EMAIL, PASSWORD, PATIENCE, ROOT, System, run

ROWS = 4000
CHILD = """
import asyncio, pathlib, sys
from app.config import load
from app.crud import Catalog, DataApi
from app.crud.author import Author
from app.crud.importing import work
from app.crud.importing.asked import Asked
from app.crud.importing.upload import Upload
from app.events import open_log
from app.permissions import SYSTEM

work.CHUNK, work.WHOLE, work.PART = 100, 500, 300

async def main(data, config, rows):
    catalog = Catalog()
    log = await open_log(data, apply=[catalog.apply])
    await catalog.activate(load(config), log)
    imports = DataApi(catalog, log).imports
    await imports.recover()
    lines = ''.join(f'Customer {n},c{n}@example.org\\n' for n in range(rows))
    upload = Upload.of(('name,email\\n' + lines).encode())
    job = imports.start('customers', upload, Author(principal=SYSTEM, source='import'), Asked())
    while not job.ended:
        print(job.work.rows_written, flush=True)
        await asyncio.sleep(0.001)
    print(job.state, flush=True)

asyncio.run(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])))
"""


@pytest.mark.parametrize('rounds', [1, pytest.param(20, marks=pytest.mark.long)])
def test_nothing_of_an_import_is_visible_after_kill_9(
    start_system: Callable[..., System], tmp_path: Path, config: Path, rounds: int
) -> None:
    (config / 'demo.yaml').unlink(missing_ok=True)
    data = tmp_path / 'cut'
    assert run('create-admin', ADMIN, EMAIL, '--data', str(data), DBBASIC_PASSWORD=PASSWORD).returncode == 0
    for _ in range(rounds):
        written = import_and_kill(data, config, random.choice([500, 800, 1700, 3500]))
        assert 500 <= written < ROWS, 'it was killed between parts'
    system = start_system(data=data, config=config)
    assert system.client.get(system.url('crud', '/api/customers')).json()['total'] == 0
    events = history(system)
    check_history(events)
    of_imports = [event['type'] for event in events if event['stream'].startswith('imports/')]
    assert of_imports == ['began', 'undone'] * rounds
    again = system.client.post(
        system.url('crud', '/api/customers/import'),
        content='name,email\nA,c1@example.org\n',
        headers={'Content-Type': 'text/csv'},
    )
    assert again.json()['imported'] == 1, 'what was unique is free again'


def import_and_kill(data: Path, config: Path, enough: int) -> int:
    """Import until so many rows are written, and kill the process; returns how many it said were written."""
    command = [sys.executable, '-c', CHILD, str(data), str(config), str(ROWS)]
    written = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8') as child:
        assert child.stdout
        while written < enough:
            line = child.stdout.readline()
            assert line.strip().isdigit(), line or child.communicate(timeout=PATIENCE)
            written = int(line)
        child.kill()
        child.communicate(timeout=PATIENCE)
    return written
