"""What requests on the data port say besides their body: on whose behalf, repeated or not, based on which version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import Request

from app.crud.author import Author
from app.crud.parameters import only_known
from app.errors import Malformed
from app.http import idempotency_key, principal_of, request_id_of


class Hash(Protocol):
    """What takes bytes and says in the end what they were."""

    def update(self, content: bytes, /) -> None:
        """Take more."""

    def hexdigest(self) -> str:
        """What all of it was."""


def if_match(request: Request) -> int | None:
    """The version that a change is based on, if the request names one."""
    tag = request.headers.get('if-match', '*').strip().removeprefix('W/').strip('"')
    if tag == '*':
        return None
    if not (tag.isascii() and tag.isdigit() and len(tag) < 19):
        raise Malformed('If-Match: must be the ETag of the record, such as "3".')
    return int(tag)


def version_meant(request: Request, sent: Any) -> int | None:
    """The version that a change is based on: of If-Match, or else the `_version` of the record that is sent back."""
    if 'if-match' in request.headers or not isinstance(sent, dict):
        return if_match(request)
    return version_in(sent)


def version_in(sent: Mapping[str, Any]) -> int | None:
    """The `_version` of a record that is sent back, if it has one."""
    version = sent.get('_version')
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or version < 0):
        raise Malformed('_version: must be the number that the record had when it was read.')
    return version


def author_of(request: Request, body: bytes, source: str = 'rest') -> Author:
    """Who asks for a write that takes no parameters, and under which Idempotency-Key."""
    only_known(request.query_params, ())
    fingerprint = fingerprint_of(request)
    if fingerprint:
        fingerprint.update(body)
    return author_with(request, fingerprint, source)


def fingerprint_of(request: Request, *, query: bool = False) -> Hash | None:
    """What takes the body of a request that has an Idempotency-Key, to know it when it is sent again."""
    if not idempotency_key(request):
        return None
    asked = f'{request.method} {request.url.path}' + (f'?{request.url.query}' if query else '')
    return hashlib.sha256(asked.encode() + b'\n')


def author_with(request: Request, fingerprint: Hash | None, source: str) -> Author:
    """Who asks for a write whose body the fingerprint has taken."""
    key = idempotency_key(request)
    return Author(
        principal=principal_of(request),
        source=source,
        request=request_id_of(request),
        idempotency_key=f'{request.method} {request.url.path} {key}' if key else '',
        fingerprint=fingerprint.hexdigest()[:32] if fingerprint else '',
    )
