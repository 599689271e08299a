"""The words of the command `dbbasic`."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import Iterable
from pathlib import Path

from app.services import DEFAULT_BASE_PORT, Service, url

DESCRIPTION = (
    'Turns YAML into a running business application: tables, REST, live grids and forms, with nothing ever lost.'
)


def parse_arguments(arguments: list[str] | None, root: Path) -> argparse.Namespace:
    """What the user asked for: `command` is `run`, `create-admin`, `backup` or `restore`."""
    parser = argparse.ArgumentParser('dbbasic', description=DESCRIPTION)
    parser.set_defaults(command='run')
    _add_data(parser, root / 'data')
    parser.add_argument(
        '--config', type=Path, default=root / 'config', help='the folder of YAML files (default: config)'
    )
    parser.add_argument(
        '--base-port',
        type=_base_port,
        default=DEFAULT_BASE_PORT,
        help=f'port of the portal; the other services follow it (default: {DEFAULT_BASE_PORT})',
    )
    parser.add_argument(
        '--auth-apart',
        action='store_true',
        help='leave the port of the auth service to another process, as started by python -m app.auth',
    )
    parser.add_argument('--host', default='localhost', help='address to listen on; 0.0.0.0 opens it to the network')
    commands = parser.add_subparsers(title='commands', metavar='')
    _add_commands(commands)
    return parser.parse_args(arguments)


def ask_password() -> str:
    """The password of the first admin, from the environment or the keyboard."""
    return os.environ.get('DBBASIC_PASSWORD') or getpass.getpass('Password: ')


def announcement(services: Iterable[Service], base_port: int, first_admin_link: str | None) -> str:
    """Where everything is, in words for the one who started it."""
    rows = '\n'.join(f'  {row.title:<10} {url(row.name, base_port=base_port)}' for row in services)
    link = f'Create the first admin here, within 30 minutes:\n\n  {first_admin_link}\n\n' if first_admin_link else ''
    return f'\nDBBasic is running\n\n{rows}\n\n{link}Ctrl+C stops it.'


def _add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    admin = commands.add_parser(
        'create-admin',
        help='create the first admin while DBBasic is stopped',
        description='Creates the first admin. The password comes from DBBASIC_PASSWORD, or is asked for.',
    )
    admin.add_argument('username')
    admin.add_argument('email')
    admin.set_defaults(command='create-admin')
    backup = commands.add_parser(
        'backup',
        help='write everything into one verified file',
        description='Makes a backup of events, accounts, config and files. While DBBasic runs, it is asked to do so '
        'with the access token of an admin in DBBASIC_TOKEN.',
    )
    backup.add_argument('file', type=Path, nargs='?', default=Path('dbbasic-backup.zip'))
    backup.set_defaults(command='backup')
    restore = commands.add_parser(
        'restore',
        help='put a backup in the place of what is there, while DBBasic is stopped',
        description='Checks the backup first. What was there before is kept in data/before-restore-….',
    )
    restore.add_argument('file', type=Path)
    restore.add_argument('--yes', action='store_true', help='do not ask')
    restore.set_defaults(command='restore')
    for command in (admin, backup, restore):  # again: a shared option would forget what stood before the command
        _add_data(command, argparse.SUPPRESS)


def _add_data(parser: argparse.ArgumentParser, default: Path | str) -> None:
    parser.add_argument('--data', type=Path, default=default, help='where everything is kept (default: data)')


def _base_port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 65_000:
        raise argparse.ArgumentTypeError('must be a number from 1 to 65000')
    return int(text)
