"""The only grid in the project: its frame here, its rows fetched by `assets/js/grid.js` from a service's REST API."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from app.fields import Field
from app.permissions import Action, Principal, decide
from app.schema import Entity
from pages.design import button, html, text
from pages.frame import module


def grid(entity: Entity, visitor: Principal, position: int, as_of: str = '') -> None:
    """The records of `entity`, live from the log's `position` on; or as they were at a moment, read-only."""
    actions: tuple[Action, ...] = ('create', 'delete')
    may = {action: not as_of and decide(entity.permissions, action, visitor).allowed for action in actions}
    module('grid', _options(entity, position, as_of) | {'creatable': may['create'], 'deletable': may['delete']})
    new = button('New', kind='primary', symbol='add', attributes='data-new') if may['create'] else ''
    html(
        f'<h1>{text(entity.title)}</h1><span class="pill number" data-total></span>'
        f'<span class="muted">{text(entity.description)}</span><div class="gap"></div>{new}',
        classes='headline',
    )
    if as_of:
        html(f'As it was at {text(as_of)}. Nothing can be changed here. <a href="?">Back to now</a>', classes='notice')
    with ui.element('section').classes('panel'):
        html(
            '<label><span class="visually-hidden">Search</span>'
            '<input type="search" class="field-input" placeholder="Search" data-search></label>'
            '<span data-filters style="display:contents"></span><span class="gap"></span>'
            '<label>As of <input type="datetime-local" class="field-input" step="1" data-as-of></label>',
            classes='toolbar',
        )
        html('', classes='grid').props('data-grid')


def _options(entity: Entity, position: int, as_of: str) -> dict[str, object]:
    return {
        'entity': entity.resource,
        'title': entity.title,
        'position': position,
        'asOf': as_of,
        'perPage': entity.interface.per_page,
        'columns': [column(field) for field in entity.listed],
        'filters': [column(entity.fields[name]) for name in entity.interface.filters],
        'references': [field.name for field in entity.references],
        'display': entity.display,
    }


def column(field: Field) -> dict[str, Any]:
    """What the grid must know of a field."""
    return {
        'name': field.name,
        'title': field.title,
        'help': field.help,
        'cell': field.cell,
        'unit': field.unit,
        'currency': getattr(field, 'currency', ''),
        'sortable': field.sortable,
        'options': getattr(field, 'options', None),
        'references': getattr(field, 'references', None),
    }
