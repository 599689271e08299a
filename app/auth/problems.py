"""Refusals that a caller can understand, as RFC 9457 problem documents."""

from __future__ import annotations

import math
from typing import Any, ClassVar


class Problem(Exception):
    """Base of all refusals: a stable `code`, a title, and a sentence with the remedy."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = 'internal'
    title: ClassVar[str] = 'Internal error'

    def __init__(self, detail: str, *, retry_after: float | None = None, errors: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or {}
        self.headers = {} if retry_after is None else {'Retry-After': str(max(1, math.ceil(retry_after)))}

    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        body = {'type': self.code, 'title': self.title, 'status': self.status, 'detail': self.detail}
        return body | ({'errors': self.errors} if self.errors else {})


class Malformed(Problem):
    """The request could not be understood at all."""

    status, code, title = 400, 'malformed', 'Malformed request'


class NotLoggedIn(Problem):
    """No credentials, or wrong ones, or some that are no longer good."""

    status, code, title = 401, 'not_logged_in', 'Not logged in'


class Denied(Problem):
    """Whoever asks, this is not allowed."""

    status, code, title = 403, 'denied', 'Not allowed'


class NotFound(Problem):
    """There is nothing at this address."""

    status, code, title = 404, 'not_found', 'Not found'


class MethodNotAllowed(Problem):
    """The address exists, but not with this method."""

    status, code, title = 405, 'method_not_allowed', 'Method not allowed'


class Conflict(Problem):
    """Somebody else has this already."""

    status, code, title = 409, 'conflict', 'Conflict'


class TooLarge(Problem):
    """The body exceeds the limit."""

    status, code, title = 413, 'too_large', 'Too large'


class Unsupported(Problem):
    """The body is in a format that is not taken here."""

    status, code, title = 415, 'unsupported', 'Unsupported format'


class Invalid(Problem):
    """The values are wrong, with one message per field."""

    status, code, title = 422, 'invalid', 'Invalid values'

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(' '.join(errors.values()), errors=errors)


class TooMany(Problem):
    """Too many attempts; later ones are welcome."""

    status, code, title = 429, 'too_many_requests', 'Too many attempts'


class Unavailable(Problem):
    """Nothing is wrong with the request; it cannot be served now."""

    status, code, title = 503, 'unavailable', 'Not available now'
