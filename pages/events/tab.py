"""What the tabs of the events port share: the same head, and the door that only readers of the log pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from app.permissions import Principal
from pages.design import empty, html, text
from pages.frame import frame
from pages.system import System

TABS = (
    ('/', 'Log'),
    ('/streams', 'Streams'),
    ('/projections', 'Projections'),
    ('/verify', 'Proof'),
    ('/backups', 'Backups'),
    ('/sql', 'SQL'),
)
ALLOWED = {
    'log': ('reads_log', 'This needs the role admin or auditor.'),
    'admin': ('admin', 'This needs the role admin.'),
    'all': ('id', ''),
}


@contextmanager
def tab(
    system: System, path: str, title: str, says: str, *, needs: str = 'log', crumbs: str = '', actions: str = ''
) -> Iterator[Principal | None]:
    """A tab at `path`; yields who looks at it, or nothing when it shows only that this is not allowed."""
    with frame(system, title, service='events', here=path, crumbs=crumbs) as visitor:
        html(
            f'<h1>{text(title)}</h1><span class="muted">{text(says)}</span><div class="gap"></div>{actions}',
            classes='headline',
        )
        html(''.join(_tab(address, label, path) for address, label in TABS), classes='tabs').props(
            'role=navigation aria-label="Event store"'
        )
        attribute, sentence = ALLOWED[needs]
        if getattr(visitor, attribute):
            with ui.element('div').classes('tab-body'):
                yield visitor
        else:
            html(empty('lock', 'Not allowed', sentence), classes='panel')
            yield None


def _tab(address: str, label: str, current: str) -> str:
    on = ' aria-current="page"' if address == current else ''
    return f'<a href="{address}"{on}>{label}</a>'
