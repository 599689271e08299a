"""SQL over events, entities and projections: one SELECT, read-only."""

from __future__ import annotations

from nicegui import APIRouter, ui

from pages.design import button, html
from pages.events.tab import tab
from pages.frame import module
from pages.system import System

EXAMPLE = """SELECT entity, type, count(*) AS events, max(recorded_at) AS last
FROM events
GROUP BY ALL
ORDER BY events DESC"""
PANE = f"""<form data-sql><textarea class="field-input code" name="sql" rows="7" spellcheck="false" autocapitalize="off"
aria-label="One SELECT statement">{EXAMPLE}</textarea>
<div class="toolbar"><button class="button primary">Run <kbd>Ctrl Enter</kbd></button>
{button('CSV', attributes='data-format=csv')}{button('Parquet', attributes='data-format=parquet')}
<span class="gap"></span><span class="muted" data-said role="status"></span></div></form>
<div class="notice" data-problem role="alert" hidden></div>
<div class="scroll"><table class="table" data-rows><thead></thead><tbody></tbody></table></div>"""


def register(router: APIRouter, system: System) -> None:
    """The page."""

    @router.page('/sql')
    async def sql() -> None:
        with tab(system, '/sql', 'SQL', 'One SELECT, read-only; times are in UTC') as visitor:
            if visitor:
                module('sql')
                with ui.element('div').classes('columns'):
                    html(PANE, classes='panel')
                    html('<header><h2>Tables</h2></header><div data-tables></div>', classes='panel')
