"""The auth service: users, sessions and tokens, in a database of its own. It needs nothing else of the project."""

from app.auth.auth import Auth
from app.auth.claims import Claims
from app.auth.database import Unreadable
from app.auth.policy import COOKIE, Policy
from app.auth.remote import RemoteAuth, Unreachable

__all__ = ['COOKIE', 'Auth', 'Claims', 'Policy', 'RemoteAuth', 'Unreachable', 'Unreadable']
