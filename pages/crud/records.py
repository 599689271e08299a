"""The grid of each entity."""

from __future__ import annotations

from typing import Any

from nicegui import APIRouter, events, ui

from app import codec
from app.crud import Author
from app.errors import NotFound, Problem
from app.permissions import decide
from app.schema import Entity
from pages.design import empty, html
from pages.form import Form
from pages.frame import crumb, frame
from pages.grid import grid
from pages.system import System

SUGGESTIONS = 50


def register(router: APIRouter, system: System) -> None:
    """A page per entity."""

    @router.page('/{entity}')
    async def records(entity: str, as_of: str = '') -> None:
        try:
            table = system.views.catalog.table(entity)
        except NotFound as problem:
            with frame(system, 'Not found', service='crud'):
                html(empty('search_off', 'Not found', problem.detail), classes='panel')
            return
        crumbs = crumb(system, ('Data', '/'), (table.entity.title, ''))
        with frame(system, table.entity.title, service='crud', here=f'/{entity}', crumbs=crumbs) as visitor:
            decision = decide(table.entity.permissions, 'read', visitor)
            if not decision.allowed:
                html(empty('lock', 'Not allowed', decision.reason), classes='panel')
                return
            shown = table.entity.without(table.entity.hidden_from(visitor))
            grid(shown, system.entities(), visitor, system.log.position, as_of)
            _shortcuts()
            ui.on('open_form', lambda event: _open_form(system, entity, event))


async def _open_form(system: System, name: str, event: events.GenericEventArguments) -> None:
    record_id = event.args.get('id') if isinstance(event.args, dict) else None
    try:
        visitor = await system.acting()
        entity = system.views.catalog.table(name).entity
        closed, entity = entity.closed_to(visitor), entity.without(entity.hidden_from(visitor))
        record = await system.views.get(name, str(record_id), visitor) if record_id else None
    except Problem as problem:
        ui.notify(problem.detail, type='negative', position='bottom-right')
        return

    async def save(values: dict[str, Any]) -> None:
        author = Author(principal=await system.acting(), source='page')
        if record is None:
            created = await system.records.create(name, values, author)
            ui.notify(f'{_label(entity, created.values)} created', position='bottom-right')
        elif values:
            changed = await system.records.change(name, record.id, values, author, version=record.version)
            ui.notify(f'{_label(entity, changed.values)} saved', position='bottom-right')

    async def choices(target: str, words: str) -> dict[str, str]:
        return await _choices(system, target, words)

    values = None if record is None else {key: _plain(value) for key, value in record.values.items()}
    title = f'New in {entity.title.lower()}' if record is None else _label(entity, record.values)
    with ui.context.client.content:
        Form(entity.readonly(closed), values, choices, save, title).open()


async def _choices(system: System, target: str, words: str) -> dict[str, str]:
    visitor, table = await system.acting(), system.views.catalog.table(target)
    if words.startswith('id:'):
        return await system.views.labels_of(target, [words.removeprefix('id:')])
    query = [('search', words), ('limit', str(SUGGESTIONS)), ('count', 'none')]
    page = await system.views.page(target, query, visitor)
    key = table.entity.key
    return {
        str(record.values[key[0]]) if len(key) == 1 else record.id: _label(table.entity, record.values) or record.id
        for record in page.records
    }


def _label(entity: Entity, values: dict[str, Any]) -> str:
    return str(values.get(entity.display) or entity.title)


def _plain(value: Any) -> Any:
    return codec.parse(codec.encode(value).decode()) if isinstance(value, codec.Raw) else value


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
