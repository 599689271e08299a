"""Which pages may act with somebody's cookie, and where a login may lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from starlette.requests import Request

from app.auth.problems import Denied

SAFE = frozenset({'GET', 'HEAD', 'OPTIONS'})
PORTS = {'http': 80, 'https': 443}


@dataclass(frozen=True, kw_only=True, slots=True)
class Origins:
    """The service's own origin, and those of the other services."""

    issuer: str
    home: str
    allowed: Callable[[str], bool] | None

    def check(self, request: Request) -> None:
        """Refuse requests that another site's page makes a browser send; programs send neither header."""
        site = request.headers.get('sec-fetch-site')
        origin = request.headers.get('origin')
        if request.method in SAFE or request.headers.get('authorization') or site in {'same-origin', 'none'}:
            return
        if origin is not None and not self.trusts(origin, request):
            raise Denied(f'A page from {origin if origin != "null" else "another site"} may not do this for you.')
        if origin is None and site is not None:
            raise Denied('A page from another site may not do this for you.')

    def trusts(self, origin: str, request: Request) -> bool:
        """Whether an origin is this service or one of the others."""
        own = {_origin(urlsplit(self.issuer)), _origin(urlsplit(str(request.base_url)))}
        return origin in own or (self.allowed is not None and self.allowed(origin))

    def destination(self, wanted: str, request: Request) -> str:
        """Where to go after a login: the wanted address if it is one of ours, else home."""
        if not wanted or not wanted.isprintable() or ' ' in wanted or '\\' in wanted:
            return self.home
        if wanted.startswith('/'):
            return self.home if wanted.startswith('//') else wanted
        try:
            parts = urlsplit(wanted)
            origin = _origin(parts)
        except ValueError:
            return self.home
        ours = parts.scheme in PORTS and '@' not in parts.netloc and parts.hostname == request.url.hostname
        return wanted if ours and self.trusts(origin, request) else self.home


def _origin(parts: SplitResult) -> str:
    name = f'[{parts.hostname}]' if ':' in (parts.hostname or '') else parts.hostname
    shown = parts.port not in {None, PORTS.get(parts.scheme)}
    return f'{parts.scheme}://{name}:{parts.port}' if shown else f'{parts.scheme}://{name}'
