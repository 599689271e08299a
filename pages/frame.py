"""The shell that every page shares: header, navigation, command palette, and the place for the content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import Client, ui

from app import codec
from app.permissions import Principal, decide
from app.services import SERVICES
from pages.design import html, icon, text
from pages.system import System


@contextmanager
def frame(system: System, title: str, *, service: str, here: str = '/', crumbs: str = '') -> Iterator[Principal]:
    """A page called `title`; yields who looks at it."""
    visitor = system.visitor()
    ui.page_title(f'{title} · {system.name()}')
    ui.dark_mode(system.theme())
    html(_header(system, visitor), classes='top')
    with ui.element('div').classes('shell'):
        html(_navigation(system, visitor, service, here), classes='side').props(
            'role=navigation aria-label=Main id=side'
        )
        with ui.element('div').classes('content').props('id=content tabindex=-1'):
            if crumbs:
                html(crumbs, classes='crumbs')
            yield visitor


def crumb(system: System, *parts: tuple[str, str]) -> str:
    """Where the page is: pairs of label and address, the last without one."""
    links = [f'<a href="{text(address)}">{text(label)}</a>' if address else text(label) for label, address in parts]
    links[-1] = f'<span>{links[-1]}</span>'
    return ' <span aria-hidden="true">/</span> '.join(links)


def _header(system: System, visitor: Principal) -> str:
    initials = ''.join(part[0] for part in visitor.name.replace('.', ' ').split()[:2]).upper()
    return f"""
    <a class="skip" href="#content">Skip to the content</a>
    {_quiet('Menu', icon('menu'), 'data-menu aria-controls="side"', 'menu-button')}
    <a class="brand" href="{system.url('portal')}"><img src="/assets/logo.svg" alt=""><b>{text(system.name())}</b></a>
    <button type="button" class="find" data-palette aria-keyshortcuts="Control+K">
    {icon('search')}<span>Search or go to</span><kbd aria-hidden="true">Ctrl K</kbd></button>
    <div class="gap"></div>
    <span class="pill" data-connection role="status" hidden></span>
    {_quiet('Light or dark', icon('contrast'), 'data-theme')}
    <a class="button quiet" href="{system.url('auth')}" title="{text(visitor.name)}"
    aria-label="Account of {text(visitor.name)}">{text(initials or '?')}</a>
    """


def _quiet(label: str, inside: str, attributes: str, classes: str = '') -> str:
    return f'<button type="button" class="button quiet {classes}" {attributes} aria-label="{label}">{inside}</button>'


def _navigation(system: System, visitor: Principal, service: str, here: str) -> str:
    links = [
        _link(system.url(row.name), row.icon, row.title, port=row.port(system.base_port), on=row.name == service)
        for row in SERVICES
    ]
    entities = [
        _link(system.url('crud', f'/{name}'), entity.interface.icon, entity.title, on=here == f'/{name}')
        for name, entity in system.entities().items()
        if decide(entity.permissions, 'read', visitor).allowed
    ]
    return f'{"".join(links)}<h2>Data</h2>{"".join(entities)}'


def _link(address: str, symbol: str, label: str, *, on: bool, port: int | None = None) -> str:
    current = ' aria-current="page"' if on else ''
    number = f'<span class="port" aria-hidden="true">{port}</span>' if port else ''
    return f'<a href="{text(address)}"{current}>{icon(symbol)}{text(label)}{number}</a>'


def module(name: str, options: dict[str, object] | None = None) -> None:
    """Load one of our ES modules; its `start` finds its options in the page, as JSON that no template touches."""
    payload = codec.encode(options or {}).decode().replace('<', '\\u003c')
    ui.add_body_html(f'<script type="application/json" id="{name}-options">{payload}</script>')
    ui.add_body_html(f'<script type="module" src="/assets/js/{name}.js"></script>')


def tell(client: Client, kind: str, **detail: object) -> None:
    """Let the modules of an open page know: they hear a `told` event on the window, with JSON that is parsed."""
    payload = codec.encode(codec.encode({'kind': kind} | detail).decode()).decode()
    client.run_javascript(f'window.dispatchEvent(new CustomEvent("told", {{detail: JSON.parse({payload})}}))')
