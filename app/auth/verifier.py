"""Who is asking: decided in memory, for every request of every port."""

from __future__ import annotations

from app.auth.claims import Claims
from app.auth.sessions import Session, Sessions
from app.auth.tokens import Tokens
from app.auth.users import User
from app.auth.workers import Workers


class Verifier:
    """Turns a bearer token or a session cookie into claims."""

    def __init__(self, sessions: Sessions, tokens: Tokens, background: Workers) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._background = background

    def verify(self, authorization: str | None, session_cookie: str | None) -> Claims | None:
        """The claims, or nothing; a bad token is not made good by a cookie, as tokens are exempt from origin checks."""
        if authorization:
            claims = self._of_header(authorization)
        elif session_cookie:
            claims = self._of_cookie(session_cookie)
        else:
            return None
        if self._sessions.due():
            self._background.later(self._sessions.tidy)
        return claims

    def _of_header(self, authorization: str) -> Claims | None:
        scheme, _, token = authorization.partition(' ')
        said = self._tokens.read(token.strip()) if scheme.lower() == 'bearer' else None
        live = self._sessions.live(said.session_id) if said else None
        if said is None or live is None:
            return None
        return _claims(*live, min(said.expires_at, int(self._sessions.ends_at_last(live[0]))))

    def _of_cookie(self, session_cookie: str) -> Claims | None:
        live = self._sessions.of_cookie(session_cookie)
        return _claims(*live, int(self._sessions.ends_at(live[0]))) if live else None


def _claims(session: Session, user: User, expires_at: int) -> Claims:
    return Claims(user.id, user.username, user.roles, session.id, None, expires_at)
