"""What stands on a page that there is not, or that one may not see."""

from __future__ import annotations

from nicegui import ui

from app.errors import Denied, Problem
from pages.design import empty, html


def refused(problem: Problem) -> None:
    """Say why, with the status that says it to programs; while the page is built."""
    ui.context.client.status_code = problem.status
    symbol = 'lock' if isinstance(problem, Denied) else 'search_off'
    html(empty(symbol, problem.title, problem.detail), classes='panel')
