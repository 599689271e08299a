"""The auth service as a process of its own, used over HTTP as a browser without JavaScript would."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.process import PATIENCE, free_base_port

ROOT = Path(__file__).parents[2]
PERSON = {'username': 'ada', 'email': 'ada@example.org', 'password': 'seven green bottles'}


def test_first_admin_login_restart_and_stop(tmp_path: Path) -> None:
    port = free_base_port()
    with _running(port, tmp_path) as (browser, printed):
        page = browser.get(_link(printed))
        assert browser.post(_action(page), data=_hidden(page) | PERSON).status_code == 303
        session = browser.cookies['dbbasic_session']
        assert browser.get('/api/verify').json()['user']['roles'] == ['admin']
        browser.cookies.clear()
        page = browser.get('/login')
        wrong = browser.post(_action(page), data=_hidden(page) | {'username': 'ada', 'password': 'wrong'})
        assert wrong.status_code == 401
        client = {'username': 'ada', 'password': PERSON['password']}
        token = browser.post('/api/login', json=client).json()['token']
    with _running(port, tmp_path) as (browser, printed):
        assert '/setup' not in printed, 'there is an admin already'
        by_token = browser.get('/api/verify', headers={'Authorization': f'Bearer {token}'})
        by_session = browser.get('/api/verify', headers={'Cookie': f'dbbasic_session={session}'})
        assert by_token.json()['user'] == by_session.json()['user']
        assert by_token.json()['valid'] is True
        assert browser.get('/setup', params={'token': 'x'}).status_code == 403


def test_a_second_process_on_the_same_folder_says_why_it_cannot_start(tmp_path: Path) -> None:
    port = free_base_port()
    with _running(port, tmp_path):
        command = _command(free_base_port(), tmp_path)
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert second.returncode == 1
    assert 'is another process using it?' in second.stderr
    assert 'Traceback' not in second.stderr


@contextmanager
def _running(port: int, data: Path) -> Iterator[tuple[httpx.Client, str]]:
    """A client for a running service, and what the service has printed; afterwards it must stop cleanly."""
    printed = data / 'printed'
    with printed.open('w') as output:
        process = subprocess.Popen(_command(port, data), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        with httpx.Client(base_url=f'http://localhost:{port}', trust_env=False) as browser:
            _wait_until_healthy(browser, process, printed)
            before = printed.read_text()
            yield browser, before
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - began < 2
            assert printed.read_text() == before, 'nothing is printed on the way out'
    finally:
        process.kill()
        process.wait()


def _command(port: int, data: Path) -> list[str]:
    return [sys.executable, '-m', 'app.auth', '--port', str(port), '--data', str(data)]


def _wait_until_healthy(browser: httpx.Client, process: subprocess.Popen[bytes], printed: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if browser.get('/health').json() == {'status': 'ok', 'service': 'auth'}:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f'The service did not start: {printed.read_text()}')


def _link(printed: str) -> str:
    found = re.search(r'^http://localhost:\d+/setup\?token=\S+$', printed, re.M)
    assert found, printed
    return found[0]


def _action(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    found = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert found
    return found[1]


def _hidden(page: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
