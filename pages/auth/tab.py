"""The tabs of the auth port."""

from __future__ import annotations

from contextlib import AbstractContextManager

from app.permissions import Principal
from pages import tabs
from pages.system import System

TABS = (('/', 'My account'), ('/users', 'Users'), ('/audit', 'Audit'))


def tab(
    system: System, path: str, title: str, says: str, *, needs: str = 'admin', actions: str = ''
) -> AbstractContextManager[Principal | None]:
    """A page of the auth port; those of others need the role admin."""
    shown = TABS if system.visitor().admin else TABS[:1]
    return tabs.tab(system, tabs.Section('auth', shown), path, title, says=says, needs=needs, actions=actions)
