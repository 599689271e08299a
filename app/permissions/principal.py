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
        """Whether everything is allowed, without any limit."""
        return 'admin' in self.roles and (self.scopes is None or '*' in self.scopes)

    @property
    def reads_log(self) -> bool:
        """Whether the raw log may be read, which bypasses the rules of every entity."""
        return bool(self.roles & {'admin', 'auditor'}) and self.in_scope('events', 'read')

    @property
    def appends_events(self) -> bool:
        """Whether events may be appended to streams that no service owns."""
        return 'admin' in self.roles and self.in_scope('events', 'append')

    def in_scope(self, resource: str, action: str) -> bool:
        """Whether the API key that is used, if one is, covers this; a key narrows what the roles allow."""
        if self.scopes is None:
            return True
        verbs = {action, '*'} | ({'write'} if action in {'create', 'update', 'delete'} else set())
        wanted = {f'{name}:{verb}' for name in (resource, '*') for verb in verbs} | {'*'}
        return bool(self.scopes & wanted)


ANONYMOUS = Principal(id='', name='anonymous')
SYSTEM = Principal(id='system', name='system', roles=frozenset({'admin'}))
