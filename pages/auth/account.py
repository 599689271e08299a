"""My account: password, where I am logged in, API keys, time zone."""

from __future__ import annotations

from nicegui import APIRouter, ui

from pages.auth.tab import tab
from pages.design import button, html, pill, text
from pages.frame import module
from pages.system import System


def register(router: APIRouter, system: System) -> None:
    """Who I am, and the way out."""

    @router.page('/')
    async def account() -> None:
        leave = '<form method="post" action="/logout"><button class="button">Log out</button></form>'
        with tab(system, '/', 'Account', '', needs='all', actions=leave) as visitor:
            if visitor is None:
                return
            module('account')
            roles = ''.join(pill(role, 'brand-soft') for role in sorted(visitor.roles))
            with ui.element('div').classes('columns'):
                with ui.element('div').classes('tab-body'):
                    html(SESSIONS, classes='panel')
                    html(KEYS, classes='panel')
                with ui.element('div').classes('tab-body'):
                    html(f'<header><h2>{text(visitor.name)}</h2><span class="gap"></span>{roles}</header>{PROFILE}',
                         classes='panel')  # fmt: skip
                    html(f'<header><h2>Change password</h2></header>{PASSWORD}', classes='panel')


SESSIONS = f"""<header><h2>Where you are logged in</h2><span class="gap"></span>
{button('Log out everywhere', kind='quiet', attributes='data-everywhere')}</header>
<div class="scroll"><table class="table" data-sessions><thead><tr><th>Device</th><th>Address</th><th>Last seen</th>
<th></th></tr></thead><tbody></tbody></table></div>"""
KEYS = """<header><h2>API keys</h2></header>
<form class="toolbar" data-new-key><input class="field-input" name="name" placeholder="What for" aria-label="What for"
required maxlength="80" autocomplete="off"><input class="field-input" name="scopes" aria-label="Scopes" required
placeholder="customers:read orders:write" autocomplete="off" spellcheck="false">
<select class="field-input" name="days" aria-label="Runs out"><option value="30">30 days</option>
<option value="90">90 days</option><option value="365">1 year</option><option value="">never</option></select>
<button class="button primary">Make a key</button></form>
<div class="notice" data-secret hidden role="status"></div>
<div class="scroll"><table class="table" data-keys><thead><tr><th>Key</th><th>Scopes</th><th>Runs out</th>
<th>Last used</th><th></th></tr></thead><tbody></tbody></table></div>
<p class="said muted">A key narrows what you may do: <code>customers:read</code>, <code>orders:write</code>,
<code>*:read</code>, <code>events:append</code> or <code>*</code>. Send it as
<code>Authorization: Bearer dbk_…</code>.</p>"""
PROFILE = """<form class="stack" data-profile>
<label for="time_zone">Time zone</label><input class="field-input" id="time_zone" name="time_zone" list="zones"
autocomplete="off"><datalist id="zones"></datalist>
<label for="language">Language</label><select class="field-input" id="language" name="language">
<option value="en">English</option><option value="de">Deutsch</option><option value="fr">Français</option>
<option value="es">Español</option></select>
<button class="button">Save</button></form>"""
PASSWORD = """<form class="stack" data-password>
<label for="current">Current password</label>
<input class="field-input" id="current" type="password" name="current_password" autocomplete="current-password"
required>
<label for="new">New password</label>
<input class="field-input" id="new" type="password" name="new_password" autocomplete="new-password" required
minlength="10">
<p class="muted" role="status" data-said></p>
<button class="button primary">Change password</button></form>"""
