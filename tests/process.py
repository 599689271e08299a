"""The real program in a process of its own, started the way users start it."""

from __future__ import annotations

import atexit
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Self

import httpx

from app.services import SERVICES, url

ROOT = Path(__file__).parent.parent
SHIPPED_CONFIG = ROOT / 'config'
ADMIN, EMAIL, PASSWORD = 'admin', 'admin@example.com', 'correct horse battery staple'
PATIENCE = 60.0
"""Seconds after which something that must happen counts as not happening; generous, because machines are busy."""
STOPPING = 15.0
"""Seconds within which it must have ended when asked to, on the busiest machine; otherwise it takes one or two."""
TOKEN_SECONDS = 300.0
"""Age at which a token is exchanged for a new one; it would be good for twice as long."""


class System:
    """DBBasic on ports of its own, with an admin who is logged in. As a context manager it is killed at the end."""

    def __init__(
        self,
        data: Path,
        config: Path = SHIPPED_CONFIG,
        *options: str,
        base_port: int | None = None,
        admin: bool = True,
    ) -> None:
        self.data = data
        self.config = config
        self._options = options
        self.base_port = base_port or free_base_port()
        self._fixed = base_port is not None
        self._admin = admin
        self._lines: list[str] = []
        self._token = ''
        self._logged_in_at = 0.0
        if admin and not data.exists():
            shutil.copytree(_data_with_admin(), data)
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def output(self) -> str:
        """Everything printed so far, by all processes that this system has had."""
        return ''.join(self._lines)

    @property
    def headers(self) -> dict[str, str]:
        """What a request needs to act as the admin; good for some minutes."""
        if self._admin and time.monotonic() > self._logged_in_at + TOKEN_SECONDS:
            self._log_in()
        return {'Authorization': f'Bearer {self._token}'} if self._token else {}

    @cached_property
    def client(self) -> httpx.Client:
        """A client that acts as the admin; use it with `url`."""

        def add_token(request: httpx.Request) -> httpx.Request:
            request.headers.update(self.headers)
            return request

        return httpx.Client(auth=add_token, timeout=PATIENCE, trust_env=False)

    def url(self, service: str, path: str = '/') -> str:
        """The address of `path` on the service called `service`."""
        return url(service, path, base_port=self.base_port)

    def restart(self) -> None:
        """Start again on the same data and the same ports, after `stop` or `kill`."""
        assert self.process.poll() is not None, 'it is still running'
        self._fixed = True
        self._start()

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self._close_client()
        self.process.kill()
        self._finish()

    def stop(self) -> float:
        """Ask the process to end, as Ctrl+C does; returns how many seconds it took."""
        self._close_client()
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(timeout=STOPPING)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f'still running {STOPPING:g} s after SIGINT:\n{self.output}') from None
        seconds = time.monotonic() - began
        self._finish()
        assert code == 0, f'exit code {code}:\n{self.output}'
        return seconds

    def _start(self) -> None:
        self._launch()
        try:
            wait_until(self._ready, f'DBBasic to be ready on port {self.base_port}')
            if self._admin:
                self._log_in()
        except BaseException:
            self.kill()
            raise

    def _launch(self) -> None:
        arguments = ['--base-port', str(self.base_port), '--config', str(self.config), '--data', str(self.data)]
        arguments += self._options
        self.process = subprocess.Popen(
            [sys.executable, 'main.py', *arguments],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding='utf-8',
        )
        self._from = len(self._lines)
        self._reader = threading.Thread(target=self._read, args=[self.process], daemon=True)
        self._reader.start()

    def _ready(self) -> bool:
        printed = ''.join(self._lines[self._from :])
        if self.process.poll() is not None:
            self._finish()
            printed = ''.join(self._lines[self._from :])
            if self._fixed or 'is taken by' not in printed:
                raise AssertionError(f'DBBasic ended with exit code {self.process.returncode}:\n{printed}')
            self.base_port = free_base_port()
            self._launch()
            return False
        return 'Ctrl+C stops it.' in printed and _answers(self.url('portal', '/health'))

    def _log_in(self) -> None:
        answer = httpx.post(
            self.url('auth', '/api/login'),
            json={'username': ADMIN, 'password': PASSWORD},
            timeout=PATIENCE,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        self._token, self._logged_in_at = answer.json()['token'], time.monotonic()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self._lines += process.stdout

    def _finish(self) -> None:
        self.process.wait()
        self._reader.join()
        if self.process.stdout:
            self.process.stdout.close()

    def _close_client(self) -> None:
        if 'client' in self.__dict__:
            self.client.close()
            del self.client


@cache
def _data_with_admin() -> Path:
    """A data folder with nothing but the admin, to be copied: hashing a password takes its time."""
    folder = Path(tempfile.mkdtemp(prefix='dbbasic-admin'))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    created = run('create-admin', ADMIN, EMAIL, '--data', str(folder / 'data'), DBBASIC_PASSWORD=PASSWORD)
    assert created.returncode == 0, created.stderr
    return folder / 'data'


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, with these environment variables besides the usual ones."""
    command = [sys.executable, 'main.py', *arguments]
    environment = _environment() | variables
    return subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding='utf-8',
        timeout=PATIENCE,
    )


def wait_until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Return as soon as `condition` holds; fail if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f'waited {seconds:g} s in vain for {what}'
        time.sleep(0.02)


def free_base_port() -> int:
    """A base port whose services' ports are all free now; below the range that systems give out by themselves."""
    offsets = range(max(row.offset for row in SERVICES) + 1)
    while True:
        base = random.randrange(20_000, 32_000, 20)
        if all(_is_free(base + offset) for offset in offsets):
            return base


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return False
    return True


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=PATIENCE, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _environment() -> dict[str, str]:
    # Compiled modules are kept, as they are for users: without them each start would take half a second longer.
    unwanted = ('DBBASIC_', 'NICEGUI_', 'PYTHONDONTWRITEBYTECODE')
    own = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return own | {'PYTHONIOENCODING': 'utf-8'}
