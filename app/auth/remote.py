"""The service as a program in another process sees it: over HTTP, by introspection (RFC 7662)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Self

import httpx

from app.auth.claims import Claims
from app.auth.shapes import Introspected

PATIENCE = 5.0
LOOK_EVERY = 0.4
REMEMBERED = 10_000

Credentials = tuple[str | None, str | None]


class Unreachable(Exception):
    """The service does not answer, so nobody can be vouched for."""


class RemoteAuth:
    """Asks for each request anew, so that whatever is revoked is refused from the next request on."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = httpx.AsyncClient(base_url=address, timeout=PATIENCE, trust_env=False)
        self._used: OrderedDict[str, Credentials] = OrderedDict()
        """By what each session was last shown to live."""
        self._on_ended: Callable[[str], None] = lambda _: None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def verify(self, authorization: str | None, session_cookie: str | None) -> Claims | None:
        """Whose `Authorization` header or session cookie this is; raises `Unreachable`."""
        if authorization:
            scheme, _, token = authorization.partition(' ')
            claims = await self._introspect(token.strip(), '') if scheme.lower() == 'bearer' else None
        else:
            claims = await self._introspect(session_cookie, 'session') if session_cookie else None
        if claims:
            self._used[claims.session_id] = authorization, session_cookie
            self._used.move_to_end(claims.session_id)
            if len(self._used) > REMEMBERED:
                self._used.popitem(last=False)
        return claims

    def find(self, _login: str) -> None:
        """Nobody: the service tells about those who show a token, and about nobody else."""

    def first_admin_link(self) -> None:
        """None: the service prints its link itself."""

    def on_ended(self, callback: Callable[[str], None]) -> None:
        """Call `callback` with the id of each session found ended by `watch`."""
        self._on_ended = callback

    async def watch(self, sessions: Callable[[], Iterable[str]]) -> None:
        """Ask after `sessions()` again and again."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            for session in list(sessions()):
                try:
                    if session in self._used and await self.verify(*self._used[session]) is None:
                        self._on_ended(session)
                except Unreachable:
                    break

    async def _introspect(self, token: str, hint: str) -> Claims | None:
        try:
            sent = await self._client.post('/introspect', data={'token': token, 'token_type_hint': hint})
        except httpx.HTTPError as error:
            raise Unreachable(f'The auth service at {self.address} does not answer: {error or type(error)}.') from error
        if sent.status_code in {413, 422}:
            return None  # no token of ours is that long
        if sent.status_code != 200:
            raise Unreachable(f'The auth service at {self.address} answers with {sent.status_code}.')
        return _claims(Introspected.model_validate_json(sent.content))


def _claims(said: Introspected) -> Claims | None:
    if not said.active:
        return None
    scopes = tuple(said.scope.split()) if said.scope is not None else None
    return Claims(said.sub or '', said.username or '', tuple(said.roles or ()), said.sid or '', scopes, said.exp or 0)
