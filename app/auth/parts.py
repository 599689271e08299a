"""The parts of the service, put together once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.auth.accounts import Accounts
from app.auth.attempts import Attempts
from app.auth.database import Database
from app.auth.events import SecurityEvents
from app.auth.keys import Keys
from app.auth.policy import Policy
from app.auth.sessions import Sessions
from app.auth.setup import Setup
from app.auth.throttle import Throttle
from app.auth.tokens import Tokens
from app.auth.users import Users
from app.auth.verifier import Verifier
from app.auth.workers import Workers

PASSWORD_THREADS = 2
QUICK_WAITING = 256


class Parts:
    """What the API and the pages are made of."""

    def __init__(self, data: Path, issuer: str, policy: Policy, clock: Callable[[], float]) -> None:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.policy = policy
        self.clock = clock
        self.keys = Keys(data / 'keys')
        self.database = Database(data / 'auth.duckdb')
        self.events = SecurityEvents(self.database, clock)
        self.users = Users(self.database)
        self.sessions = Sessions(self.database, self.users, policy, clock)
        self.tokens = Tokens(self.keys, issuer, clock)
        self.slow = Workers('passwords', PASSWORD_THREADS, policy.waiting)
        self.quick = Workers('quick', 1, QUICK_WAITING)
        self.attempts = Attempts(Throttle(policy, clock), self.slow, self.users)
        self.accounts = Accounts(
            database=self.database,
            users=self.users,
            sessions=self.sessions,
            events=self.events,
            policy=policy,
            clock=clock,
        )
        self.verifier = Verifier(self.sessions, self.tokens, self.quick)
        self.setup = Setup(self.users, issuer, policy, clock)

    def close(self) -> None:
        """Finish what has begun, write down what is only in memory, and let go of the files."""
        self.slow.close()
        self.quick.close()
        self.sessions.tidy()
        self.database.close()
