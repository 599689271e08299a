"""The tabs of the events port."""

from __future__ import annotations

from contextlib import AbstractContextManager

from app.permissions import Principal
from pages import tabs
from pages.system import System

SECTION = tabs.Section(
    'events',
    (
        ('/', 'Log'),
        ('/streams', 'Streams'),
        ('/projections', 'Projections'),
        ('/verify', 'Proof'),
        ('/backups', 'Backups'),
        ('/sql', 'SQL'),
    ),
)


def tab(
    system: System, path: str, title: str, says: str, *, needs: str = 'log', crumbs: str = '', actions: str = ''
) -> AbstractContextManager[Principal | None]:
    """A page of the events port; most need the right to read the whole log."""
    return tabs.tab(system, SECTION, path, title, says=says, needs=needs, crumbs=crumbs, actions=actions)
