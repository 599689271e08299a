"""Users: find, make, give roles, disable, hand out a link for a new password, delete."""

from __future__ import annotations

from nicegui import APIRouter

from pages.auth.tab import tab
from pages.design import button, html
from pages.frame import module
from pages.system import System

LIST = """<form class="toolbar" data-filters role="search" aria-label="Find users"><input class="field-input"
type="search" name="search" placeholder="Name, address or role" aria-label="Name, address or role" autocomplete="off">
<span class="gap"></span><span class="muted" data-total role="status"></span></form>
<div class="scroll"><table class="table" data-users><thead><tr><th>Name</th><th>E-mail</th><th>Roles</th><th>Since</th>
<th></th></tr></thead><tbody></tbody></table></div>"""


def register(router: APIRouter, system: System) -> None:
    """The page."""

    @router.page('/users')
    async def users() -> None:
        new = button('New user', kind='primary', symbol='person_add', attributes='data-new')
        with tab(system, '/users', 'Users', 'Who may log in, and with which roles', actions=new) as visitor:
            if visitor:
                module('users', {'own': visitor.id})
                html(LIST, classes='panel')
                html(button('More', attributes='data-more hidden'))
