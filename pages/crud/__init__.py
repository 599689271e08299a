"""The data port's pages: what entities there are, who may do what, and the grid of each entity."""

from __future__ import annotations

from nicegui import APIRouter

from pages.crud import explain, home, record, records
from pages.system import System


def register(router: APIRouter, system: System) -> None:
    """Fixed addresses first, since every other word may be the name of an entity."""
    for page in (home, explain, records, record):
        page.register(router, system)
