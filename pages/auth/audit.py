"""Audit: what happened to accounts."""

from __future__ import annotations

from nicegui import APIRouter

from pages.auth.tab import tab
from pages.design import button, html
from pages.frame import module
from pages.system import System

LIST = """<form class="toolbar" data-filters role="search" aria-label="Filter"><select class="field-input" name="type"
aria-label="What"><option value="">Everything</option><option>login</option><option>login_failed</option>
<option>logged_out</option><option>created</option><option>registered</option><option>deleted</option>
<option>disabled</option><option>enabled</option><option>roles_changed</option><option>password_changed</option>
<option>password_reset</option><option>reset_link_made</option><option>refresh_reused</option><option>key_made</option>
<option>key_revoked</option><option>session_ended</option><option>signing_key_rotated</option></select></form>
<div class="scroll"><table class="table" data-audit><thead><tr><th>When</th><th>What</th><th>About</th><th>By</th>
<th>From</th><th>Detail</th></tr></thead><tbody></tbody></table></div>"""


def register(router: APIRouter, system: System) -> None:
    """The page."""

    @router.page('/audit')
    async def audit() -> None:
        with tab(system, '/audit', 'Audit', 'Everything that happened to accounts, newest first') as visitor:
            if visitor:
                module('audit')
                html(LIST, classes='panel')
                html(button('Older', attributes='data-more hidden'))
