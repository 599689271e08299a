"""Who is asking."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """A verified identity; made by `main` from what the auth service vouches for."""

    id: str
    name: str
    roles: frozenset[str] = frozenset()
    session: str = ''

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


ANONYMOUS = Principal(id='', name='anonymous')
SYSTEM = Principal(id='system', name='system', roles=frozenset({'admin'}))
