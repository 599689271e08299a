"""Who may look at the log as a whole."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from app.errors import Denied
from app.http import logged_in
from app.permissions import Principal


def may_read_log(connection: HTTPConnection) -> Principal:
    """The raw log bypasses the rules of every entity, so it takes the role `admin` or `auditor`."""
    principal = logged_in(connection)
    if not principal.reads_log:
        raise Denied('Reading the log needs the role admin or auditor.')
    return principal


def may_operate(connection: HTTPConnection, what: str) -> Principal:
    """What changes how the system runs takes the role `admin`."""
    principal = logged_in(connection)
    if not principal.admin:
        raise Denied(f'{what} needs the role admin.')
    return principal
