"""OpenAPI of what every write takes: to be safe to send again, and to lose against whoever was faster."""

from __future__ import annotations

from typing import Any

from app.docs import REFUSED, header_parameter, operation

IDEMPOTENCY_KEY = header_parameter(
    'Idempotency-Key', 'Any text of 1 to 200 characters: sent again with the same body, it is done only once'
)
IF_MATCH = header_parameter(
    'If-Match', 'The ETag that the change is based on, such as `"3"`; 412 if there is a newer one'
)


def write(summary: str, schema: Any = None, *, of_version: bool = False, **details: Any) -> dict[str, Any]:
    """An operation that changes something; `of_version` where it may name the version that it is based on."""
    parameters = [*details.pop('parameters', []), IDEMPOTENCY_KEY, *([IF_MATCH] if of_version else [])]
    made = operation(summary, schema, parameters=parameters, **details)
    if of_version:
        made['responses']['412'] = {**REFUSED, 'description': 'Changed by someone else; tells what came between'}
    return made
