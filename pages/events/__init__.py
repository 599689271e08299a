"""The events port's pages: the log and everything that follows it, one tab each."""

from __future__ import annotations

from nicegui import APIRouter

from pages.events import backups, history, log, projections, proof, sql, streams
from pages.events.log import LOG_TABLE
from pages.system import System

__all__ = ['LOG_TABLE', 'register']


def register(router: APIRouter, system: System) -> None:
    """Every tab."""
    for tab in (log, streams, history, projections, proof, backups, sql):
        tab.register(router, system)
