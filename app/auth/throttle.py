"""Guessing passwords is slow: per address by a limit, per account by a growing delay."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from app.auth.policy import Policy
from app.auth.problems import TooMany

REMEMBERED = 10_000
"""Addresses and accounts each; the one that was quiet for longest is forgotten first."""
MINUTE = 60.0
FORGIVEN_AFTER = 3600.0

Value = TypeVar('Value')


class Throttle:
    """Counts every attempt as failed until it is said to have been good, so that guessing in parallel gains nothing."""

    def __init__(self, policy: Policy, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._addresses: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._accounts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def admit(self, address: str, account: str | None = None) -> None:
        """Count an attempt, or raise `TooMany`; an attempt that is refused does not count."""
        now = self._clock()
        with self._lock:
            tokens = self._tokens(address, now)
            failures, last = self._failures(account, now)
            wait = last + self._delay(failures) - now
            if wait > 0:
                raise TooMany('Too many wrong passwords for this account. Wait a moment.', retry_after=wait)
            if tokens < 1:
                wait = (1 - tokens) * MINUTE / self._policy.address_attempts
                raise TooMany('Too many attempts from your address. Wait a moment.', retry_after=wait)
            _remember(self._addresses, address, (tokens - 1, now))
            if account is not None:
                _remember(self._accounts, account, (failures + 1, now))

    def succeeded(self, address: str, account: str | None = None) -> None:
        """Take back what `admit` counted, and forgive the account its failures."""
        with self._lock:
            self._give_back(address)
            if account is not None:
                self._accounts.pop(account, None)

    def withdraw(self, address: str, account: str | None = None) -> None:
        """Take back what `admit` counted, because nothing was tried."""
        with self._lock:
            self._give_back(address)
            failures, last = self._accounts.get(account or '', (0, 0.0))
            if account is not None and failures:
                self._accounts[account] = (failures - 1, last)

    def _give_back(self, address: str) -> None:
        tokens, then = self._addresses.get(address, (0.0, 0.0))
        if address in self._addresses:
            self._addresses[address] = (min(tokens + 1, self._policy.address_attempts), then)

    def _tokens(self, address: str, now: float) -> float:
        most = float(self._policy.address_attempts)
        tokens, then = self._addresses.get(address, (most, now))
        return min(most, tokens + max(0.0, now - then) * most / MINUTE)

    def _failures(self, account: str | None, now: float) -> tuple[int, float]:
        failures, last = self._accounts.get(account or '', (0, now))
        return (0, now) if now - last > FORGIVEN_AFTER else (failures, last)

    def _delay(self, failures: int) -> float:
        beyond = failures - self._policy.account_attempts
        return min(self._policy.longest_delay, 2.0 ** min(beyond + 1, 30)) if beyond >= 0 else 0.0


def _remember(kept: OrderedDict[str, Value], key: str, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)
