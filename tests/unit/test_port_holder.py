from __future__ import annotations

import os
import socket
import sys

import pytest

from app.port_holder import holder_of

pytestmark = pytest.mark.skipif(sys.platform != 'linux', reason='only Linux tells')


def test_the_process_that_listens_is_named() -> None:
    with socket.create_server(('127.0.0.1', 0)) as server:
        assert f'(process {os.getpid()})' in holder_of(server.getsockname()[1])


def test_a_port_that_nobody_listens_on_belongs_to_no_process_we_know() -> None:
    with socket.socket() as bound:
        bound.bind(('127.0.0.1', 0))
        assert holder_of(bound.getsockname()[1]) == 'another program'
