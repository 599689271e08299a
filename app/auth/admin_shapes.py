"""What goes in and out over HTTP where accounts are managed."""

from __future__ import annotations

from pydantic import Field

from app.auth.api_keys import ApiKey
from app.auth.sessions import Session
from app.auth.shapes import Shape, UserShown, moment


class NewUser(Shape):
    """An account that an admin makes for somebody."""

    username: str = Field(max_length=320)
    email: str = Field(max_length=320)
    password: str = Field(max_length=1024, repr=False)
    roles: list[str] = Field(default=['user'], max_length=20)


class UserChange(Shape):
    """What an admin alters; what is left out stays."""

    username: str | None = Field(default=None, max_length=320)
    email: str | None = Field(default=None, max_length=320)
    roles: list[str] | None = Field(default=None, max_length=20)
    disabled: bool | None = None


class UserPage(Shape):
    """A part of the list of users."""

    users: list[UserShown]
    total: int
    roles: list[str]
    """The roles that the config or some user names."""


class ResetLink(Shape):
    """To be handed to the user; it works once."""

    link: str
    expires_at: str


class ProfileChange(Shape):
    """What a user sets for himself."""

    time_zone: str | None = Field(default=None, max_length=64)
    language: str | None = Field(default=None, max_length=10)


class SessionShown(Shape):
    """Where somebody is logged in."""

    id: str
    kind: str
    address: str
    agent: str
    created_at: str
    last_seen: str
    current: bool

    @classmethod
    def of(cls, session: Session, current: str) -> SessionShown:
        """Everything but the secret."""
        return cls(
            id=session.id,
            kind=session.kind,
            address=session.address,
            agent=session.agent,
            created_at=moment(session.created_at),
            last_seen=moment(session.last_seen),
            current=session.id == current,
        )


class SessionList(Shape):
    """The one used last first."""

    sessions: list[SessionShown]


class NewKey(Shape):
    """An API key to be made; without `days` it does not run out."""

    name: str = Field(max_length=80)
    scopes: list[str] = Field(max_length=50)
    days: int | None = Field(default=None, ge=1, le=3650)


class KeyShown(Shape):
    """An API key without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    last_used: str | None

    @classmethod
    def of(cls, key: ApiKey) -> KeyShown:
        """Everything but the secret."""
        return cls(
            id=key.id,
            name=key.name,
            scopes=list(key.scopes),
            created_at=moment(key.created_at),
            expires_at=moment(key.expires_at) if key.expires_at is not None else None,
            last_used=moment(key.last_used) if key.last_used is not None else None,
        )


class KeyMade(Shape):
    """The only answer that ever holds the secret."""

    key: KeyShown
    secret: str


class KeyList(Shape):
    """Newest first."""

    keys: list[KeyShown]


class SecurityEventShown(Shape):
    """One entry of the audit log."""

    id: int
    recorded_at: str
    type: str
    user: str
    actor: str
    address: str
    detail: str


class AuditPage(Shape):
    """Newest first."""

    events: list[SecurityEventShown]
    next: int | None


class KeysRotated(Shape):
    """The key that signs from now on; older ones are good until the tokens they signed have run out."""

    signing: str
    accepted: list[str]
