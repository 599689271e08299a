"""Who is asking."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """A verified identity; made by `main` from what the auth service vouches for."""

    id: str
    name: str
    roles: frozenset[str] = frozenset()
    session: str = ''
    scopes: frozenset[str] | None = None
    """What an API key is limited to; `None` is everything that the roles allow."""

    @property
    def anonymous(self) -> bool:
        """Whether nobody is logged in."""
        return not self.id

    @property
    def admin(self) -> bool:
        """Whether every action on every record is allowed."""
        return 'admin' in self.roles

    @property
    def reads_log(self) -> bool:
        """Whether the raw log may be read, which bypasses the rules of every entity."""
        return bool(self.roles & {'admin', 'auditor'})

    @property
    def appends_events(self) -> bool:
        """Whether events may be appended to streams that no service owns."""
        return 'events:append' in self.scopes if self.scopes is not None else self.admin


ANONYMOUS = Principal(id='', name='anonymous')
SYSTEM = Principal(id='system', name='system', roles=frozenset({'admin'}))
