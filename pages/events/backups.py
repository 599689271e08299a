"""Backups: made while everything runs, proven by restoring, and put back."""

from __future__ import annotations

from nicegui import APIRouter

from pages.design import button, empty, html
from pages.events.tab import tab
from pages.frame import module
from pages.system import System

TABLE = """<div class="scroll"><table class="table" data-backups><thead><tr><th>Backup</th><th>Made</th><th>Events</th>
<th>Users</th><th>Size</th><th></th></tr></thead><tbody></tbody></table></div>"""
CURRENT = """<div class="said" data-current role="status" hidden><span data-step></span>
<progress data-progress aria-label="Progress"></progress>
<button type="button" class="button quiet" data-cancel>Cancel</button></div>"""


def register(router: APIRouter, system: System) -> None:
    """The page."""

    @router.page('/backups')
    async def backups() -> None:
        make = button('Make a backup', kind='primary', attributes='data-make')
        says = 'Events, accounts, config and files as one set'
        with tab(system, '/backups', 'Backups', says, needs='admin', actions=make) as visitor:
            if visitor:
                module('backups')
                nothing = empty('inventory_2', 'No backups yet', 'Make one now; it takes seconds and stops nobody.')
                html(f'{CURRENT}{TABLE}<div data-empty hidden>{nothing}</div>', classes='panel')
                html(
                    'A backup is proven by restoring it before it counts. It leaves out the keys that sign access '
                    'tokens (new ones are made), projections and snapshots (they are made again from the log). '
                    'From a shell: <code>dbbasic backup FILE</code> and <code>dbbasic restore FILE</code>.',
                    classes='muted',
                )
