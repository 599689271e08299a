"""Projections: how they are doing, their controls, and what they say."""

from __future__ import annotations

from nicegui import APIRouter

from app.permissions import Principal
from pages.design import button, html, text
from pages.events.tab import tab
from pages.frame import crumb, module
from pages.system import System

LIST = """<div class="scroll"><table class="table" data-projections><thead><tr><th>Projection</th><th>Status</th>
<th>Position</th><th>Behind</th><th>Events/s</th><th></th></tr></thead><tbody></tbody></table></div>"""
EMPTY = """<div class="empty" data-empty hidden><h2>No projections</h2><p class="muted">A projection is a table that is
kept up to date from events by a SELECT. Put a file such as this into <code>config/projections/</code>:</p>
<pre class="code">projection: customers_by_status
key: status
sql: SELECT status, count(*) AS customers FROM customers GROUP BY status
permissions: {read: authenticated}</pre></div>"""
ROWS = """<div class="scroll"><table class="table" data-rows><thead></thead><tbody></tbody></table></div>"""


def register(router: APIRouter, system: System) -> None:
    """The list, and a page per projection."""

    @router.page('/projections')
    async def projections() -> None:
        with tab(
            system, '/projections', 'Projections', 'Tables that follow the log by a SELECT of yours', needs='all'
        ) as visitor:
            if visitor:
                module('projections', {'controls': visitor.admin})
                html(LIST + EMPTY, classes='panel')

    @router.page('/projections/{name}')
    async def projection(name: str) -> None:
        crumbs = crumb(system, ('Events', '/'), ('Projections', '/projections'), (name, ''))
        with tab(system, '/projections', name, '', needs='all', crumbs=crumbs, actions=_refresh()) as visitor:
            if visitor:
                _rows(name, visitor)


def _refresh() -> str:
    return button('Refresh', attributes='data-refresh')


def _rows(name: str, visitor: Principal) -> None:
    module('projection', {'name': name, 'reader': visitor.name})
    html(
        f'<header><h2>Rows of {text(name)}</h2><span class="pill number" data-total></span><span class="gap"></span>'
        f'<span class="muted" data-position role="status"></span></header>{ROWS}',
        classes='panel',
    )
    html(button('More', attributes='data-more hidden'))
