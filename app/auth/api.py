"""The REST API."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from app.auth.accounts import Login
from app.auth.endpoints import Endpoints, answer
from app.auth.parts import Parts
from app.auth.policy import COOKIE
from app.auth.problems import Invalid
from app.auth.reading import caller_of, read_form, read_json
from app.auth.registration import check
from app.auth.shapes import (
    Credentials,
    Done,
    Healthy,
    Introspected,
    Introspection,
    Leaving,
    LoggedIn,
    PasswordChange,
    Registered,
    Registration,
    Renewal,
    UserShown,
    Verified,
    moment,
)


class Api(Endpoints):
    """Logging in and out, for programs: JSON in and out."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._accounts = parts.accounts
        self._attempts = parts.attempts
        self.add('POST /api/register', self.register, Registered, Registration, status=201)
        self.add('POST /api/login', self.log_in, LoggedIn, Credentials)
        self.add('POST /api/refresh', self.refresh, LoggedIn, Renewal)
        self.add('POST /api/logout', self.log_out, Done, Leaving)
        self.add('POST /api/change-password', self.change_password, Done, PasswordChange)
        self.add('GET /api/verify', self.verify, Verified)
        self.add('GET /health', self.health, Healthy)
        self.add('POST /introspect', self.introspect, Introspected, Introspection, form=True)
        self.router.add_api_route('/.well-known/jwks.json', self.jwks, methods=['GET'])

    async def register(self, request: Request) -> Response:
        """Make an account, where the config lets anyone do so."""
        wanted = await read_json(request, Registration)
        caller = caller_of(request)
        self._accounts.check_open()
        candidate = check(wanted.username, wanted.email, wanted.password)
        user = await self._attempts.make(lambda: self._accounts.register(candidate, caller), caller, costs=True)
        return answer(Registered(user=UserShown.of(user)), 201)

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
        claims, caller = self.person(request)
        await self.parts.quick.run(lambda: self._accounts.log_out(claims, leaving.all, caller))
        said = answer(Done())
        if COOKIE in request.cookies:
            said.delete_cookie(COOKIE, path='/', httponly=True, samesite='lax')
        return said

    async def change_password(self, request: Request) -> Response:
        """Set another password; the user's other sessions end."""
        given = await read_json(request, PasswordChange)
        claims, caller = self.person(request)
        current, new = given.current_password, given.new_password
        self._accounts.check_new_password(claims, current, new)
        await self._attempts.make(
            lambda: self._accounts.change_password(claims, current, new, caller), caller, claims.user_id
        )
        return answer(Done())

    async def verify(self, request: Request) -> Response:
        """Whose token or cookie this is."""
        claims = self.claims(request)
        user = self.parts.users.by_id(claims.user_id)
        assert user is not None
        return answer(Verified(user=UserShown.of(user), expires_at=moment(claims.expires_at)))

    async def introspect(self, request: Request) -> Response:
        """What a token or session cookie is good for (RFC 7662), for services in other processes."""
        sent = await read_form(request, Introspection)
        if sent.token_type_hint == 'session':
            claims = self.parts.verifier.verify(None, sent.token)
        else:
            claims = self.parts.verifier.verify(f'Bearer {sent.token}', None)
        return answer(Introspected.of(claims))

    async def jwks(self) -> Response:
        """The public keys that check our tokens."""
        return JSONResponse(self.parts.keys.jwks(), headers={'Cache-Control': 'public, max-age=300'})

    async def health(self) -> Response:
        """Whether the service answers."""
        return answer(Healthy())

    def _tokens_for(self, login: Login) -> Response:
        lifetime = self.parts.policy.access_lifetime
        token = self.parts.tokens.sign(login.user, login.session.id, int(self.parts.clock()) + lifetime)
        shown = UserShown.of(login.user)
        return answer(LoggedIn(token=token, refresh_token=login.secret, expires_in=lifetime, user=shown))
