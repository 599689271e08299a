"""The parts of a record's page that its module fills, and what that must know of the entity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.fields.foreign_key import ForeignKey
from app.permissions import Principal, decide
from app.schema import Entity
from pages.design import button, icon, text
from pages.grid import column
from pages.system import System

LISTED = 4
"""Columns of the lists of what refers to a record."""


def headline(label: str, state: str, may: dict[str, bool], *, editable: bool) -> str:
    """Whose page it is, how it stands with saving, and what can be done."""
    parts = [f'<h1 data-label>{text(label)}</h1>', '<span class="pill" data-dirty role="status" hidden></span>']
    if state in {'now', 'deleted'} and not (may['update'] and state == 'now'):
        parts.append('<span class="pill" title="You may not change this record">Read only</span>')
    parts.append('<div class="gap"></div><span class="people" data-people></span>')
    if state == 'now' and may['delete']:
        parts.append(button('Delete', symbol='delete', kind='quiet', attributes='data-delete'))
    if editable:
        attributes = 'data-save aria-keyshortcuts="Control+S" title="Ctrl S saves, Ctrl Enter saves and goes back"'
        parts.append(button('Save', kind='primary', attributes=attributes))
    return ''.join(parts)


def panels() -> str:
    """The record as it was, in place of its form, and the lists of what refers to it."""
    return """<section class="panel record-panel" data-then hidden aria-label="The record as it was"></section>
    <div data-related></div>"""


def about() -> str:
    """The life of the record, and what the system knows of it."""
    return f"""<section class="panel" aria-labelledby="history-title">
    <header>{icon('history')}<h2 id="history-title">History</h2><span class="gap"></span>
    <span class="pill number" data-versions></span></header>
    <div class="travel"><label><span data-travel-words>Now</span>
    <input type="range" min="1" max="1" value="1" step="1" data-travel></label></div>
    <ol class="timeline" data-timeline><li class="skeleton"></li></ol></section>
    <section class="panel" aria-labelledby="about-title"><header>{icon('info')}<h2 id="about-title">About</h2></header>
    <dl class="facts" data-about></dl></section>"""


def places(system: System, entity: Entity, visitor: Principal) -> dict[str, Any]:
    """Where its fields stand, how they look, and what refers to it."""
    return {
        'title': entity.title,
        'display': entity.display,
        'tabs': [tab.model_dump() for tab in entity.form],
        'fields': {field.name: column(field) | {'wide': field.wide} for field in entity.fields.values()},
        'aside': [field.name for field in entity.readable if field.fills_itself],
        'related': [
            related(other, name, visitor) | {'title': _named(other, entity, name)}
            for other, name in pointing_to(system, entity, visitor)
        ],
        'targets': {
            field.references: {
                'display': target.without(target.hidden_from(visitor)).display,
                'several': len(target.key) > 1,
            }
            for field in entity.references
            if isinstance(field, ForeignKey) and (target := system.entities().get(field.references))
        },
    }


def pointing_to(system: System, entity: Entity, visitor: Principal) -> Iterator[tuple[Entity, str]]:
    """The foreign keys that lead to an entity, of those entities that `visitor` may see."""
    for whole in system.entities().values():
        if decide(whole.permissions, 'read', visitor, whole.resource).allowed:
            other = whole.without(whole.hidden_from(visitor))
            for field in other.references:
                if getattr(field, 'references', '') == entity.resource:
                    yield other, field.name


def related(other: Entity, name: str, visitor: Principal) -> dict[str, Any]:
    """What a list of the records that refer here must know."""
    shown = [field for field in other.listed if field.name != name and not field.minted][:LISTED]
    return {
        'entity': other.resource,
        'field': name,
        'display': other.display,
        'icon': other.interface.icon,
        'columns': [column(field) for field in shown],
        'creatable': decide(other.permissions, 'create', visitor, other.resource).allowed,
    }


def _named(other: Entity, entity: Entity, name: str) -> str:
    several = sum(getattr(field, 'references', '') == entity.resource for field in other.references) > 1
    return f'{other.title} ({other.fields[name].title})' if several else other.title
