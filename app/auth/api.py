"""The REST API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app.auth.accounts import Login
from app.auth.claims import Claims
from app.auth.parts import Parts
from app.auth.policy import COOKIE
from app.auth.problems import Invalid, NotLoggedIn
from app.auth.reading import caller_of, read_json
from app.auth.registration import check
from app.auth.shapes import (
    Credentials,
    Done,
    Healthy,
    Leaving,
    LoggedIn,
    PasswordChange,
    ProblemShown,
    Registered,
    Registration,
    Renewal,
    Shape,
    UserShown,
    Verified,
    moment,
    taken_as,
)


class Api:
    """Routes for programs: JSON in and out."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._accounts = parts.accounts
        self._attempts = parts.attempts
        refused: dict[int | str, dict[str, Any]] = {'default': {'model': ProblemShown, 'description': 'Refused'}}
        self.router = APIRouter(responses=refused)
        self._add('POST /api/register', self.register, Registered, Registration, status=201)
        self._add('POST /api/login', self.log_in, LoggedIn, Credentials)
        self._add('POST /api/refresh', self.refresh, LoggedIn, Renewal)
        self._add('POST /api/logout', self.log_out, Done, Leaving)
        self._add('POST /api/change-password', self.change_password, Done, PasswordChange)
        self._add('GET /api/verify', self.verify, Verified)
        self._add('GET /health', self.health, Healthy)
        self.router.add_api_route('/.well-known/jwks.json', self.jwks, methods=['GET'])

    async def register(self, request: Request) -> Response:
        """Make an account, where the config lets anyone do so."""
        wanted = await read_json(request, Registration)
        caller = caller_of(request)
        self._accounts.check_open()
        candidate = check(wanted.username, wanted.email, wanted.password)
        user = await self._attempts.make(lambda: self._accounts.register(candidate, caller), caller, costs=True)
        return _answer(Registered(user=UserShown.of(user)), 201)

    async def log_in(self, request: Request) -> Response:
        """Exchange a name and a password for tokens."""
        given = await read_json(request, Credentials)
        if bool(given.username) == bool(given.email):
            raise Invalid({'username': 'Give either a username or an e-mail address.'})
        caller = caller_of(request)
        login = await self._attempts.make(
            lambda: self._accounts.log_in_client(given.login, given.password, caller),
            caller,
            self._attempts.account(given.login),
        )
        return self._tokens_for(login)

    async def refresh(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair; each is good once."""
        given = await read_json(request, Renewal)
        caller = caller_of(request)
        login = await self._attempts.make(lambda: self._accounts.refresh(given.refresh_token, caller), caller)
        return self._tokens_for(login)

    async def log_out(self, request: Request) -> Response:
        """End the session of the token or cookie; with `all`, every session of the user."""
        leaving = await read_json(request, Leaving)
        claims = self._claims(request)
        caller = caller_of(request)
        await self._parts.quick.run(lambda: self._accounts.log_out(claims, leaving.all, caller))
        answer = _answer(Done())
        if COOKIE in request.cookies:
            answer.delete_cookie(COOKIE, path='/', httponly=True, samesite='lax')
        return answer

    async def change_password(self, request: Request) -> Response:
        """Set another password; the user's other sessions end."""
        given = await read_json(request, PasswordChange)
        claims = self._claims(request)
        caller = caller_of(request)
        current, new = given.current_password, given.new_password
        self._accounts.check_new_password(claims, current, new)
        await self._attempts.make(
            lambda: self._accounts.change_password(claims, current, new, caller), caller, claims.user_id
        )
        return _answer(Done())

    async def verify(self, request: Request) -> Response:
        """Whose token or cookie this is."""
        claims = self._claims(request)
        user = self._parts.users.by_id(claims.user_id)
        assert user is not None
        return _answer(Verified(user=UserShown.of(user), expires_at=moment(claims.expires_at)))

    async def jwks(self) -> Response:
        """The public keys that check our tokens."""
        return JSONResponse(self._parts.keys.jwks(), headers={'Cache-Control': 'public, max-age=300'})

    async def health(self) -> Response:
        """Whether the service answers."""
        return _answer(Healthy())

    def _add(
        self,
        route: str,
        run: Callable[..., Any],
        gives: type[Shape],
        takes: type[Shape] | None = None,
        *,
        status: int = 200,
    ) -> None:
        method, path = route.split()
        extra = taken_as(takes) if takes else None
        self.router.add_api_route(
            path, run, methods=[method], response_model=gives, status_code=status, openapi_extra=extra
        )

    def _claims(self, request: Request) -> Claims:
        claims = self._parts.verifier.verify(request.headers.get('authorization'), request.cookies.get(COOKIE))
        if claims is None:
            raise NotLoggedIn('This needs a login.')
        return claims

    def _tokens_for(self, login: Login) -> Response:
        lifetime = self._parts.policy.access_lifetime
        token = self._parts.tokens.sign(login.user, login.session.id, int(self._parts.clock()) + lifetime)
        shown = UserShown.of(login.user)
        return _answer(LoggedIn(token=token, refresh_token=login.secret, expires_in=lifetime, user=shown))


def _answer(content: Shape, status: int = 200) -> Response:
    return Response(content.model_dump_json(), status, media_type='application/json')
