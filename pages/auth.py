"""The account page on the auth port; everything it does goes through that service's own REST API."""

from __future__ import annotations

from nicegui import APIRouter, ui

from pages.design import html, pill, text
from pages.frame import frame, module
from pages.system import System


def register(router: APIRouter, system: System) -> None:
    """Who I am, my password, the way out."""

    @router.page('/')
    async def account() -> None:
        with frame(system, 'Account', service='auth') as visitor:
            module('account')
            html('<h1>Account</h1>', classes='headline')
            with ui.element('div').classes('columns'):
                html(
                    '<header><h2>Change password</h2></header>' + _PASSWORD_FORM,
                    classes='panel',
                )
                roles = ''.join(pill(role, 'brand-soft') for role in sorted(visitor.roles))
                html(
                    f'<header><h2>{text(visitor.name)}</h2><span class="gap"></span>{roles}</header>'
                    '<form method="post" action="/logout" class="line">'
                    '<span class="muted">Logged in on this device</span>'
                    '<span class="gap"></span><button class="button">Log out</button></form>',
                    classes='panel',
                )


_PASSWORD_FORM = """
<form data-password class="toolbar" style="border:0; flex-direction:column; align-items:stretch; max-width:420px">
  <label for="current">Current password</label>
  <input class="field-input" id="current" type="password" name="current_password"
    autocomplete="current-password" required>
  <label for="new">New password</label>
  <input class="field-input" id="new" type="password" name="new_password"
    autocomplete="new-password" required minlength="10">
  <p class="muted" role="status" data-said></p>
  <button class="button primary">Change password</button>
</form>
"""
