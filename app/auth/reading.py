"""Reading what a request brings, strictly."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError

from app.auth.events import Caller
from app.auth.problems import Invalid, Malformed, TooLarge, Unsupported

LARGEST = 64 * 1024
MOST_FIELDS = 20
MESSAGES = {'missing': 'This is required.', 'extra_forbidden': 'There is no such field.'}

Shape = TypeVar('Shape', bound=BaseModel)


def caller_of(request: Request) -> Caller:
    """Where the request came from."""
    return Caller(
        address=request.client.host if request.client else 'unknown',
        request_id=request.scope['state']['request_id'],
        agent=request.headers.get('user-agent', ''),
    )


async def read_json(request: Request, shape: type[Shape]) -> Shape:
    """The body as JSON in the given shape; no body at all is an empty object."""
    _expect(request, 'application/json')
    body = await _read_body(request)
    try:
        content = json.loads(body or b'{}', object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Malformed('The body is not JSON.') from None
    if not isinstance(content, dict):
        raise Malformed('The body must be a JSON object.')
    return _shaped(content, shape)


async def read_form(request: Request, shape: type[Shape]) -> Shape:
    """The body as an HTML form in the given shape."""
    _expect(request, 'application/x-www-form-urlencoded')
    body = await _read_body(request)
    try:
        text = body.decode('ascii')
        pairs = parse_qsl(text, keep_blank_values=True, errors='strict', max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Malformed('The body is not a form.') from None
    return _shaped(_once(pairs), shape)


def _expect(request: Request, wanted: str) -> None:
    given = request.headers.get('content-type', wanted).partition(';')[0].strip().lower()
    if given != wanted:
        raise Unsupported(f'Send the body as {wanted}.')


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise TooLarge(f'The body has more than {LARGEST:,} bytes.')
    return bytes(body)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise Invalid({name: 'This is given twice.'})
        content[name] = value
    return content


def _shaped(content: dict[str, Any], shape: type[Shape]) -> Shape:
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_context=False, include_input=False)
        errors = {}
        for mistake in mistakes:
            name = str(mistake['loc'][0]) if mistake['loc'] else ''
            errors[name] = MESSAGES.get(mistake['type'], f'{mistake["msg"]}.')
        raise Invalid(errors) from None
