"""The services that exist: one row each, and the only port numbers in the project.

A service is `app/<name>` (a module, or a package once it outgrows one file) and `pages/<name>`.
"""

from dataclasses import dataclass

DEFAULT_BASE_PORT = 8000


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One port: its name in code and in the address bar of a reader's mind."""

    name: str
    offset: int
    title: str
    icon: str

    def port(self, base_port: int) -> int:
        """The TCP port of this service on a system whose first port is `base_port`."""
        return base_port + self.offset


SERVICES = (
    Service(name='portal', offset=0, title='Portal', icon='space_dashboard'),
    Service(name='crud', offset=5, title='Data', icon='table_rows'),
    Service(name='events', offset=7, title='Events', icon='history'),
    Service(name='auth', offset=10, title='Account', icon='account_circle'),
)


def service(name: str) -> Service:
    """The row of the service called `name`."""
    return next(row for row in SERVICES if row.name == name)


def own_origins(base_port: int) -> frozenset[str]:
    """The origins whose pages may act with a user's cookie: all but that of the generated sites."""
    return frozenset(url(row.name, '', base_port=base_port) for row in SERVICES if row.name != 'site')


def url(name: str, path: str = '/', *, base_port: int, host: str = 'localhost') -> str:
    """The absolute address of `path` on the service called `name`."""
    return f'http://{host}:{service(name).port(base_port)}{path}'
