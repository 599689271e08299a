"""The HTML pages: log in, register, first admin, log out. Plain forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.auth.accounts import Login
from app.auth.claims import Claims
from app.auth.forms import (
    LOGIN,
    LOGOUT,
    REGISTER,
    RESET,
    SETUP,
    Form,
    LoginSent,
    LogoutSent,
    RegistrationSent,
    ResetSent,
    SetupSent,
)
from app.auth.origin import Origins
from app.auth.parts import Parts
from app.auth.policy import COOKIE
from app.auth.problems import Denied, Problem
from app.auth.reading import caller_of, read_form
from app.auth.registration import check
from app.auth.screen import Screen
from app.auth.shapes import Registration

PATHS = frozenset({'/login', '/register', '/setup', '/reset', '/logout'})


class Pages:
    """Routes for people."""

    def __init__(self, parts: Parts, origins: Origins, screen: Screen) -> None:
        self._parts = parts
        self._accounts = parts.accounts
        self._attempts = parts.attempts
        self._origins = origins
        self._screen = screen
        self.router = APIRouter(include_in_schema=False)
        for path, show, take in (
            ('/login', self.login, self.log_in),
            ('/register', self.registration, self.register),
            ('/setup', self.first_admin, self.create_first_admin),
            ('/reset', self.reset, self.set_password),
            ('/logout', self.logout, self.log_out),
        ):
            self.router.add_api_route(path, show, methods=['GET', 'HEAD'])
            self.router.add_api_route(path, take, methods=['POST'])

    async def login(self, request: Request) -> Response:
        """The login form; who is logged in already goes on at once."""
        wanted = request.query_params.get('next', '')
        if self._visitor(request):
            return RedirectResponse(self._origins.destination(wanted, request), 303)
        return self._show(request, LOGIN, {'next': wanted})

    async def log_in(self, request: Request) -> Response:
        """Open a session, or say that name or password is wrong."""
        sent = await read_form(request, LoginSent)
        caller = caller_of(request)
        try:
            login = await self._attempts.make(
                lambda: self._accounts.log_in_browser(sent.username, sent.password, caller),
                caller,
                self._attempts.account(sent.username),
            )
        except Problem as problem:
            return self._show(request, LOGIN, {'next': sent.next}, {'username': sent.username}, problem)
        return await self._enter(request, login, sent.next)

    async def registration(self, request: Request) -> Response:
        """The registration form, where it is open."""
        self._accounts.check_open()
        return self._show(request, REGISTER, {'next': request.query_params.get('next', '')})

    async def register(self, request: Request) -> Response:
        """Make an account and log it in."""
        self._accounts.check_open()
        sent = await read_form(request, RegistrationSent)
        caller = caller_of(request)
        try:
            candidate = check(sent.username, sent.email, sent.password)
            login = await self._attempts.make(
                lambda: self._accounts.open_browser(self._accounts.register(candidate, caller), caller),
                caller,
                costs=True,
            )
        except Problem as problem:
            return self._show(request, REGISTER, {'next': sent.next}, _typed(sent), problem)
        return await self._enter(request, login, sent.next)

    async def first_admin(self, request: Request) -> Response:
        """The form behind the one-time link."""
        token = request.query_params.get('token', '')
        self._check_link(token)
        return self._show(request, SETUP, {'token': token})

    async def create_first_admin(self, request: Request) -> Response:
        """Make the first admin and log him in."""
        sent = await read_form(request, SetupSent)
        self._check_link(sent.token)
        caller = caller_of(request)
        try:
            candidate = check(sent.username, sent.email, sent.password)
            login = await self._attempts.make(
                lambda: self._accounts.open_browser(self._accounts.create_admin(candidate, caller), caller), caller
            )
        except Problem as problem:
            return self._show(request, SETUP, {'token': sent.token}, _typed(sent), problem)
        return await self._enter(request, login, '')

    async def reset(self, request: Request) -> Response:
        """The form behind a link that an admin has handed out."""
        return self._show(request, RESET, {'token': request.query_params.get('token', '')})

    async def set_password(self, request: Request) -> Response:
        """Set the new password; whoever it belongs to logs in with it next."""
        sent, caller = await read_form(request, ResetSent), caller_of(request)
        administration = self._parts.administration
        try:
            await self._parts.quick.run(lambda: administration.check_reset(sent.token, sent.password))
            await self._attempts.make(lambda: administration.reset(sent.token, sent.password, caller), caller)
        except Problem as problem:
            return self._show(request, RESET, {'token': sent.token}, problem=problem)
        return RedirectResponse('/login', 303)

    async def logout(self, request: Request) -> Response:
        """Ask first: a link on some page must not log anybody out."""
        visitor = self._visitor(request)
        if visitor is None:
            return RedirectResponse('/login', 303)
        intro = f'You are logged in as {visitor.username}. {LOGOUT.intro}'
        return self._show(request, replace(LOGOUT, intro=intro), {})

    async def log_out(self, request: Request) -> Response:
        """End the session and forget the cookie."""
        await read_form(request, LogoutSent)
        await self._leave(request)
        answer = RedirectResponse('/login', 303)
        answer.delete_cookie(COOKIE, path='/', httponly=True, samesite='lax')
        return answer

    def refuse(self, request: Request, problem: Problem) -> Response:
        """A page for what cannot be answered with a form."""
        links = (('/login', 'Log in'),) if request.url.path != '/login' else (('/login', 'Try again'),)
        return self._screen.message(request, problem, problem.detail, links)

    def _visitor(self, request: Request) -> Claims | None:
        return self._parts.verifier.verify(None, request.cookies.get(COOKIE))

    def _show(
        self,
        request: Request,
        form: Form,
        hidden: dict[str, str],
        values: dict[str, str] | None = None,
        problem: Problem | None = None,
    ) -> Response:
        links = self._links(form, hidden.get('next', ''))
        return self._screen.form(request, form, hidden=hidden, values=values, problem=problem, links=links)

    def _links(self, form: Form, wanted: str) -> tuple[tuple[str, str], ...]:
        query = f'?next={quote(wanted, safe="")}' if wanted else ''
        if form is LOGIN and self._parts.policy.lets_register():
            return ((f'/register{query}', 'Create an account'),)
        return ((f'/login{query}', 'I have an account'),) if form is REGISTER else ()

    def _check_link(self, token: str) -> None:
        if not self._parts.setup.accepts(token):
            raise Denied(
                'This link is not good, or no longer: it works once and for half an hour. '
                'If there is no admin yet, restart DBBasic to get a new one.'
            )

    async def _enter(self, request: Request, login: Login, wanted: str) -> Response:
        await self._leave(request)
        answer = RedirectResponse(self._origins.destination(wanted, request), 303)
        answer.set_cookie(
            COOKIE,
            login.secret,
            max_age=int(self._parts.policy.browser()[1]),
            path='/',
            secure=request.url.scheme == 'https',
            httponly=True,
            samesite='lax',
        )
        return answer

    async def _leave(self, request: Request) -> None:
        claims, caller = self._visitor(request), caller_of(request)
        if claims:
            await self._parts.quick.run(lambda: self._accounts.log_out(claims, False, caller))


def _typed(sent: Registration) -> dict[str, Any]:
    return {'username': sent.username, 'email': sent.email}
