"""The portal: is everything up, how much is there, what has just happened, and where to go."""

from __future__ import annotations

from nicegui import APIRouter, ui

from app.permissions import decide
from app.services import SERVICES
from pages.design import html, icon, text
from pages.events import LOG_TABLE
from pages.frame import frame, module
from pages.system import System


def register(router: APIRouter, system: System) -> None:
    """The home page of the whole system."""

    @router.page('/')
    async def home() -> None:
        with frame(system, 'Overview', service='portal') as visitor:
            module('portal', {'events': system.url('events').rstrip('/') if visitor.reads_log else ''})
            html('<h1>Overview</h1>', classes='headline')
            html('', classes='notice').props('data-mistakes hidden role=alert')
            html(
                _tile('Services up', 'data-up') + _tile('Records', 'data-records') + _tile('Events', 'data-events'),
                classes='tiles',
            )
            with ui.element('div').classes('columns'):
                if visitor.reads_log:
                    html(f'<header><h2>Last events</h2></header><div class="scroll">{LOG_TABLE}</div>', classes='panel')
                else:
                    html('<header><h2>Data</h2></header>' + _entities(system), classes='panel')
                with ui.element('div').classes('content').style('padding:0'):
                    html('<header><h2>Services</h2></header>' + _services(system), classes='panel')
                    if visitor.reads_log:
                        html('<header><h2>Data</h2></header>' + _entities(system), classes='panel')


def _tile(label: str, attribute: str) -> str:
    return f'<div class="panel tile"><span class="muted">{label}</span><b {attribute}>–</b></div>'


def _services(system: System) -> str:
    return ''.join(
        f'<a class="line" href="{text(system.url(row.name))}" data-service="{row.name}"><span class="dot"></span>'
        f'{text(row.title)}<span class="gap"></span><span class="muted number" data-said>asking</span>'
        f'<span class="mono faint">:{row.port(system.base_port)}</span></a>'
        for row in SERVICES
    )


def _entities(system: System) -> str:
    visitor = system.visitor()
    return ''.join(
        f'<a class="line" href="{text(system.url("crud", f"/{name}"))}">'
        f'{icon(entity.interface.icon)}{text(entity.title)}'
        f'<span class="gap"></span><span class="number muted" data-entity="{text(name)}"></span></a>'
        for name, entity in system.entities().items()
        if decide(entity.permissions, 'read', visitor).allowed
    )
