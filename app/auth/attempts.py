"""The way to every credential: first the throttle, then a thread with room for the slow hash."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.auth.events import Caller
from app.auth.problems import Unavailable
from app.auth.throttle import Throttle
from app.auth.users import Users
from app.auth.workers import Workers

Result = TypeVar('Result')


class Attempts:
    """Runs what checks or sets a secret."""

    def __init__(self, throttle: Throttle, slow: Workers, users: Users) -> None:
        self._throttle = throttle
        self._slow = slow
        self._users = users

    async def make(
        self, work: Callable[[], Result], caller: Caller, account: str | None = None, *, costs: bool = False
    ) -> Result:
        """The result of `work`; an attempt counts if it raises a `Problem`, and also if it succeeds when it `costs`."""
        self._throttle.admit(caller.address, account)
        try:
            result = await self._slow.run(work)
        except Unavailable:
            self._throttle.withdraw(caller.address, account)
            raise
        if not costs:
            self._throttle.succeeded(caller.address, account)
        return result

    def account(self, login: str) -> str:
        """One name for an account, by whichever of its names it is addressed, and for those that do not exist."""
        user = self._users.by_login(login)
        return user.id if user else f'unknown {login.strip().lower()[:320]}'
