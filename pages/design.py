"""Small pieces of HTML that every page is made of; all text is escaped here."""

from __future__ import annotations

from html import escape

from nicegui import ui


def html(markup: str, *, classes: str = '') -> ui.html:
    """Markup of our own making; whatever comes from users or config must have gone through `text`."""
    return ui.html(markup, sanitize=False).classes(classes)


def text(value: object) -> str:
    """Any value as text that is safe inside markup and attributes."""
    return escape(str(value), quote=True)


def icon(name: str) -> str:
    """A Material icon."""
    return f'<span class="icon" aria-hidden="true">{text(name)}</span>'


def pill(label: object, kind: str = '') -> str:
    """A small rounded label; `kind` is good, warn, bad or brand-soft."""
    return f'<span class="pill {kind}">{text(label)}</span>'


def empty(symbol: str, title: str, sentence: str) -> str:
    """What stands where nothing is yet."""
    return f'<div class="empty">{icon(symbol)}<h2>{text(title)}</h2><p class="muted">{text(sentence)}</p></div>'


def button(label: str, *, kind: str = '', symbol: str = '', attributes: str = '') -> str:
    """A button that the page's module listens to."""
    inside = (icon(symbol) if symbol else '') + text(label)
    return f'<button type="button" class="button {kind}" {attributes}>{inside}</button>'
