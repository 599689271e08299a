"""The home of the data port: what entities there are, what has happened lately, and how to begin."""

from __future__ import annotations

from typing import Any

from nicegui import APIRouter

from app.permissions import Principal, decide
from app.schema import Entity
from pages.design import button, empty, html, icon, text
from pages.frame import frame, module
from pages.system import System

FIRST = """resource: invoices
key: number
fields:
  number: {type: string, required: true}
  amount: {type: decimal, required: true}
  paid:   {type: boolean, default: false}
permissions: {create: authenticated, read: authenticated, update: authenticated}
"""

PROGRAM = (
    '<details data-program><summary class="muted">From a program</summary>'
    '<pre class="code" tabindex="0"></pre></details>'
)


def register(router: APIRouter, system: System) -> None:
    """The page at `/`; counts and changes are fetched by its module."""

    @router.page('/')
    async def home() -> None:
        with frame(system, 'Data', service='crud') as visitor:
            html('<h1>Data</h1><div class="gap"></div><a class="button" href="/explain">Who may do what</a>').classes(
                'headline'
            )
            entities = system.entities().values()
            shown = [entity for entity in entities if decide(entity.permissions, 'read', visitor).allowed]
            if not shown:
                html(_nothing(there=bool(entities)), classes='panel')
                return
            module('home', {'entities': {entity.resource: _options(entity, visitor) for entity in shown}})
            html(''.join(_tile(system, entity, visitor) for entity in shown), classes='tiles')
            html(
                '<header><h2>Last changes</h2></header><div data-recent aria-busy="true">'
                '<div class="line"><div class="skeleton" style="width:60%"></div></div></div>',
                classes='panel',
            )


def _options(entity: Entity, visitor: Principal) -> dict[str, Any]:
    columns = [field.name for field in entity.without(entity.hidden_from(visitor)).listed]
    return {'title': entity.title, 'columns': columns}


def _tile(system: System, entity: Entity, visitor: Principal) -> str:
    name, address = text(entity.resource), text(system.url('crud', f'/{entity.resource}'))
    may_create, may_update = (decide(entity.permissions, one, visitor).allowed for one in ('create', 'update'))
    importing = _button('Import', entity, 'data-import') if may_create or may_update else ''
    new = _new(address) if may_create else ''
    files = importing + _button('Export', entity, 'data-export') if entity.api.enabled else ''
    program = PROGRAM if may_create and entity.api.enabled else ''
    return (
        f'<section class="panel tile entity" data-entity="{name}" aria-label="{text(entity.title)}">'
        f'<a href="{address}">{icon(entity.interface.icon)}<strong>{text(entity.title)}</strong></a>'
        f'<b data-count>–</b><p class="muted">{text(entity.description)}</p>'
        f'<div data-begin hidden><p class="muted">No records yet.</p>{program}</div>'
        f'<div class="tile-foot">{new}{files}</div></section>'
    )


def _new(address: str) -> str:
    return f'<a class="button primary" data-begin hidden href="{address}/new">New</a>'


def _button(label: str, entity: Entity, attribute: str) -> str:
    return button(label, attributes=f'{attribute} aria-label="{label}: {text(entity.title)}"')


def _nothing(*, there: bool) -> str:
    if there:
        return empty('lock', 'Nothing for you yet', 'An admin can give you a role that may read what is here.')
    steps = 'Write this to config/entities/invoices.yaml, and it appears here a second later, without a restart.'
    return empty('table_rows', 'No data yet', steps) + f'<pre class="code">{text(FIRST)}</pre>'
