"""Which process listens on a port, where the system tells."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

PROC = Path('/proc')
LISTENING = '0A'


def holder_of(port: int) -> str:
    """Name and number of the process that listens on a TCP port, or `another program` where that cannot be known."""
    sockets = _listening_sockets(port)
    for process in PROC.glob('[0-9]*'):
        with suppress(OSError):
            if any(_socket_of(link) in sockets for link in (process / 'fd').iterdir()):
                return f'{(process / "comm").read_text().strip()} (process {process.name})'
    return 'another program'


def _listening_sockets(port: int) -> set[str]:
    """The inodes of the sockets that listen on `port`, from tables whose rows read `0: 0100007F:1F45 … 0A … inode`."""
    inodes = set()
    for table in ('tcp', 'tcp6'):
        with suppress(OSError):
            for row in (PROC / 'net' / table).read_text().splitlines()[1:]:
                columns = row.split()
                if columns[3] == LISTENING and int(columns[1].rpartition(':')[2], 16) == port:
                    inodes.add(columns[9])
    return inodes


def _socket_of(link: Path) -> str:
    with suppress(OSError):
        return str(link.readlink()).removeprefix('socket:[').removesuffix(']')
    return ''
