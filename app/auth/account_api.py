"""REST for one's own account: profile, sessions, API keys."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from app.auth.admin_shapes import KeyList, KeyMade, KeyShown, NewKey, ProfileChange, SessionList, SessionShown
from app.auth.endpoints import Endpoints, answer
from app.auth.parts import Parts
from app.auth.problems import NotLoggedIn
from app.auth.reading import read_json
from app.auth.shapes import Done, UserShown


class AccountApi(Endpoints):
    """What everybody may do with what is theirs."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.add('GET /api/me', self.me, UserShown)
        self.add('PATCH /api/me', self.change_me, UserShown, ProfileChange)
        self.add('GET /api/sessions', self.sessions, SessionList)
        self.add('DELETE /api/sessions/{id}', self.end_session, Done)
        self.add('GET /api/keys', self.keys, KeyList)
        self.add('POST /api/keys', self.make_key, KeyMade, NewKey, status=201)
        self.add('DELETE /api/keys/{id}', self.revoke_key, Done)

    async def me(self, request: Request) -> Response:
        """One's own account."""
        user = self.parts.users.by_id(self.claims(request).user_id)
        if user is None:
            raise NotLoggedIn('This account is gone.')
        return answer(UserShown.of(user))

    async def change_me(self, request: Request) -> Response:
        """Set the time zone and the language."""
        claims, caller = self.person(request)
        changes = (await read_json(request, ProfileChange)).model_dump(exclude_none=True)
        user = await self.parts.quick.run(lambda: self.parts.own.change_profile(claims, changes, caller))
        return answer(UserShown.of(user))

    async def sessions(self, request: Request) -> Response:
        """Where one is logged in."""
        claims, _ = self.person(request)
        sessions = self.parts.own.sessions_of(claims.user_id)
        return answer(SessionList(sessions=[SessionShown.of(session, claims.session_id) for session in sessions]))

    async def end_session(self, request: Request, id: str) -> Response:
        """End one session; admins may end anyone's."""
        claims, caller = self.person(request)
        await self.parts.quick.run(lambda: self.parts.own.end_session(claims, id, caller))
        return answer(Done())

    async def keys(self, request: Request) -> Response:
        """One's API keys, without their secrets."""
        claims, _ = self.person(request)
        return answer(KeyList(keys=[KeyShown.of(key) for key in self.parts.api_keys.of_user(claims.user_id)]))

    async def make_key(self, request: Request) -> Response:
        """A new API key; its secret is shown this once."""
        claims, caller = self.person(request)
        wanted = await read_json(request, NewKey)
        key, secret = await self.parts.quick.run(
            lambda: self.parts.own.make_key(claims, wanted.name, wanted.scopes, wanted.days, caller)
        )
        return answer(KeyMade(key=KeyShown.of(key), secret=secret), 201)

    async def revoke_key(self, request: Request, id: str) -> Response:
        """Make a key useless at once; admins may revoke anyone's."""
        claims, caller = self.person(request)
        await self.parts.quick.run(lambda: self.parts.own.revoke_key(claims, id, caller))
        return answer(Done())
