"""Who is asking: decided in memory, for every request of every port."""

from __future__ import annotations

from collections.abc import Callable

from app.auth.api_keys import PREFIX, ApiKey, ApiKeys
from app.auth.claims import Claims
from app.auth.sessions import Session, Sessions
from app.auth.tokens import Tokens
from app.auth.users import User

FOREVER = 253402300799
"""The end of the year 9999, in seconds since 1970."""


class Verifier:
    """Turns a bearer token or a session cookie into claims."""

    def __init__(self, sessions: Sessions, tokens: Tokens, api_keys: ApiKeys, tidy: Callable[[], None]) -> None:
        self._sessions = sessions
        self._api_keys = api_keys
        self._tokens = tokens
        self._tidy = tidy

    def verify(self, authorization: str | None, session_cookie: str | None) -> Claims | None:
        """The claims, or nothing; a bad token is not made good by a cookie, as tokens are exempt from origin checks."""
        if authorization:
            claims = self._of_header(authorization)
        elif session_cookie:
            claims = self._of_cookie(session_cookie)
        else:
            return None
        if self._sessions.due():
            self._tidy()
        return claims

    def _of_header(self, authorization: str) -> Claims | None:
        scheme, _, token = authorization.partition(' ')
        if token.startswith(PREFIX) and scheme.lower() == 'bearer':
            found = self._api_keys.find(token.strip())
            return _claims_of_key(*found) if found else None
        said = self._tokens.read(token.strip()) if scheme.lower() == 'bearer' else None
        live = self._sessions.live(said.session_id) if said else None
        if said is None or live is None:
            return None
        return _claims(*live, min(said.expires_at, int(self._sessions.ends_at_last(live[0]))))

    def _of_cookie(self, session_cookie: str) -> Claims | None:
        live = self._sessions.of_cookie(session_cookie)
        return _claims(*live, int(self._sessions.ends_at(live[0]))) if live else None


def _claims_of_key(key: ApiKey, user: User) -> Claims:
    expires_at = int(key.expires_at) if key.expires_at is not None else FOREVER
    return Claims(user.id, user.username, user.roles, key.session_id, key.scopes, expires_at)


def _claims(session: Session, user: User, expires_at: int) -> Claims:
    return Claims(user.id, user.username, user.roles, session.id, None, expires_at)
