"""Proof that history was not altered, and how much of it there is."""

from __future__ import annotations

from nicegui import APIRouter

from pages.design import button, html
from pages.events.tab import tab
from pages.frame import module
from pages.system import System

VERIFY = f"""<header><h2>Chain of events</h2><span class="gap"></span>
{button('Stop', attributes='data-stop hidden')}</header>
<form class="toolbar" data-verify><label>From event <input class="field-input short" name="from" inputmode="numeric"
placeholder="first" pattern="[0-9]*"></label><label>to <input class="field-input short" name="to" inputmode="numeric"
placeholder="last" pattern="[0-9]*"></label><button class="button primary">Verify</button><span class="gap"></span>
<progress data-progress max="1" value="0" aria-label="Progress" hidden></progress></form>
<div class="said" data-verdict role="status">Every event carries the hash of the one before it. Verifying computes all
of them anew, and compares the head with the file beside the database, the versions of every stream, and the tables with
the log.</div>"""
STATS = '<header><h2>The store</h2></header><dl class="facts" data-stats></dl>'


def register(router: APIRouter, system: System) -> None:
    """The page."""

    @router.page('/verify')
    async def proof() -> None:
        with tab(system, '/verify', 'Proof', 'That nothing was altered, lost or slipped in') as visitor:
            if visitor:
                module('proof')
                html(VERIFY, classes='panel')
                html(STATS, classes='panel')
