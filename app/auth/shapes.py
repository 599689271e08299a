"""What goes in and out over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.auth.claims import Claims
from app.auth.users import User


class Shape(BaseModel):
    """Nothing is converted, nothing is added, nothing changes."""

    model_config = ConfigDict(frozen=True, extra='forbid', strict=True, hide_input_in_errors=True)


class Registration(Shape):
    """A new account."""

    username: str = Field(max_length=320)
    email: str = Field(max_length=320)
    password: str = Field(max_length=1024, repr=False)


class Credentials(Shape):
    """Who logs in: `username` may also hold the e-mail address."""

    username: str = Field(default='', max_length=320)
    email: str = Field(default='', max_length=320)
    password: str = Field(max_length=1024, repr=False)

    @property
    def login(self) -> str:
        """The name or the address."""
        return self.username or self.email


class Renewal(Shape):
    """The token from the last login or refresh."""

    refresh_token: str = Field(max_length=512, repr=False)


class Leaving(Shape):
    """`all` ends the user's sessions on every device."""

    all: bool = False


class PasswordChange(Shape):
    """The old password and the new."""

    current_password: str = Field(max_length=1024, repr=False)
    new_password: str = Field(max_length=1024, repr=False)


class UserShown(Shape):
    """An account as others may see it."""

    id: str
    username: str
    email: str
    roles: list[str]
    disabled: bool
    created_at: str
    time_zone: str
    language: str

    @classmethod
    def of(cls, user: User) -> UserShown:
        """Everything but the hash."""
        return cls(
            id=user.id,
            username=user.username,
            email=user.email,
            roles=list(user.roles),
            disabled=user.disabled,
            created_at=moment(user.created_at / 1_000_000),
            time_zone=user.time_zone,
            language=user.language,
        )


class Registered(Shape):
    """The account that was made."""

    success: Literal[True] = True
    user: UserShown


class LoggedIn(Shape):
    """Tokens of an API client."""

    success: Literal[True] = True
    token: str
    refresh_token: str
    expires_in: int
    user: UserShown


class Done(Shape):
    """It worked."""

    success: Literal[True] = True


class Verified(Shape):
    """Whose credentials these are."""

    valid: Literal[True] = True
    user: UserShown
    expires_at: str


class Introspection(Shape):
    """RFC 7662; the hint `session` says that the token is a browser's cookie."""

    token: str = Field(max_length=4096, repr=False)
    token_type_hint: str = ''


class Introspected(Shape):
    """What the token is good for; an inactive one tells nothing else."""

    active: bool
    sub: str | None = None
    username: str | None = None
    roles: list[str] | None = None
    sid: str | None = None
    scope: str | None = None
    """Of an API key; left out where everything is allowed that the roles allow."""
    exp: int | None = None

    @classmethod
    def of(cls, claims: Claims | None) -> Introspected:
        """What a service needs to decide by itself."""
        if claims is None:
            return cls(active=False)
        return cls(
            active=True,
            sub=claims.user_id,
            username=claims.username,
            roles=list(claims.roles),
            sid=claims.session_id,
            scope=' '.join(claims.scopes) if claims.scopes is not None else None,
            exp=claims.expires_at,
        )


class Healthy(Shape):
    """The service answers."""

    status: Literal['ok'] = 'ok'
    service: Literal['auth'] = 'auth'


class ProblemShown(Shape):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, str] = {}
    request: str


def moment(seconds: float) -> str:
    """A time as RFC 3339."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace('+00:00', 'Z')


def taken_as(shape: type[Shape], *, form: bool = False) -> dict[str, Any]:
    """How the API's description shows a body."""
    kind = 'application/x-www-form-urlencoded' if form else 'application/json'
    return {'requestBody': {'required': True, 'content': {kind: {'schema': _schema_of(shape)}}}}


@cache
def _schema_of(shape: type[Shape]) -> dict[str, Any]:
    return shape.model_json_schema()
