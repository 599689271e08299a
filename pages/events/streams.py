"""Every stream there is, found as one types."""

from __future__ import annotations

from nicegui import APIRouter

from pages.design import html
from pages.events.tab import tab
from pages.frame import module
from pages.system import System

LIST = """<form class="toolbar" data-filters role="search" aria-label="Find streams">
<input class="field-input" type="search" name="search" placeholder="Part of the name" aria-label="Part of the name"
autocomplete="off"><select class="field-input" name="entity" aria-label="Category">
<option value="">Any category</option></select><span class="gap"></span>
<span class="muted" data-said role="status"></span></form>
<div class="scroll"><table class="table" data-streams><thead><tr><th>Stream</th><th>Events</th><th>Last type</th>
<th>Last position</th></tr></thead><tbody></tbody></table></div>"""


def register(router: APIRouter, system: System) -> None:
    """The browser of streams."""

    @router.page('/streams')
    async def streams() -> None:
        with tab(system, '/streams', 'Streams', 'One per record, document and thing that events are about') as visitor:
            if visitor:
                module('streams')
                html(LIST, classes='panel')
