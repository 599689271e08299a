"""The auth port's pages; everything they do goes through that service's own REST API."""

from __future__ import annotations

from nicegui import APIRouter

from pages.auth import account, audit, users
from pages.system import System


def register(router: APIRouter, system: System) -> None:
    """My account, and for admins users and audit."""
    for page in (account, users, audit):
        page.register(router, system)
