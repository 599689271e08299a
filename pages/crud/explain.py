"""May Ann update this, and why? The answer for any record, user and action."""

from __future__ import annotations

from nicegui import APIRouter

from app.permissions import ACTIONS, Principal, decide
from pages.design import html, text
from pages.frame import crumb, frame, module
from pages.system import System

ANSWER = """<div class="said" data-answer role="status">Choose a record and a user to see which rule decides.</div>"""


def register(router: APIRouter, system: System) -> None:
    """The page; what it asks for stands in its address."""

    @router.page('/explain')
    async def explain() -> None:
        crumbs = crumb(system, ('Data', '/'), ('Who may do what', ''))
        with frame(system, 'Who may do what', service='crud', here='/explain', crumbs=crumbs) as visitor:
            module('explain')
            html('<h1>Who may do what</h1><span class="muted">And why</span>', classes='headline')
            html(_form(system, visitor) + ANSWER, classes='panel')


def _form(system: System, visitor: Principal) -> str:
    entities = ''.join(
        f'<option value="{text(name)}">{text(entity.title)}</option>'
        for name, entity in system.entities().items()
        if decide(entity.permissions, 'read', visitor).allowed
    )
    actions = ''.join(f'<option{" selected" if action == "update" else ""}>{action}</option>' for action in ACTIONS)
    user = (
        '<label>May <input class="field-input" name="user" placeholder="user" autocomplete="off" '
        f'value="{text(visitor.name)}"{"" if visitor.admin else " readonly"}></label>'
    )
    return f"""<form class="toolbar" data-explain>{user}
    <select class="field-input" name="action" aria-label="Action">{actions}</select>
    <label>the record <input class="field-input" name="record" placeholder="id" required autocomplete="off"></label>
    <label>of <select class="field-input" name="entity">{entities}</select></label>
    <button class="button primary">Explain</button></form>"""
