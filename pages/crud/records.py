"""The grid of each entity."""

from __future__ import annotations

from nicegui import APIRouter, ui

from app import codec
from app.crud import Record
from app.errors import Denied, NotFound, Problem
from app.permissions import decide
from pages.crud.editing import label_of, open_new
from pages.frame import crumb, frame
from pages.grid import grid
from pages.refused import refused
from pages.system import System


def register(router: APIRouter, system: System) -> None:
    """A page per entity."""

    @router.page('/{entity}')
    async def records(entity: str, as_of: str = '') -> None:
        try:
            table = system.views.catalog.table(entity)
        except NotFound as problem:
            with frame(system, problem.title, service='crud'):
                refused(problem)
            return
        crumbs = crumb(system, ('Data', '/'), (table.entity.title, ''))
        with frame(system, table.entity.title, service='crud', here=f'/{entity}', crumbs=crumbs) as visitor:
            decision = decide(table.entity.permissions, 'read', visitor)
            if not decision.allowed:
                refused(Denied(decision.reason))
                return
            shown = table.entity.without(table.entity.hidden_from(visitor))
            grid(shown, system.entities(), visitor, system.log.position, as_of)
            _shortcuts()
            ui.on('open_new', lambda: _open_new(system, entity))


async def _open_new(system: System, name: str) -> None:
    def created(record: Record) -> None:
        ui.notify(
            f'{label_of(system.views.catalog.table(name).entity, record.values)} created', position='bottom-right'
        )

    try:
        await open_new(system, name, {}, created)
    except Problem as problem:
        ui.notify(problem.detail, type='negative', position='bottom-right')


def _shortcuts() -> None:
    own = [
        ['N', 'New record'],
        ['/', 'Search'],
        ['F', 'Filter'],
        ['C', 'Columns'],
        ['Enter, F2 or a letter', 'Edit the cell'],
        ['Ctrl Enter', 'Open the record'],
        ['Shift Arrows', 'Select cells; Ctrl A all of them'],
        ['Ctrl C, X, V', 'Copy, cut and paste, also from and to spreadsheets'],
        ['Ctrl D', 'Fill down'],
        ['Delete', 'Empty the cells'],
        ['Shift Space', 'Select the rows'],
        ['Ctrl Z, Ctrl Y', 'Undo, redo'],
    ]
    payload = codec.encode(own).decode()
    ui.add_body_html(f'<script type="application/json" id="shortcuts-options">{payload}</script>')
