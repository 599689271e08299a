"""The words of the command `dbbasic`."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.services import DEFAULT_BASE_PORT

DESCRIPTION = (
    'Turns YAML into a running business application: tables, REST, live grids and forms, with nothing ever lost.'
)


def parse_arguments(arguments: list[str] | None, root: Path) -> argparse.Namespace:
    """What the user asked for: `command` is `run` or `create-admin`."""
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
    parser.add_argument('--host', default='localhost', help='address to listen on; 0.0.0.0 opens it to the network')
    commands = parser.add_subparsers(title='commands', metavar='')
    admin = commands.add_parser(
        'create-admin',
        help='create the first admin while DBBasic is stopped',
        description='Creates the first admin. The password comes from DBBASIC_PASSWORD, or is asked for.',
    )
    admin.add_argument('username')
    admin.add_argument('email')
    admin.set_defaults(command='create-admin')
    _add_data(admin, argparse.SUPPRESS)  # two options, because a shared one would forget what stood before the command
    return parser.parse_args(arguments)


def _add_data(parser: argparse.ArgumentParser, default: Path | str) -> None:
    parser.add_argument('--data', type=Path, default=default, help='where everything is kept (default: data)')


def _base_port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 65_000:
        raise argparse.ArgumentTypeError('must be a number from 1 to 65000')
    return int(text)
