"""What pages may use of the running system; `main` fills it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from nicegui import ui

from app.crud import Records, Views
from app.errors import NotLoggedIn
from app.events import DuckDBLog
from app.http import principal_of
from app.permissions import ANONYMOUS, Principal
from app.schema import Entity
from app.services import url


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """The services by their Python interfaces, and who is looking."""

    base_port: int
    cookie: str
    identify: Callable[[str | None, str | None], Awaitable[Principal | None]]
    entities: Callable[[], Mapping[str, Entity]]
    name: Callable[[], str]
    log: DuckDBLog
    views: Views
    records: Records

    def url(self, service: str, path: str = '/') -> str:
        """The address of a page of a service."""
        return url(service, path, base_port=self.base_port)

    def visitor(self) -> Principal:
        """Who opened the page, as verified then; for building it."""
        request = ui.context.client.request
        return principal_of(request) if request else ANONYMOUS

    async def acting(self) -> Principal:
        """Who acts on the page now; every handler asks anew, because sessions end. Raises `NotLoggedIn`."""
        request = ui.context.client.request
        principal = await self.identify(None, request.cookies.get(self.cookie)) if request else None
        if principal is None:
            raise NotLoggedIn('Your session has ended. Log in again.')
        return principal

    def theme(self) -> bool | None:
        """Dark, light, or as the device prefers."""
        request = ui.context.client.request
        return {'dark': True, 'light': False}.get(request.cookies.get('dbbasic_theme', '') if request else '')
