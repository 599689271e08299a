"""Access tokens: short-lived JWTs that name a session."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from app.auth.identifier import new_id
from app.auth.keys import Keys
from app.auth.users import User

ALGORITHM = 'EdDSA'
AUDIENCE = 'dbbasic'
LONGEST = 4096
REMEMBERED = 10_000
REQUIRED = frozenset({'iss', 'aud', 'sub', 'jti', 'sid', 'iat', 'exp'})


@dataclass(frozen=True, slots=True)
class Pass:
    """What a genuine token says; whether its session still lives is another question."""

    session_id: str
    user_id: str
    expires_at: int
    key_id: str


class Tokens:
    """Signs and reads tokens; a token read once is remembered, because checking a signature costs 100 microseconds."""

    def __init__(self, keys: Keys, issuer: str, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self._signatures = jwt.PyJWS([ALGORITHM])
        self._read: OrderedDict[str, Pass] = OrderedDict()
        self._headers: dict[str, str] = {}
        """First part of genuine tokens -> id of the key; it is the same in all tokens of a key."""

    def sign(self, user: User, session_id: str, expires_at: int) -> str:
        """A token for a session of the user."""
        said = {
            'iss': self._issuer,
            'aud': AUDIENCE,
            'sub': user.id,
            'jti': new_id(),
            'sid': session_id,
            'roles': list(user.roles),
            'username': user.username,
            'iat': int(self._clock()),
            'exp': expires_at,
        }
        key = self._keys.signing
        return jwt.encode(said, key.private, algorithm=ALGORITHM, headers={'kid': key.id})

    def read(self, token: str) -> Pass | None:
        """What a token says if it is genuine and in time."""
        known = self._read.get(token)
        if known is None:
            known = self._check(token)
            if known is None:
                return None
            self._read[token] = known
            if len(self._read) > REMEMBERED:
                self._read.popitem(last=False)
        return known if known.expires_at > self._clock() and self._keys.find(known.key_id) else None

    def _check(self, token: str) -> Pass | None:
        if len(token) > LONGEST:
            return None
        try:
            header = token.partition('.')[0]
            key = self._keys.find(self._headers.get(header) or jwt.get_unverified_header(token).get('kid'))
            if key is None:
                return None
            said = json.loads(self._signatures.decode(token, key.public, [ALGORITHM]))
            if said['iss'] != self._issuer or said['aud'] != AUDIENCE or not said.keys() >= REQUIRED:
                return None
            self._headers[header] = key.id
            return Pass(str(said['sid']), str(said['sub']), int(said['exp']), key.id)
        except (jwt.InvalidTokenError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
            return None
