"""The service as the rest of the program sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI

from app.auth.claims import Claims
from app.auth.database import count_rows
from app.auth.events import Caller
from app.auth.origin import Origins
from app.auth.parts import Parts
from app.auth.policy import Policy
from app.auth.problems import Problem
from app.auth.registration import check
from app.auth.screen import Screen
from app.auth.web import build_app


class Auth:
    """Accounts, sessions and tokens in one folder; `app` is the web server."""

    def __init__(self, parts: Parts, app: FastAPI) -> None:
        self.app = app
        self._parts = parts

    @classmethod
    def open(
        cls,
        data: Path,
        *,
        issuer: str = 'http://localhost:8010',
        home: str = 'http://localhost:8000/',
        stylesheet: str = '/assets/style.css',
        policy: Policy = Policy(),  # noqa: B008 - it is frozen
        allowed_origin: Callable[[str], bool] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Auth:
        """Open the database in `data`, or make one; blocks for a moment."""
        issuer = issuer.rstrip('/')
        parts = Parts(Path(data), issuer, policy, clock)
        origins = Origins(issuer=issuer, home=home, allowed=allowed_origin)
        return cls(parts, build_app(parts, origins, Screen(home, stylesheet)))

    def verify(self, authorization: str | None, session_cookie: str | None) -> Claims | None:
        """Whose `Authorization` header or session cookie this is; microseconds, and never blocks."""
        return self._parts.verifier.verify(authorization, session_cookie)

    def find(self, login: str) -> Claims | None:
        """What somebody would be vouched for if he were logged in; by name or address."""
        user = self._parts.users.by_login(login)
        return Claims(user.id, user.username, user.roles, '', None, 0) if user and not user.disabled else None

    def on_ended(self, callback: Callable[[str], None]) -> None:
        """Call `callback` with the id of each session that ends, from any thread; it must not block."""
        self._parts.sessions.on_ended(callback)

    def first_admin_link(self) -> str | None:
        """The one-time link to make the first admin, or nothing once there is one."""
        return self._parts.setup.link()

    def create_admin(self, username: str, email: str, password: str) -> None:
        """Make the first admin, or raise `ValueError` with the reason; blocks."""
        try:
            self._parts.accounts.create_admin(check(username, email, password), Caller())
        except Problem as problem:
            mistakes = [f'{name}: {message}' for name, message in problem.errors.items()]
            raise ValueError(' '.join(mistakes) or problem.detail) from problem

    def copy_to(self, path: Path) -> dict[str, int]:
        """Write a copy of the database to `path` and say how much it holds; signing keys are not in it. Blocks."""
        self._parts.database.copy_to(path)
        return count_rows(path)

    @staticmethod
    def check_copy(path: Path) -> dict[str, int]:
        """How much a copy holds, having read all of it; raises `Unreadable`."""
        return count_rows(path)

    def close(self) -> None:
        """Finish what has begun and let go of the file."""
        self._parts.close()
