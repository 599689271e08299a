"""The only grid in the project: its frame here, its rows fetched by `assets/js/grid.js` from a service's REST API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from app.fields import Field
from app.permissions import Action, Principal, decide
from app.schema import Entity
from pages.design import button, html, icon, text
from pages.frame import module

LONG = {'text', 'markdown'}
"""Field types whose values may have lines."""


def grid(entity: Entity, entities: Mapping[str, Entity], visitor: Principal, position: int, as_of: str = '') -> None:
    """The records of `entity`, live from the log's `position` on; or as they were at a moment, read-only."""
    actions: tuple[Action, ...] = ('create', 'update', 'delete')
    may = {action: not as_of and decide(entity.permissions, action, visitor).allowed for action in actions}
    rights = {'creatable': may['create'], 'editable': may['update'], 'deletable': may['delete']}
    ui.add_head_html('<link rel="stylesheet" href="/assets/grid.css">')
    module('grid', _options(entity, entities, visitor, position, as_of) | rights)
    new = button('New', kind='primary', symbol='add', attributes='data-new') if may['create'] else ''
    bring = button('Import', attributes='data-import') if may['create'] else ''
    with ui.element('section').classes('list-page'):
        html(
            f'<h1>{text(entity.title)}</h1><span class="pill number" data-total></span>'
            f'<span class="muted clip">{text(entity.description)}</span><div class="gap"></div>'
            f'<span class="people" data-people></span>{bring}{button("Export", attributes="data-export")}{new}',
            classes='headline',
        )
        if as_of:
            html(_past(as_of), classes='notice past')
        with ui.element('div').classes('panel list-panel'):
            html(_toolbar(), classes='toolbar')
            html('', classes='toolbar selection').props('data-selection hidden')
            html('', classes='empty list-empty').props('data-empty hidden')
            html('', classes='grid').props('data-grid')
            html('', classes='grid-status').props('data-status')


def _past(as_of: str) -> str:
    return (
        f'{icon("history")}<span>As it was at <time data-moment="{text(as_of)}">{text(as_of)}</time>. '
        'Nothing can be changed here. <a href="?" data-now>Back to now</a></span>'
    )


def _toolbar() -> str:
    return (
        '<label><span class="visually-hidden">Search</span>'
        '<input type="search" class="field-input" placeholder="Search" data-search></label>'
        '<span data-filters class="contents"></span><span data-tools class="contents"></span><span class="gap"></span>'
        '<label class="as-of">As of <input type="datetime-local" class="field-input" step="1" data-as-of></label>'
    )


def _options(
    entity: Entity, entities: Mapping[str, Entity], visitor: Principal, position: int, as_of: str
) -> dict[str, object]:
    closed = entity.closed_to(visitor) | set(entity.key)
    listed = {field.name for field in entity.listed}
    fields = [*entity.listed, *(field for name, field in entity.fields.items() if name not in listed)]
    columns = [
        column(field)
        | {'listed': field.name in listed, 'editable': _may_be_set(field) and field.name not in closed}
        | _target(field, entities, visitor)
        for field in fields
    ]
    return {
        'entity': entity.resource,
        'title': entity.title,
        'position': position,
        'asOf': as_of,
        'columns': columns,
        'filters': [column(entity.fields[name]) for name in entity.interface.filters],
        'references': [field.name for field in entity.references],
        'display': entity.display,
        'largest': entity.api.max_page,
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
        'required': field.required,
        'unique': field.unique,
        'long': field.type_name in LONG,
        'options': getattr(field, 'options', None),
        'references': getattr(field, 'references', None),
    }


def _may_be_set(field: Field) -> bool:
    return not (field.readonly or field.minted or field.fills_itself or field.derived or field.cell == 'file')


def _target(field: Field, entities: Mapping[str, Entity], visitor: Principal) -> dict[str, Any]:
    """How records of the entity that a foreign key points to are named, and that they are sorted by their names."""
    target = entities.get(getattr(field, 'references', ''))
    if target is None:
        return {}
    seen = target.without(target.hidden_from(visitor))
    named = {'display': seen.display or 'id', 'key': target.key[0] if len(target.key) == 1 else 'id'}
    display, reading = seen.fields.get(seen.display), decide(target.permissions, 'read', visitor, target.resource)
    if display is None or not display.sortable or reading.condition or not reading.allowed:
        return named
    return named | {'sort': f'{field.name}.{display.name}'}
