"""What requests on the data port say besides their body: on whose behalf, repeated or not, based on which version."""

from __future__ import annotations

import hashlib

from starlette.requests import Request

from app.crud.author import Author
from app.errors import Malformed
from app.http import principal_of, request_id_of


def if_match(request: Request) -> int | None:
    """The version that a change is based on, if the request names one."""
    tag = request.headers.get('if-match', '').strip().removeprefix('W/').strip('"')
    if tag in {'', '*'}:
        return None
    if not (tag.isascii() and tag.isdigit() and len(tag) < 19):
        raise Malformed('If-Match: must be the ETag of the record, such as "3".')
    return int(tag)


def author_of(request: Request, body: bytes, source: str = 'rest') -> Author:
    """Who asks for a write, and under which Idempotency-Key."""
    key = request.headers.get('idempotency-key', '')
    if len(key) > 200:
        raise Malformed('Idempotency-Key: must have at most 200 characters.')
    asked = f'{request.method} {request.url.path}'
    return Author(
        principal=principal_of(request),
        source=source,
        request=request_id_of(request),
        idempotency_key=f'{asked} {key}' if key else '',
        fingerprint=hashlib.sha256(asked.encode() + b'\n' + body).hexdigest()[:32] if key else '',
    )
