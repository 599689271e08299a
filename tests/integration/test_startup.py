"""Starting and stopping: what cannot work is refused in a sentence, and what runs keeps running."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.services import SERVICES
from tests.process import System, free_base_port, run, wait_until

CUSTOMERS = 'entities/customers.yaml'
Start = Callable[..., System]


def test_a_second_instance_on_the_same_data_is_refused_and_told_which_process_has_it(start_system: Start) -> None:
    system = start_system()
    second = run('--data', str(system.data), '--base-port', str(free_base_port()))
    assert second.returncode == 2
    assert f'The data folder {system.data} is in use by the DBBasic process {system.process.pid}.' in second.stderr
    assert 'Traceback' not in second.stderr
    admin = run(
        'create-admin', 'eve', 'eve@example.com', '--data', str(system.data), DBBASIC_PASSWORD='a long pass phrase'
    )
    assert admin.returncode == 2
    assert str(system.process.pid) in admin.stderr
    assert system.client.get(system.url('crud', '/api/customers')).status_code == 200, 'the first goes on undisturbed'


@pytest.mark.parametrize('row', SERVICES, ids=lambda row: row.name)
def test_a_taken_port_is_refused_and_named(tmp_path: Path, row: object) -> None:
    base_port = free_base_port()
    port = row.port(base_port)  # type: ignore[attr-defined]
    with socket.create_server(('127.0.0.1', port)):
        refused = run('--data', str(tmp_path / 'data'), '--base-port', str(base_port))
    assert refused.returncode == 2
    assert f'Port {port} ({row.title}) is taken by ' in refused.stderr  # type: ignore[attr-defined]
    assert f'(process {os.getpid()})' in refused.stderr or sys.platform != 'linux'
    assert '--base-port' in refused.stderr
    assert 'Traceback' not in refused.stderr
    assert not (tmp_path / 'data' / 'events.duckdb').exists(), 'nothing was begun'


def test_a_wrong_config_is_refused_with_file_line_and_probable_meaning(tmp_path: Path, config: Path) -> None:
    customers = config / CUSTOMERS
    line = alter(customers, 'type: decimal', 'type: decimla')
    orders = config / 'entities/orders.yaml'
    orders.write_text(orders.read_text() + 'surprise: 1\n')
    refused = run('--data', str(tmp_path / 'data'), '--config', str(config), '--base-port', str(free_base_port()))
    assert refused.returncode == 2
    assert f'{customers}:{line}: ' in refused.stderr
    assert "'decimla'" in refused.stderr
    assert "did you mean 'decimal'" in refused.stderr
    assert f'{orders}:{len(orders.read_text().splitlines())}: ' in refused.stderr, 'all mistakes are named at once'
    assert 'Traceback' not in refused.stderr


def test_damaged_data_is_refused_with_the_remedy(start_system: Start) -> None:
    system = start_system()
    for number in range(3):
        body = {'name': f'Ann {number}', 'email': f'ann{number}@example.com'}
        assert system.client.post(system.url('crud', '/api/customers'), json=body).status_code == 201
    system.kill()
    (system.data / 'events.duckdb.wal').unlink()
    refused = run('--data', str(system.data), '--base-port', str(system.base_port))
    assert refused.returncode == 2
    assert re.search(
        r'ends at event \d+, but \d+ were acknowledged: \d+ are missing. Restore the newest', refused.stderr
    )
    assert str(system.data / 'damaged') in refused.stderr
    assert 'Traceback' not in refused.stderr


@pytest.mark.parametrize('name', ['auth.duckdb', 'events.duckdb'])
def test_a_file_that_is_no_database_is_refused_and_the_process_ends(start_system: Start, name: str) -> None:
    system = start_system()
    system.stop()
    (system.data / name).write_bytes(b'this is no database' * 1000)
    refused = run('--data', str(system.data), '--base-port', str(system.base_port))
    assert refused.returncode == 2
    assert name in refused.stderr
    assert 'Restore the newest backup' in refused.stderr
    assert 'Traceback' not in refused.stderr


def test_a_config_that_does_not_fit_the_data_is_refused_with_the_reason(start_system: Start, config: Path) -> None:
    system = start_system(config=config)
    for number in range(2):
        body = {'name': 'Ann', 'email': f'ann{number}@example.com'}
        assert system.client.post(system.url('crud', '/api/customers'), json=body).status_code == 201
    system.stop()
    alter(config / CUSTOMERS, 'type: string\n', 'type: string\n    unique: true\n')
    refused = run('--data', str(system.data), '--config', str(config), '--base-port', str(system.base_port))
    assert refused.returncode == 2
    assert 'customers.name would not be unique' in refused.stderr
    assert 'Traceback' not in refused.stderr


def test_ctrl_c_stops_it_in_order(start_system: Start) -> None:
    system = start_system()
    assert system.client.get(system.url('crud', '/api/customers')).status_code == 200
    system.stop()
    assert 'Traceback' not in system.output
    assert not (system.data / 'events.duckdb.wal').exists(), 'everything was written back into the database'
    with pytest.raises(httpx.ConnectError):
        httpx.get(system.url('portal', '/health'), trust_env=False)


def test_ctrl_c_stops_it_in_order_although_web_sockets_are_open(start_system: Start) -> None:
    system = start_system()
    with contextlib.ExitStack() as stack:
        opened = []
        for address in (system.url('events', '/ws?after=0'), system.url('crud', '/ws/customers')):
            socket_address = address.replace('http:', 'ws:')
            opened.append(stack.enter_context(connect(socket_address, additional_headers=system.headers, proxy=None)))
            assert 'connected' in str(opened[-1].recv(timeout=30))
        assert system.client.get(system.url('portal', '/health')).status_code == 200
        system.stop()
        assert 'Traceback' not in system.output
        for web_socket in opened:
            with pytest.raises(ConnectionClosed):
                drain(web_socket)


def test_a_broken_file_leaves_the_last_good_config_in_force_until_it_is_mended(
    start_system: Start, config: Path
) -> None:
    system = start_system(config=config)
    customers = config / CUSTOMERS
    line = alter(customers, 'type: phone', 'type: phoen')
    wait_until(lambda: mistakes(system), 'the mistake to be noticed')
    (mistake,) = mistakes(system)
    assert mistake.startswith(f'{customers}:{line}: ')
    assert "did you mean 'phone'" in mistake
    body = {'name': 'Ann', 'email': 'ann@example.com', 'phone': '+49 30 901820'}
    created = system.client.post(system.url('crud', '/api/customers'), json=body)
    assert created.status_code == 201, created.text

    alter(customers, 'type: phoen', 'type: phone\n  nickname:\n    type: string')
    wait_until(lambda: not mistakes(system), 'the mended file to be taken over')
    changed = system.client.patch(
        system.url('crud', f'/api/customers/{created.json()["id"]}'), json={'nickname': 'Annie'}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()['nickname'] == 'Annie'
    assert changed.json()['phone'] == '+49 30 901820'


def test_the_config_taken_over_last_is_in_force_after_a_restart(start_system: Start, config: Path) -> None:
    system = start_system(config=config)
    alter(config / CUSTOMERS, 'type: phone', 'type: phone\n  nickname:\n    type: string')
    created = {'name': 'Ann', 'email': 'ann@example.com', 'nickname': 'Annie'}
    address = system.url('crud', '/api/customers')
    wait_until(lambda: system.client.post(address, json=created).status_code == 201, 'the new field')
    system.kill()
    system.restart()
    found = system.client.get(address, params={'email': 'ann@example.com'}).json()['records']
    assert [record['nickname'] for record in found] == ['Annie']


def drain(web_socket: ClientConnection) -> None:
    """Receive for as long as the other side sends."""
    while True:
        web_socket.recv(timeout=30)


def mistakes(system: System) -> list[str]:
    """What the admin is told about the config."""
    found: list[str] = system.client.get(system.url('portal', '/api/status')).json()['config_mistakes']
    return found


def alter(path: Path, old: str, new: str) -> int:
    """Replace the only `old` in a file; returns its line."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return text[: text.index(old)].count('\n') + 1
