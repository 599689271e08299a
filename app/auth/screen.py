"""Draws the HTML pages; they work without JavaScript and without the stylesheet of the product."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.auth.forms import Form
from app.auth.problems import Problem

TEMPLATES = Path(__file__).parent / 'templates'
HOST = re.compile(r'[A-Za-z0-9.-]+')


class Screen:
    """One look for every page."""

    def __init__(self, home: str, stylesheet: str) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        style = (TEMPLATES / 'page.css').read_text('utf-8')
        self._templates.globals.update(style=style, stylesheet=stylesheet)
        self._home = urlsplit(home)
        self._style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    def form(
        self,
        request: Request,
        form: Form,
        *,
        hidden: dict[str, str] | None = None,
        values: dict[str, str] | None = None,
        problem: Problem | None = None,
        links: tuple[tuple[str, str], ...] = (),
    ) -> HTMLResponse:
        """A form, with what was typed and what is wrong with it."""
        errors, values = problem.errors if problem else {}, values or {}
        text = self._templates.get_template('form.html').render(
            form=form,
            hidden=hidden or {},
            values=values,
            errors=errors,
            alert='' if errors or problem is None else problem.detail,
            focus=_focus(form, values, errors),
            links=links,
        )
        return self._page(request, text, problem)

    def message(
        self, request: Request, problem: Problem, detail: str, links: tuple[tuple[str, str], ...]
    ) -> HTMLResponse:
        """A page that says why there is nothing to fill in."""
        return self._page(
            request,
            self._templates.get_template('message.html').render(title=problem.title, detail=detail, links=links),
            problem,
        )

    def _page(self, request: Request, text: str, problem: Problem | None) -> HTMLResponse:
        headers = {'Content-Security-Policy': self._content_policy(request)} | (problem.headers if problem else {})
        return HTMLResponse(text, problem.status if problem else 200, headers)

    def _content_policy(self, request: Request) -> str:
        # Browsers apply form-action to redirects as well, and a login leads on to another port.
        host = request.url.hostname or ''
        ports = f' http://{host}:* https://{host}:*' if HOST.fullmatch(host) else ''
        return (
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; font-src 'self'; img-src 'self' data:; "
            f"style-src 'self' 'sha256-{self._style_hash}'; "
            f"form-action 'self' {self._home.scheme}://{self._home.netloc}{ports}"
        )


def _focus(form: Form, values: dict[str, str], errors: dict[str, str]) -> str:
    """The first field that is wrong, or else the first to fill in."""
    names = [input.name for input in form.inputs]
    wrong = [name for name in names if name in errors]
    empty = [name for name in names if not values.get(name)]
    return next(iter(wrong or empty), '')
