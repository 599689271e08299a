"""What `app.yaml` may say: what concerns all of the system."""

from __future__ import annotations

from pydantic import Field as Option

from app.strict import Strict


class Snapshots(Strict):
    """When states of streams are kept, so that reading them needs few events."""

    every: int = Option(default=100, ge=0, le=100_000, description='Events of a stream between two; 0 for never.')


class Registration(Strict):
    """Who may make an account."""

    open: bool = False


class BrowserSessions(Strict):
    """How long a login lasts in a browser."""

    idle_hours: float = Option(default=12, gt=0, le=24 * 365, description='Hours without use after which it ends.')
    days: float = Option(default=7, gt=0, le=365, description='Days after which it ends however much it is used.')

    @property
    def seconds(self) -> tuple[float, float]:
        """Both times in seconds."""
        return self.idle_hours * 3600, self.days * 86400


class Application(Strict):
    """`app.yaml`: what concerns all of the system."""

    name: str = 'DBBasic'
    registration: Registration = Registration()
    cors_origins: tuple[str, ...] = ()
    sessions: BrowserSessions = BrowserSessions()
    snapshots: Snapshots = Snapshots()
