"""Errors that users can cause and understand, as RFC 9457 problem documents. Anything else is a bug: a plain 500."""

from typing import Any, ClassVar


class Problem(Exception):
    """Base of all errors shown to users: a stable `code`, a title, a sentence that names the place and the remedy."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = 'internal'
    title: ClassVar[str] = 'Internal error'

    def __init__(self, detail: str = '', *, errors: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or {}
        self.extra = extra
        self.headers: dict[str, str] = {}

    def document(self) -> dict[str, Any]:
        """The body of the answer, ready for JSON."""
        body: dict[str, Any] = {'type': self.code, 'title': self.title, 'status': self.status, 'detail': self.detail}
        if self.errors:
            body['errors'] = self.errors
        return body | self.extra


class Malformed(Problem):
    """The request could not be understood at all."""

    status, code, title = 400, 'malformed', 'Malformed request'


class NotLoggedIn(Problem):
    """No token, or one that is no longer good."""

    status, code, title = 401, 'not_logged_in', 'Not logged in'


class Denied(Problem):
    """Logged in, but not allowed."""

    status, code, title = 403, 'denied', 'Not allowed'


class NotFound(Problem):
    """What was asked for does not exist."""

    status, code, title = 404, 'not_found', 'Not found'


class MethodNotAllowed(Problem):
    """The address exists, but not with this method."""

    status, code, title = 405, 'method_not_allowed', 'Method not allowed'


class Conflict(Problem):
    """The change does not fit what is there now."""

    status, code, title = 409, 'conflict', 'Conflict'


class Stale(Problem):
    """`If-Match` named a version that is no longer the newest."""

    status, code, title = 412, 'stale', 'Changed by someone else'


class TooLarge(Problem):
    """The request body exceeds a limit."""

    status, code, title = 413, 'too_large', 'Too large'


class NoSuchRange(Problem):
    """The part of a file that was asked for lies behind its end."""

    status, code, title = 416, 'no_such_range', 'No such range'


class Misdirected(Problem):
    """The Host header names a system that is not this one."""

    status, code, title = 421, 'misdirected', 'Unknown host'


class Invalid(Problem):
    """The values are wrong; `errors` has one message per field, ready for a form."""

    status, code, title = 422, 'invalid', 'Invalid values'

    def __init__(self, detail: str = '', *, errors: dict[str, str] | None = None, **extra: Any) -> None:
        sentence = '; '.join(f'{name} {message}' for name, message in list((errors or {}).items())[:10])
        super().__init__(detail or sentence, errors=errors, **extra)


class Unavailable(Problem):
    """Nothing is wrong with the request; it cannot be served now."""

    status, code, title = 503, 'unavailable', 'Not available now'

    def __init__(self, detail: str = '', *, retry_after: int = 1, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.headers['Retry-After'] = str(retry_after)
