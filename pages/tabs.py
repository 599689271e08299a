"""What the pages of one service share: the same head, tabs, and a door that not everybody passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from nicegui import ui

from app.errors import Denied
from app.permissions import Principal
from pages.design import html, text
from pages.frame import frame
from pages.refused import refused
from pages.system import System

ALLOWED = {
    'log': ('reads_log', 'This needs the role admin or auditor.'),
    'admin': ('admin', 'This needs the role admin.'),
    'all': ('id', ''),
}


class Section(NamedTuple):
    """The pages of one service: its name, and address and label of each tab."""

    service: str
    tabs: tuple[tuple[str, str], ...]


@contextmanager
def tab(
    system: System,
    section: Section,
    path: str,
    title: str,
    *,
    says: str = '',
    needs: str = 'all',
    crumbs: str = '',
    actions: str = '',
) -> Iterator[Principal | None]:
    """A page at `path`; yields who looks at it, or nothing when it shows only that this is not allowed."""
    with frame(system, title, service=section.service, here=path, crumbs=crumbs) as visitor:
        attribute, sentence = ALLOWED[needs]
        allowed = getattr(visitor, attribute)
        offered = actions if allowed else ''
        html(
            f'<h1>{text(title)}</h1><span class="muted">{text(says)}</span><div class="gap"></div>{offered}',
            classes='headline',
        )
        html(''.join(_tab(address, label, path) for address, label in section.tabs), classes='tabs').props(
            'role=navigation aria-label=Sections'
        )
        if allowed:
            with ui.element('div').classes('tab-body'):
                yield visitor
        else:
            refused(Denied(sentence))
            yield None


def _tab(address: str, label: str, current: str) -> str:
    on = ' aria-current="page"' if address == current else ''
    return f'<a href="{address}"{on}>{label}</a>'
