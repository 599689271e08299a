"""The log as it arrives, filtered by anything that an event says of itself."""

from __future__ import annotations

from nicegui import APIRouter

from pages.design import button, html
from pages.events.tab import tab
from pages.frame import module
from pages.system import System

LOG_TABLE = """<table class="table" data-log><thead><tr><th>Position</th><th>Time</th><th>Type</th><th>Stream</th>
<th>What</th><th>By</th></tr></thead><tbody></tbody></table>"""
FILTERS = """<form class="toolbar" data-filters role="search" aria-label="Filter events">
<input class="field-input" type="search" name="stream" list="stream-names" placeholder="Stream" aria-label="Stream"
autocomplete="off"><datalist id="stream-names"></datalist>
<select class="field-input" name="entity" aria-label="Entity"><option value="">Any entity</option></select>
<input class="field-input short" name="type" placeholder="Type" aria-label="Type" list="type-names" autocomplete="off">
<datalist id="type-names"><option>created<option>changed<option>deleted<option>restored</datalist>
<input class="field-input short" name="actor" placeholder="By (id)" aria-label="By (id)" autocomplete="off">
<label>From <input class="field-input" type="datetime-local" name="since" step="1"></label>
<label>to <input class="field-input" type="datetime-local" name="until" step="1"></label>
<input type="hidden" name="batch"><input type="hidden" name="correlation"><input type="hidden" name="request">
<span class="pill" data-also hidden></span><span class="gap"></span>
<a class="button quiet" data-export download>Export</a>
<button type="reset" class="button quiet">Clear</button></form>"""


def register(router: APIRouter, system: System) -> None:
    """The log."""

    @router.page('/')
    @router.page('/events')
    async def log() -> None:
        pause = button('Pause', attributes='data-pause aria-pressed=false')
        with tab(system, '/', 'Events', 'Everything that ever happened, newest first', actions=pause) as visitor:
            if visitor:
                module('events')
                html(f'{FILTERS}<div class="scroll">{LOG_TABLE}</div>', classes='panel')
                html(button('Older events', attributes='data-more hidden'))
