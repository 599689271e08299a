"""The commands `backup` and `restore`. A running system is asked over REST, because its files belong to it alone."""

from __future__ import annotations

import os
import shutil
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from app.events.backup import Check
from app.events.restore import READY, finish_restore, prepare_restore
from app.lock import FolderInUse, held
from app.services import url

POLL_SECONDS = 0.3


class Refused(Exception):
    """The running system said no, or did not answer."""


def back_up(options: Namespace, stopped: Callable[[Path], dict[str, Any]]) -> str:
    """Write everything into `options.file`; `stopped(target)` does so while nobody else holds the data."""
    target: Path = options.file.absolute()
    try:
        with held(options.data):
            manifest = stopped(target)
    except FolderInUse as in_use:
        manifest = _back_up_running(options.base_port, target, in_use)
    events = manifest['parts']['events.duckdb']['events']
    return f'{target} holds {events} events; it was proven by restoring it.'


def restore(options: Namespace, checks: Mapping[str, Check]) -> str:
    """Put `options.file` in the place of what is there, once it is proven to be whole."""
    with held(options.data):
        manifest = prepare_restore(options.file, options.data, checks)
        events, made = manifest['parts']['events.duckdb']['events'], manifest['created_at']
        question = f'{options.file} is whole: {events} events, made {made}. Put it into {options.data}? [y/N] '
        if not options.yes and input(question).lower() != 'y':
            shutil.rmtree(options.data / READY)
            return 'Nothing was changed.'
        before = finish_restore(options.data, options.config)
    return f'Restored {events} events, made {made}. What was there before is in {before}.'


def _back_up_running(base_port: int, target: Path, in_use: FolderInUse) -> dict[str, Any]:
    """Let the system that runs make a backup, fetch it into `target`, and return its manifest."""
    token = os.environ.get('DBBASIC_TOKEN', '')
    if not token:
        raise Refused(f'{in_use} Or name an admin in DBBASIC_TOKEN, and the backup is made while it runs.')
    address = url('events', '/backups', base_port=base_port)
    headers = {'Authorization': f'Bearer {token}'}
    try:
        with httpx.Client(headers=headers, timeout=60, trust_env=False) as client:
            name = _checked(client.post(address))['name']
            while (status := _checked(client.get(address))['current'])['status'] == 'running':
                time.sleep(POLL_SECONDS)
            if status['status'] != 'done':
                raise Refused(f'The backup {status["status"]}: {status.get("reason", "")}')
            _fetch(client, f'{address}/{name}', target)
    except httpx.HTTPError as error:
        raise Refused(f'The running system does not answer at {address}: {error}') from error
    manifest: dict[str, Any] = status['manifest']
    return manifest


def _checked(response: httpx.Response) -> Any:
    if response.status_code >= 400:
        raise Refused(f'The running system refused: {response.json().get("detail", response.text)}')
    return response.json()


def _fetch(client: httpx.Client, address: str, target: Path) -> None:
    partial = target.with_name(f'.{target.name}.partial')
    with client.stream('GET', address) as response, partial.open('wb') as file:
        if response.status_code >= 400:
            raise Refused(f'The running system refused: {response.status_code}')
        for chunk in response.iter_bytes():
            file.write(chunk)
    partial.replace(target)
