"""The parts of the service, put together once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.auth.accounts import Accounts
from app.auth.administration import Administration
from app.auth.api_keys import ApiKeys
from app.auth.attempts import Attempts
from app.auth.database import Database
from app.auth.events import Caller, SecurityEvents
from app.auth.keys import Keys
from app.auth.own_account import OwnAccount
from app.auth.passwords import Passwords
from app.auth.policy import Policy
from app.auth.reset_links import ResetLinks
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

    def __init__(
        self,
        data: Path,
        issuer: str,
        policy: Policy,
        clock: Callable[[], float],
    ) -> None:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.policy = policy
        self.clock = clock
        self.keys = Keys(data / 'keys')
        self.database = Database(data / 'auth.duckdb')
        self.events = SecurityEvents(self.database, clock)
        self.users = Users(self.database)
        self.api_keys = ApiKeys(self.database, self.users, clock)
        self.passwords = Passwords(policy.bcrypt_cost)
        self.issuer = issuer
        self.sessions = Sessions(self.database, self.users, policy, clock)
        self.tokens = Tokens(self.keys, issuer, clock)
        self.slow = Workers('passwords', PASSWORD_THREADS, policy.waiting, polite=True)
        self.quick = Workers('quick', 1, QUICK_WAITING)
        self.attempts = Attempts(Throttle(policy, clock), self.slow, self.users)
        shared: dict[str, Any] = {
            'database': self.database,
            'users': self.users,
            'sessions': self.sessions,
            'events': self.events,
            'clock': clock,
        }
        self.accounts = Accounts(**shared, passwords=self.passwords, policy=policy)
        self.own = OwnAccount(**shared, api_keys=self.api_keys)
        links = ResetLinks(self.users, policy.reset_lifetime, clock)
        self.administration = Administration(
            **shared, api_keys=self.api_keys, reset_links=links, passwords=self.passwords
        )
        self.verifier = Verifier(self.sessions, self.tokens, self.api_keys, lambda: self.quick.later(self._tidy))
        self.setup = Setup(self.users, issuer, policy, clock)

    def rotate_keys(self, caller: Caller) -> list[str]:
        """Sign with a new key from now on; returns the ids of the keys that are accepted, the new one last. Blocks."""
        with self.database.transaction() as transaction:
            accepted = self.keys.rotate()
            self.events.record(transaction, 'signing_key_rotated', caller, detail=accepted[-1])
        return accepted

    def close(self) -> None:
        """Finish what has begun, write down what is only in memory, and let go of the files."""
        self.slow.close()
        self.quick.close()
        self._tidy()
        self.database.close()

    def _tidy(self) -> None:
        self.sessions.tidy()
        self.sessions.interrupt(self.api_keys.run_out())
        with self.database.transaction() as transaction:
            self.api_keys.write_down_uses(transaction)
